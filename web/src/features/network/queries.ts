import type { IpAllowlist } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { fetchApi } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

export const ipAllowlistQuery = queryOptions({
  queryKey: ['ip-allowlist'],
  queryFn: async ({ signal }) => readTagged<IpAllowlist>(await fetchApi('/org/ip-allowlist', { signal })),
});
