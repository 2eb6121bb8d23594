import type { CatalogueModel, KeyedProvider, ProviderKey } from '@agentflow/contracts';

/** Whose access to a provider the organization's agents use. */
export type ProviderState =
  | { readonly kind: 'own'; readonly key: ProviderKey }
  | { readonly kind: 'installation' }
  | { readonly kind: 'none' }
  /** The catalogue has no model of this provider: what it serves is known to it alone. */
  | { readonly kind: 'untold' };

export function providerState(
  provider: KeyedProvider,
  keys: readonly ProviderKey[],
  models: readonly CatalogueModel[],
): ProviderState {
  const key = keys.find((each) => each.provider === provider);
  if (key !== undefined) return { kind: 'own', key };
  const known = models.filter((model) => model.provider === provider);
  if (known.length === 0) return { kind: 'untold' };
  return { kind: known.some((model) => model.available) ? 'installation' : 'none' };
}

interface ProviderFacts {
  readonly title: string;
  /** What it is, or where its key comes from. */
  readonly note: string;
  /** Most people need its key; of the others it is the address that counts. */
  readonly asksFor: 'key' | 'address';
  readonly placeholder: string;
}

export const PROVIDER_FACTS: Readonly<Record<KeyedProvider, ProviderFacts>> = {
  openai: {
    title: 'OpenAI',
    note: 'GPT models',
    asksFor: 'key',
    placeholder: 'https://api.openai.com/v1',
  },
  anthropic: {
    title: 'Anthropic',
    note: 'Claude models',
    asksFor: 'key',
    placeholder: 'https://api.anthropic.com/v1',
  },
  google: {
    title: 'Google',
    note: 'Gemini models',
    asksFor: 'key',
    placeholder: 'https://generativelanguage.googleapis.com/v1beta',
  },
  ollama: {
    title: 'Ollama',
    note: 'Models on a machine of your own',
    asksFor: 'address',
    placeholder: 'https://ollama.example.com',
  },
  custom: {
    title: 'OpenAI-compatible',
    note: 'Any server that speaks the OpenAI API',
    asksFor: 'address',
    placeholder: 'https://models.example.com/v1',
  },
};
