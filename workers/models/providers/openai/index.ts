import { type AdapterOptions, baseUrl, loaded, once, type ProviderAdapter, present } from '../../adapter.ts';

/**
 * OpenAI through Chat Completions, the wire format that gateways and proxies in front of it speak too. JSON Schemas are
 * sent non-strict: strict mode takes only schemas that list every property as required, and people write others.
 */
export function createOpenAiAdapter({ config, fetch }: AdapterOptions): ProviderAdapter {
  const provider = once(async () => {
    const { createOpenAI } = await loaded('@ai-sdk/openai', () => import('@ai-sdk/openai'));
    return createOpenAI({
      apiKey: config.OPENAI_API_KEY ?? '',
      baseURL: baseUrl(config.OPENAI_BASE_URL, 'https://api.openai.com/v1'),
      fetch,
    });
  });
  return {
    title: 'OpenAI',
    credential: 'OPENAI_API_KEY',
    missing: present(config.OPENAI_API_KEY) ? null : 'OpenAI is not configured: OPENAI_API_KEY is not set.',
    sendsDefaultLimit: true,
    languageModel: async (name) => (await provider()).chat(name),
    embeddingModel: async (name) => (await provider()).embedding(name),
    jsonOptions: { openai: { strictJsonSchema: false } },
  };
}
