import type { ShadowComparisonDetail, ShadowRun } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page } from '@/lib/api.ts';

const WATCHING_MS = 1000;

/** The last shadow run of an agent, null for none; read every second while it works. */
export function lastShadowRunQuery(agentId: string) {
  return queryOptions({
    queryKey: ['agents', agentId, 'shadow-runs', 'last'],
    queryFn: async ({ signal }) => {
      const page = await api<Page<ShadowRun>>(`/agents/${agentId}/shadow-runs?limit=1`, { signal });
      return page.data[0] ?? null;
    },
    refetchInterval: (query) => (query.state.data?.status === 'running' ? WATCHING_MS : false),
  });
}

/** The trial of a proposal that was begun here; null before. */
export function trialQuery(agentId: string, proposalId: string) {
  const queryKey = ['agents', agentId, 'shadow-runs', 'of', proposalId] as const;
  return queryOptions<ShadowRun | null, Error, ShadowRun | null, typeof queryKey>({
    queryKey,
    queryFn: async ({ client, signal }) => {
      const known = client.getQueryData<ShadowRun | null>(queryKey);
      return known == null ? null : api<ShadowRun>(`/agents/${agentId}/shadow-runs/${known.id}`, { signal });
    },
    refetchInterval: (query) => (query.state.data?.status === 'running' ? WATCHING_MS : false),
  });
}

/** One comparison with its steps; both executions have ended, so it changes only when one is no longer kept. */
export function comparisonQuery(agentId: string, shadowRunId: string, executionId: string) {
  return queryOptions({
    queryKey: ['agents', agentId, 'shadow-runs', shadowRunId, executionId],
    queryFn: ({ signal }) =>
      api<ShadowComparisonDetail>(`/agents/${agentId}/shadow-runs/${shadowRunId}/comparisons/${executionId}`, {
        signal,
      }),
  });
}
