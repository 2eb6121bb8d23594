import type { ApiKey } from '@agentflow/contracts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

export const apiKeysQuery = infiniteQueryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<ApiKey>>(`/org/api-keys${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
