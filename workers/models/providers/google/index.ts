import { type AdapterOptions, baseUrl, loaded, once, type ProviderAdapter, present } from '../../adapter.ts';

/** Google's Gemini API (generateContent and streamGenerateContent). */
export function createGoogleAdapter({ config, fetch }: AdapterOptions): ProviderAdapter {
  const provider = once(async () => {
    const { createGoogle } = await loaded('@ai-sdk/google', () => import('@ai-sdk/google'));
    return createGoogle({
      apiKey: config.GOOGLE_API_KEY ?? '',
      baseURL: baseUrl(config.GOOGLE_BASE_URL, 'https://generativelanguage.googleapis.com/v1beta'),
      fetch,
    });
  });
  return {
    title: 'Google',
    credential: 'GOOGLE_API_KEY',
    missing: present(config.GOOGLE_API_KEY) ? null : 'Google is not configured: GOOGLE_API_KEY is not set.',
    sendsDefaultLimit: true,
    languageModel: async (name) => (await provider()).languageModel(name),
    embeddingModel: async (name) => (await provider()).embedding(name),
  };
}
