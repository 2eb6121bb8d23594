import type { CatalogueModel, EnvVar, ProviderKey } from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { allPages } from '@/lib/all-pages.ts';
import { api, type Page, queryString } from '@/lib/api.ts';

export const envVarsQuery = infiniteQueryOptions({
  queryKey: ['env-vars'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<EnvVar>>(`/org/env-vars${queryString({ cursor: pageParam, limit: 100 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** Names of all secrets. Below the key of the list, so that it is read anew with it. */
export const envNamesQuery = queryOptions({
  queryKey: ['env-vars', 'names'],
  queryFn: async ({ signal }) => {
    const secrets = await allPages((cursor) =>
      api<Page<EnvVar>>(`/org/env-vars${queryString({ cursor, limit: 100 })}`, { signal }),
    );
    return secrets.map(({ name }) => name);
  },
  staleTime: 60_000,
});

export const providerKeysQuery = queryOptions({
  queryKey: ['provider-keys'],
  queryFn: async ({ signal }) => (await api<{ data: ProviderKey[] }>('/org/provider-keys', { signal })).data,
});

/** The models that the organization can name, with whether their provider can be called. */
export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: async ({ signal }) => (await api<{ data: CatalogueModel[] }>('/models', { signal })).data,
  staleTime: 60_000,
});
