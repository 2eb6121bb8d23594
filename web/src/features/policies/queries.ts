import type {
  EvaluatePoliciesRequest,
  Policy,
  PolicyDefault,
  PolicyEvaluation,
  PolicyFilter,
  PolicyVersion,
} from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

export function policiesQuery(
  filter: { [K in keyof PolicyFilter]?: PolicyFilter[K] | undefined } & {
    cursor?: string | undefined;
    limit?: number;
  },
) {
  return queryOptions({
    queryKey: ['policies', 'list', filter],
    queryFn: ({ signal }) => api<Page<Policy>>(`/policies${queryString(filter)}`, { signal }),
  });
}

export function policyQuery(id: string) {
  return queryOptions({
    queryKey: ['policies', id, 'policy'],
    queryFn: async ({ signal }) => readTagged<Policy>(await fetchApi(`/policies/${id}`, { signal })),
  });
}

export const policyDefaultQuery = queryOptions({
  queryKey: ['policies', 'default'],
  queryFn: async ({ signal }) => readTagged<PolicyDefault>(await fetchApi('/policies/default', { signal })),
});

export function policyVersionsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ['policies', id, 'versions'],
    queryFn: ({ pageParam, signal }) =>
      api<Page<PolicyVersion>>(`/policies/${id}/versions${queryString({ cursor: pageParam, limit: 20 })}`, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Nothing is stored by it, so that it is read like any other answer. */
export function evaluationQuery(request: EvaluatePoliciesRequest | null) {
  return queryOptions({
    queryKey: ['policies', 'evaluation', request],
    queryFn: ({ signal }) => api<PolicyEvaluation>('/policies/evaluate', { method: 'POST', body: request, signal }),
    enabled: request !== null,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
}
