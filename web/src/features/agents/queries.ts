import type {
  Agent,
  AgentDefinition,
  AgentFilter,
  AgentVersion,
  AgentVersionDetail,
  ListedAgent,
} from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

export function agentsQuery(
  filter: { [K in keyof AgentFilter]?: AgentFilter[K] | undefined } & { cursor?: string | undefined; limit?: number },
) {
  return queryOptions({
    queryKey: ['agents', 'list', filter],
    queryFn: ({ signal }) => api<Page<ListedAgent>>(`/agents${queryString(filter)}`, { signal }),
  });
}

export function agentQuery(id: string) {
  return queryOptions({
    queryKey: ['agents', id, 'agent'],
    queryFn: async ({ signal }) => readTagged<Agent>(await fetchApi(`/agents/${id}`, { signal })),
  });
}

export function draftQuery(id: string) {
  return queryOptions({
    queryKey: ['agents', id, 'draft'],
    queryFn: async ({ signal }) => readTagged<AgentDefinition>(await fetchApi(`/agents/${id}/draft`, { signal })),
  });
}

export function versionsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ['agents', id, 'versions'],
    queryFn: ({ pageParam, signal }) =>
      api<Page<AgentVersion>>(`/agents/${id}/versions${queryString({ cursor: pageParam, limit: 20 })}`, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Versions never change, so one that was read is good for ever. */
export function versionQuery(id: string, version: number) {
  return queryOptions({
    queryKey: ['agents', id, 'versions', version],
    queryFn: ({ signal }) => api<AgentVersionDetail>(`/agents/${id}/versions/${version}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
