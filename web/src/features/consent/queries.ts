import type { ConsentDetails, ExternalAgent } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

/** What the client asks for that has sent the browser here; `request` is the address's query. */
export function consentQuery(request: string) {
  return queryOptions({
    queryKey: ['consent', request],
    queryFn: ({ signal }) => api<ConsentDetails>(`/oauth/consent${queryString({ request })}`, { signal }),
    retry: false,
  });
}

/** More are chosen from nowhere: who has so many makes one for the client. */
const OFFERED = 100;

export const activeExternalAgentsQuery = queryOptions({
  queryKey: ['external-agents', 'active'],
  queryFn: ({ signal }) =>
    api<Page<ExternalAgent>>(`/external-agents${queryString({ status: 'active', limit: OFFERED })}`, { signal }),
});
