import { loaded } from '../../workers/models/adapter.ts';

/**
 * The model clients are imported on first use. In the built Worker that is done at once; Vitest asks for the modules, and whoever
 * waits for the same one goes on in the context of the object that asked first, which the runtime refuses.
 */
await Promise.all([
  loaded('@ai-sdk/anthropic', () => import('@ai-sdk/anthropic')),
  loaded('@ai-sdk/google', () => import('@ai-sdk/google')),
  loaded('@ai-sdk/openai', () => import('@ai-sdk/openai')),
  loaded('@ai-sdk/openai-compatible', () => import('@ai-sdk/openai-compatible')),
]);
