import type { InvocationFilter, InvocationSummary } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

const WATCHING_MS = 3_000;
/** The feed tells of what runs; refused calls come once their minute is over. */
const RESTING_MS = 20_000;

type InvocationListFilter = {
  [K in keyof InvocationFilter]?: InvocationFilter[K] | undefined;
} & {
  cursor?: string | undefined;
  limit?: number;
};

/** The calls of external agents, newest first. */
export function invocationsQuery(filter: InvocationListFilter) {
  return queryOptions({
    queryKey: ['invocations', 'list', filter],
    queryFn: ({ signal }) => api<Page<InvocationSummary>>(`/invocations${queryString(filter)}`, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ status }) => status === 'running') ? WATCHING_MS : RESTING_MS,
  });
}
