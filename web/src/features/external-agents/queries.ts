import type { ExternalAgent, ExternalAgentFilter, ExternalAgentKey, Stop } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

const STOPPING_MS = 1_000;

export function externalAgentsQuery(
  filter: { [K in keyof ExternalAgentFilter]?: ExternalAgentFilter[K] | undefined } & {
    cursor?: string | undefined;
    limit?: number;
  },
) {
  return queryOptions({
    queryKey: ['external-agents', 'list', filter],
    queryFn: ({ signal }) => api<Page<ExternalAgent>>(`/external-agents${queryString(filter)}`, { signal }),
  });
}

export function externalAgentQuery(id: string) {
  return queryOptions({
    queryKey: ['external-agents', id, 'agent'],
    queryFn: async ({ signal }) => readTagged<ExternalAgent>(await fetchApi(`/external-agents/${id}`, { signal })),
  });
}

export function externalKeysQuery(id: string) {
  return queryOptions({
    queryKey: ['external-agents', id, 'keys'],
    queryFn: ({ signal }) =>
      api<{ readonly data: readonly ExternalAgentKey[] }>(`/external-agents/${id}/keys`, { signal }),
  });
}

/** Read until all that was alive has ended. */
export function stopQuery(id: string) {
  return queryOptions({
    queryKey: ['stops', id],
    queryFn: ({ signal }) => api<Stop>(`/stops/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'stopped' ? false : STOPPING_MS),
  });
}
