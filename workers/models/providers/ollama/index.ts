import { type AdapterOptions, baseUrl, loaded, once, type ProviderAdapter, present } from '../../adapter.ts';

/**
 * Ollama through its OpenAI-compatible endpoint; `OLLAMA_BASE_URL` may be given with or without `/v1`. It needs no key,
 * but may stand behind a proxy that does.
 */
export function createOllamaAdapter({ config, fetch }: AdapterOptions): ProviderAdapter {
  const provider = once(async () => {
    const { createOpenAICompatible } = await loaded(
      '@ai-sdk/openai-compatible',
      () => import('@ai-sdk/openai-compatible'),
    );
    return createOpenAICompatible({
      name: 'ollama',
      baseURL: `${baseUrl(config.OLLAMA_BASE_URL, 'http://localhost:11434').replace(/\/v1$/, '')}/v1`,
      ...(present(config.OLLAMA_API_KEY) ? { apiKey: config.OLLAMA_API_KEY } : {}),
      includeUsage: true,
      supportsStructuredOutputs: true,
      fetch,
    });
  });
  return {
    title: 'Ollama',
    credential: 'OLLAMA_API_KEY',
    missing: present(config.OLLAMA_BASE_URL) ? null : 'Ollama is not configured: OLLAMA_BASE_URL is not set.',
    sendsDefaultLimit: false,
    languageModel: async (name) => (await provider()).languageModel(name),
    embeddingModel: async (name) => (await provider()).embeddingModel(name),
  };
}
