import { useInfiniteQuery } from '@tanstack/react-query';
import { Bell, CheckCheck } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { formatCount } from '@/lib/format.ts';
import { NotificationItem } from './notification-item.tsx';
import { notificationsQuery, useMarkRead } from './queries.ts';

/** Every notification that is kept. */
export function Inbox() {
  const list = useInfiniteQuery(notificationsQuery);
  const mark = useMarkRead();
  const notifications = list.data?.pages.flatMap((page) => page.data);
  const unread = list.data?.pages[0]?.unread ?? 0;
  if (list.error && notifications === undefined) {
    return <ProblemCallout error={list.error} onRetry={() => void list.refetch()} />;
  }
  if (notifications === undefined) return <Skeleton className="h-64 w-full" />;
  if (notifications.length === 0) {
    return (
      <EmptyState
        icon={Bell}
        title="Nothing asks for you"
        description="Approvals that wait, budgets that run out, webhooks that were disabled: what needs a person shows here and at the bell above. The settings say what else should."
      />
    );
  }
  return (
    <>
      <div className="mb-3 flex min-h-8 items-center gap-3">
        <p className="tabular flex-1 text-sm text-soft" role="status">
          {unread === 0 ? 'All are read' : `${formatCount(unread)} unread`}
        </p>
        {unread > 0 && (
          <Button size="sm" onClick={() => mark.mutate(null)}>
            <CheckCheck aria-hidden="true" /> Mark all read
          </Button>
        )}
      </div>
      <Card className="overflow-hidden">
        <ul aria-label="Notifications" className="divide-y divide-line">
          {notifications.map((each) => (
            <li key={each.id}>
              <NotificationItem notification={each} onOpen={() => !each.read && mark.mutate(each.id)} />
            </li>
          ))}
        </ul>
      </Card>
      <ShowMore list={list}>Show older ones</ShowMore>
    </>
  );
}
