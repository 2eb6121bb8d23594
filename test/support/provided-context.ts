/**
 * URLs of the servers that global setup starts, for `inject`. Kept apart from them, so that tests in workerd need no
 * Node code.
 */
declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * Answers in the wire formats of OpenAI, Anthropic, Gemini and Ollama; what it answers is in
     * model-fixtures/answers.ts.
     */
    modelServerUrl: string;
    /** Fails on purpose; the kinds are in model-fixtures/faults.ts. */
    modelFaultsUrl: string;
    toolServerUrl: string;
    mcpServerUrl: string;
    targetUrl: string;
    resolverUrl: string;
    runtimeServerUrl: string;
  }
}

export {};
