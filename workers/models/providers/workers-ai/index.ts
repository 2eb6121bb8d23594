import { type AdapterOptions, loaded, once, type ProviderAdapter } from '../../adapter.ts';

/** Cloudflare Workers AI through its binding: no key, and no outbound call that a guard would have to see. */
export function createWorkersAiAdapter({ config }: AdapterOptions): ProviderAdapter {
  const binding = config.AI;
  const provider = once(async () => {
    if (binding === undefined) throw new Error('languageModel() was called without the AI binding');
    const { createWorkersAI } = await loaded('workers-ai-provider', () => import('workers-ai-provider'));
    return createWorkersAI({ binding });
  });
  return {
    title: 'Workers AI',
    credential: 'AI',
    missing: binding === undefined ? 'Workers AI is not configured: the AI binding exists on Cloudflare only.' : null,
    sendsDefaultLimit: true,
    languageModel: async (name) => (await provider()).chat(name),
    embeddingModel: async (name) => (await provider()).textEmbedding(name),
  };
}
