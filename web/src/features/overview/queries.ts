import type { OrganizationOverview } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, queryString } from '@/lib/api.ts';

/** Midnight where the reader is. */
function startOfToday(): Date {
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  return today;
}

/** How the reader's day goes; the feed asks for it anew when something begins or ends. */
export const overviewQuery = queryOptions({
  queryKey: ['overview', 'day'],
  queryFn: ({ signal }) =>
    api<OrganizationOverview>(`/org/overview${queryString({ from: startOfToday().toISOString() })}`, { signal }),
  refetchInterval: 60_000,
});
