import type { NotificationPage, NotificationSettings } from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { bellQuery } from '@/features/shell/queries.ts';
import { api, queryString } from '@/lib/api.ts';

export const notificationsQuery = infiniteQueryOptions({
  queryKey: ['notifications', 'list'],
  queryFn: ({ pageParam, signal }) =>
    api<NotificationPage>(`/notifications${queryString({ cursor: pageParam, limit: 30 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const notificationSettingsQuery = queryOptions({
  queryKey: ['notification-settings'],
  queryFn: ({ signal }) => api<NotificationSettings>('/notifications/settings', { signal }),
});

function withRead(page: NotificationPage, id: string | null): NotificationPage {
  const marks = (each: NotificationPage['data'][number]) => !each.read && (id === null || each.id === id);
  const marked = page.data.filter(marks).length;
  return {
    ...page,
    unread: id === null ? 0 : Math.max(0, page.unread - marked),
    data: page.data.map((each) => (marks(each) ? { ...each, read: true } : each)),
  };
}

/** Marks one notification as read, or all of them where no id is given; seen at once, and read again afterwards. */
export function useMarkRead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) =>
      api(id === null ? '/notifications/read-all' : `/notifications/${id}/read`, { method: 'POST' }),
    onMutate: async (id) => {
      await queries.cancelQueries({ queryKey: ['notifications'] });
      queries.setQueryData(bellQuery.queryKey, (page) => page && withRead(page, id));
      queries.setQueryData(
        notificationsQuery.queryKey,
        (list) => list && { ...list, pages: list.pages.map((page) => withRead(page, id)) },
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['notifications'] }),
  });
}
