import type { Webhook, WebhookDetail, WebhookFilter } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

const WATCHING_MS = 5_000;

export function webhooksQuery(
  filter: { [K in keyof WebhookFilter]?: WebhookFilter[K] | undefined } & {
    cursor?: string | undefined;
    limit?: number;
  },
) {
  return queryOptions({
    queryKey: ['webhooks', 'list', filter],
    queryFn: ({ signal }) => api<Page<Webhook>>(`/webhooks${queryString(filter)}`, { signal }),
  });
}

export function webhookQuery(id: string) {
  return queryOptions({
    queryKey: ['webhooks', id],
    queryFn: async ({ signal }) => readTagged<WebhookDetail>(await fetchApi(`/webhooks/${id}`, { signal })),
    refetchInterval: ({ state }) => (state.error === null ? WATCHING_MS : false),
  });
}
