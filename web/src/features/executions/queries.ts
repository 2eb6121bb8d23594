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
export const ALL_AT_ONCE = 1000;

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

/** The first steps of an execution, as many as `wanted`, in the order in which they began. */
export function stepsQuery(id: string, wanted = ALL_AT_ONCE) {
  return queryOptions({
    queryKey: [...stepsKey(id), wanted],
    queryFn: async ({ signal }) => {
      const steps: ExecutionStep[] = [];
      let after: string | null = '0';
      while (after !== null && steps.length < wanted) {
        const query: string = queryString({ after, limit: ALL_AT_ONCE });
        const page: Page<ExecutionStep> = await api(`/executions/${id}/steps${query}`, { signal });
        steps.push(...page.data);
        after = page.next_cursor;
      }
      return { steps, more: after !== null };
    },
  });
}

/** Every reading of an execution's steps. */
export function stepsKey(id: string) {
  return ['executions', id, 'steps'] as const;
}

export function logsQuery(id: string, live: boolean) {
  return queryOptions({
    queryKey: ['executions', id, 'logs'],
    queryFn: async ({ signal }) =>
      (await api<Page<ExecutionLog>>(`/executions/${id}/logs?limit=${ALL_AT_ONCE}`, { signal })).data,
    refetchInterval: live ? WATCHING_MS : false,
  });
}
