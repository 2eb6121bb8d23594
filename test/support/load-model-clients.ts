/**
 * The model clients are imported on first use. In the built Worker that is done at once; Vitest fetches the modules, and whoever
 * waits for the same one goes on in the context of the object that asked first, which the runtime refuses.
 */
await Promise.all([
  import('@ai-sdk/anthropic'),
  import('@ai-sdk/google'),
  import('@ai-sdk/openai'),
  import('@ai-sdk/openai-compatible'),
]);

export {};
