import type { Me, Permission } from '@agentflow/contracts';
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
