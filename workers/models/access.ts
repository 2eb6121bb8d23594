import type { KeyedProvider, ModelProvider } from '@agentflow/contracts';
import type { ModelsConfig } from './adapter.ts';

/** An organization's own access to a provider; `unreadable` where its stored key does not open. */
export type ProviderAccess =
  | { readonly kind: 'usable'; readonly api_key: string | null; readonly base_url: string | null }
  | { readonly kind: 'unreadable' };

export type ProviderAccesses = ReadonlyMap<KeyedProvider, ProviderAccess>;

function settings(provider: KeyedProvider, key: string | null, url: string | null): ModelsConfig {
  const [api_key, base_url] = [key ?? '', url ?? ''];
  switch (provider) {
    case 'openai':
      return { OPENAI_API_KEY: api_key, OPENAI_BASE_URL: base_url };
    case 'anthropic':
      return { ANTHROPIC_API_KEY: api_key, ANTHROPIC_BASE_URL: base_url };
    case 'google':
      return { GOOGLE_API_KEY: api_key, GOOGLE_BASE_URL: base_url };
    case 'ollama':
      return { OLLAMA_API_KEY: api_key, OLLAMA_BASE_URL: base_url };
    case 'custom':
      return { CUSTOM_API_KEY: api_key, CUSTOM_BASE_URL: base_url };
  }
}

/** An organization's own access to a provider, where it has one. */
export function accessTo(accesses: ProviderAccesses, provider: ModelProvider): ProviderAccess | undefined {
  // Providers without keys of an organization are in no such map.
  return accesses.get(provider as KeyedProvider);
}

/**
 * The configuration that holds for an organization. Its own access to a provider replaces key and address together: the
 * installation's key is never sent to an address that an organization has set, nor the other way round. A provider whose
 * key does not open has neither.
 */
export function effectiveConfig(config: ModelsConfig, accesses: ProviderAccesses): ModelsConfig {
  const own = [...accesses].map(([provider, access]) =>
    access.kind === 'usable' ? settings(provider, access.api_key, access.base_url) : settings(provider, null, null),
  );
  return Object.assign({ ...config }, ...own) as ModelsConfig;
}
