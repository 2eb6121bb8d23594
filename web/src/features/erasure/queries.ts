import type { OrganizationErasure, PersonErasure } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

/** What would go. Read anew for every dialog: the numbers are what the person agrees to. */
export const organizationErasureQuery = queryOptions({
  queryKey: ['erasure', 'organization'],
  queryFn: ({ signal }) => api<OrganizationErasure>('/org/erasure', { signal }),
  staleTime: 0,
  gcTime: 0,
});

export const personErasureQuery = queryOptions({
  queryKey: ['erasure', 'person'],
  queryFn: ({ signal }) => api<PersonErasure>('/auth/me/erasure', { signal }),
  staleTime: 0,
  gcTime: 0,
});
