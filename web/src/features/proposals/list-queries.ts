import type { ProposalFilter, ProposalSummary } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

/** The feed keeps lists up to date; this is for what it may not have told. */
const RESTING_MS = 60_000;

type ListFilter = { [K in keyof ProposalFilter]?: ProposalFilter[K] | undefined } & {
  cursor?: string | undefined;
  limit?: number;
};

export function proposalsQuery(filter: ListFilter) {
  return queryOptions({
    queryKey: ['proposals', 'list', filter],
    queryFn: ({ signal }) => api<Page<ProposalSummary>>(`/proposals${queryString(filter)}`, { signal }),
    refetchInterval: RESTING_MS,
  });
}

/** What waits for somebody's decision. */
export const readyProposalsQuery = proposalsQuery({ status: 'ready', limit: 100 });
