import { type AdapterOptions, baseUrl, loaded, once, type ProviderAdapter, present } from '../../adapter.ts';

/** Any endpoint that speaks OpenAI's Chat Completions: vLLM, LM Studio, gateways. `CUSTOM_API_KEY` is optional. */
export function createCustomAdapter({ config, fetch }: AdapterOptions): ProviderAdapter {
  const provider = once(async () => {
    const { createOpenAICompatible } = await loaded(
      '@ai-sdk/openai-compatible',
      () => import('@ai-sdk/openai-compatible'),
    );
    return createOpenAICompatible({
      name: 'custom',
      baseURL: baseUrl(config.CUSTOM_BASE_URL, ''),
      ...(present(config.CUSTOM_API_KEY) ? { apiKey: config.CUSTOM_API_KEY } : {}),
      includeUsage: true,
      supportsStructuredOutputs: true,
      fetch,
    });
  });
  return {
    title: 'The custom endpoint',
    credential: 'CUSTOM_API_KEY',
    missing: present(config.CUSTOM_BASE_URL)
      ? null
      : 'The custom endpoint is not configured: CUSTOM_BASE_URL is not set.',
    sendsDefaultLimit: false,
    languageModel: async (name) => (await provider()).languageModel(name),
    embeddingModel: async (name) => (await provider()).embeddingModel(name),
  };
}
