import type { EventFilter, OrganizationEvent } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

/** Events are read into lists a moment after the feed tells of them. */
const RESTING_MS = 10_000;

export function eventsQuery(
  filter: { [K in keyof EventFilter]?: EventFilter[K] | undefined } & {
    cursor?: string | undefined;
    limit?: number;
  },
) {
  return queryOptions({
    queryKey: ['events', 'list', filter],
    queryFn: ({ signal }) => api<Page<OrganizationEvent>>(`/events${queryString(filter)}`, { signal }),
    refetchInterval: RESTING_MS,
  });
}

export function eventQuery(id: string) {
  return queryOptions({
    queryKey: ['events', 'one', id],
    queryFn: ({ signal }) => api<OrganizationEvent>(`/events/${id}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
