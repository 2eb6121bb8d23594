import type { ActiveSession, ApiKey, Member, Organization, Retention } from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

export const organizationQuery = queryOptions({
  queryKey: ['organization'],
  queryFn: async ({ signal }) => readTagged<Organization>(await fetchApi('/org', { signal })),
});

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => api<Retention>('/org/retention', { signal }),
});

export const membersQuery = infiniteQueryOptions({
  queryKey: ['members'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<Member>>(`/org/members${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const sessionsQuery = infiniteQueryOptions({
  queryKey: ['sessions'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<ActiveSession>>(`/auth/sessions${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const apiKeysQuery = infiniteQueryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<ApiKey>>(`/org/api-keys${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
