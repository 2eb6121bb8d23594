import type { ModelProvider } from '@agentflow/contracts';
import type { OpenAIProvider } from '@ai-sdk/openai';

/** The AI SDK's provider contract for language models (version 4), which every adapter hands out. */
export type LanguageModel = ReturnType<OpenAIProvider['chat']>;
export type EmbeddingModel = ReturnType<OpenAIProvider['embedding']>;

/**
 * Keys, URLs and bindings, named like the variables of the Worker that hold them. An empty string counts as missing.
 */
export interface ModelsConfig {
  readonly OPENAI_API_KEY?: string;
  readonly OPENAI_BASE_URL?: string;
  readonly ANTHROPIC_API_KEY?: string;
  readonly ANTHROPIC_BASE_URL?: string;
  readonly GOOGLE_API_KEY?: string;
  readonly GOOGLE_BASE_URL?: string;
  readonly OLLAMA_API_KEY?: string;
  readonly OLLAMA_BASE_URL?: string;
  readonly CUSTOM_API_KEY?: string;
  readonly CUSTOM_BASE_URL?: string;
  readonly AI?: Ai;
}

export interface AdapterOptions {
  readonly config: ModelsConfig;
  /** Every outbound call goes through it: the platform's guarded client. */
  readonly fetch: typeof fetch;
}

/** One provider. The SDK behind it is imported on first use, so that a Worker starts without evaluating any of them. */
export interface ProviderAdapter {
  /** As people know it, for messages. */
  readonly title: string;
  /** What is not configured, as a sentence that names the variable; null when calls can be made. */
  readonly missing: string | null;
  /** Variable that holds the credential, for messages about refused keys. */
  readonly credential: string;
  /** False where models of unknown size answer: a token limit is then sent only when the request sets one. */
  readonly sendsDefaultLimit: boolean;
  languageModel(name: string): Promise<LanguageModel>;
  /** Absent where the provider has no embeddings. */
  embeddingModel?(name: string): Promise<EmbeddingModel>;
  /** Provider options of the AI SDK for calls that want JSON. */
  readonly jsonOptions?: { readonly [provider: string]: { readonly [option: string]: boolean | string } };
}

/** What a call to each provider is made with: who has the same, shares its limits and its outages. */
const CREDENTIALS: Readonly<Record<ModelProvider, readonly (keyof ModelsConfig)[]>> = {
  builtin: [],
  openai: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  anthropic: ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL'],
  google: ['GOOGLE_API_KEY', 'GOOGLE_BASE_URL'],
  'workers-ai': ['AI'],
  ollama: ['OLLAMA_BASE_URL'],
  custom: ['CUSTOM_API_KEY', 'CUSTOM_BASE_URL'],
};

/** Whether two configurations call a provider with the same key at the same place. */
export function sharesCredential(one: ModelsConfig, other: ModelsConfig, provider: ModelProvider): boolean {
  return CREDENTIALS[provider].every((name) => (one[name] ?? '') === (other[name] ?? ''));
}

export function present(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/** A URL without trailing slashes, as the SDKs append paths to it. */
export function baseUrl(value: string | undefined, fallback: string): string {
  return (present(value) ? value.trim() : fallback).replace(/\/+$/, '');
}

/** Values, not promises: a promise belongs to the object that made it and may never settle for another one. */
const modules = new Map<string, unknown>();

/** A module that is imported on first use, from then on at hand in the whole isolate. */
export async function loaded<T>(name: string, load: () => Promise<T>): Promise<T> {
  const known = modules.get(name) as T | undefined;
  if (known !== undefined) return known;
  const module = await load();
  modules.set(name, module);
  return module;
}

/** Runs `make` once, on first use. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
