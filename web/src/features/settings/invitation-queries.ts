import type { Invitation } from '@agentflow/contracts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

export const invitationsQuery = infiniteQueryOptions({
  queryKey: ['invitations'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<Invitation>>(`/org/members/invitations${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
