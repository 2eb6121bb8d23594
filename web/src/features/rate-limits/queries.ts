import type { OrganizationRateLimits } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { fetchApi } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

export const rateLimitsQuery = queryOptions({
  queryKey: ['rate-limits'],
  queryFn: async ({ signal }) => readTagged<OrganizationRateLimits>(await fetchApi('/org/rate-limits', { signal })),
});
