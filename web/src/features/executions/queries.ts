import type {
  AgentDefinition,
  Execution,
  ExecutionFilter,
  ExecutionLog,
  ExecutionStep,
  ExecutionSummary,
} from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

const WATCHING_MS = 2_500;
/** The feed keeps lists up to date; this is for what it may not have told. */
const RESTING_MS = 60_000;
/** The most that the API gives at once: more than a graph of 300 nodes has steps outside loops. */
const ALL_AT_ONCE = 1000;

type ListFilter = { [K in keyof ExecutionFilter]?: ExecutionFilter[K] | undefined } & {
  cursor?: string | undefined;
  limit?: number;
};

/** A list of executions, which the feed keeps up to date. */
export function executionsQuery(filter: ListFilter) {
  return queryOptions({
    queryKey: ['executions', 'list', filter],
    queryFn: ({ signal }) => api<Page<ExecutionSummary>>(`/executions${queryString(filter)}`, { signal }),
    refetchInterval: RESTING_MS,
  });
}

export function executionQuery(id: string) {
  return queryOptions({
    queryKey: ['executions', id, 'execution'],
    queryFn: ({ signal }) => api<Execution>(`/executions/${id}`, { signal }),
  });
}

/** What it runs never changes. */
export function executionDefinitionQuery(id: string) {
  return queryOptions({
    queryKey: ['executions', id, 'definition'],
    queryFn: ({ signal }) => api<AgentDefinition>(`/executions/${id}/definition`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function stepsQuery(id: string) {
  return queryOptions({
    queryKey: ['executions', id, 'steps'],
    queryFn: async ({ signal }) =>
      (await api<Page<ExecutionStep>>(`/executions/${id}/steps?limit=${ALL_AT_ONCE}`, { signal })).data,
  });
}

export function logsQuery(id: string, live: boolean) {
  return queryOptions({
    queryKey: ['executions', id, 'logs'],
    queryFn: async ({ signal }) =>
      (await api<Page<ExecutionLog>>(`/executions/${id}/logs?limit=${ALL_AT_ONCE}`, { signal })).data,
    refetchInterval: live ? WATCHING_MS : false,
  });
}
