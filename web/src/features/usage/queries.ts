import type { Usage } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, queryString } from '@/lib/api.ts';
import type { UsagePeriod } from './usage-series.ts';

const RESTING_MS = 30_000;

export function usageQuery(externalAgentId: string, period: UsagePeriod) {
  return queryOptions({
    queryKey: ['invocations', 'usage', externalAgentId, period],
    queryFn: ({ signal }) =>
      api<Usage>(`/external-agents/${externalAgentId}/usage${queryString({ ...period })}`, { signal }),
    refetchInterval: RESTING_MS,
  });
}
