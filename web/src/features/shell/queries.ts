import type { Me, NotificationPage, Permission } from '@agentflow/contracts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => api<Me>('/auth/me', { signal }),
  staleTime: 60_000,
});

/** Whether the signed-in person may do this; false until it is known. */
export function useCan(permission: Permission): boolean {
  return useQuery(meQuery).data?.permissions.includes(permission) ?? false;
}

const BELL_MS = 60_000;

/** The newest notifications, and how many are not read; the feed tells when there is more. */
export const bellQuery = queryOptions({
  queryKey: ['notifications', 'bell'],
  queryFn: ({ signal }) => api<NotificationPage>('/notifications?limit=15', { signal }),
  refetchInterval: BELL_MS,
});
