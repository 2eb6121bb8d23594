import type { ExternalAgent, ExternalAgentFilter, ExternalAgentKey } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

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
