import type {
  ChannelDetail,
  MessagePreview,
  NotificationChannel,
  PlatformHealth,
  PreviewRequest,
} from '@agentflow/contracts';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

const WATCHING_MS = 5_000;
const HEALTH_MS = 30_000;

export function channelsQuery(filter: { cursor?: string | undefined; limit?: number }) {
  return queryOptions({
    queryKey: ['channels', 'list', filter],
    queryFn: ({ signal }) => api<Page<NotificationChannel>>(`/notification-channels${queryString(filter)}`, { signal }),
  });
}

export function channelQuery(id: string) {
  return queryOptions({
    queryKey: ['channels', id],
    queryFn: async ({ signal }) =>
      readTagged<ChannelDetail>(await fetchApi(`/notification-channels/${id}`, { signal })),
    refetchInterval: ({ state }) => (state.error === null ? WATCHING_MS : false),
  });
}

export const platformHealthQuery = queryOptions({
  queryKey: ['channels', 'health'],
  queryFn: ({ signal }) =>
    api<{ readonly data: readonly PlatformHealth[] }>('/notification-channels/health', { signal }),
  refetchInterval: HEALTH_MS,
});

/** Nothing is sent by it, so that it is read like any other answer. */
export function previewQuery(request: PreviewRequest) {
  return queryOptions({
    queryKey: ['message-preview', request],
    queryFn: ({ signal }) =>
      api<MessagePreview>('/notification-channels/preview', { method: 'POST', body: request, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
}
