import { type AdapterOptions, baseUrl, loaded, once, type ProviderAdapter, present } from '../../adapter.ts';

/** Anthropic's Messages API. It has no embeddings. */
export function createAnthropicAdapter({ config, fetch }: AdapterOptions): ProviderAdapter {
  const provider = once(async () => {
    const { createAnthropic } = await loaded('@ai-sdk/anthropic', () => import('@ai-sdk/anthropic'));
    return createAnthropic({
      apiKey: config.ANTHROPIC_API_KEY ?? '',
      baseURL: baseUrl(config.ANTHROPIC_BASE_URL, 'https://api.anthropic.com/v1'),
      fetch,
    });
  });
  return {
    title: 'Anthropic',
    credential: 'ANTHROPIC_API_KEY',
    missing: present(config.ANTHROPIC_API_KEY) ? null : 'Anthropic is not configured: ANTHROPIC_API_KEY is not set.',
    sendsDefaultLimit: true,
    languageModel: async (name) => (await provider()).languageModel(name),
  };
}
