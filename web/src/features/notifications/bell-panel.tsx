import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CheckCheck, Settings } from 'lucide-react';
import { Popover as Primitive } from 'radix-ui';
import type { RefObject } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Popover, PopoverContent } from '@/components/ui/popover.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { bellQuery } from '@/features/shell/queries.ts';
import { NotificationItem } from './notification-item.tsx';
import { useMarkRead } from './queries.ts';

interface BellPanelProps {
  button: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
}

/** The newest notifications, hanging from the bell. */
export default function BellPanel({ button, onClose }: BellPanelProps) {
  const bell = useQuery(bellQuery);
  const mark = useMarkRead();
  const notifications = bell.data?.data;
  const isBell = (target: EventTarget | null) => target instanceof Node && button.current?.contains(target) === true;
  return (
    <Popover open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Anchor virtualRef={button as RefObject<HTMLButtonElement>} />
      <PopoverContent
        align="end"
        aria-label="Notifications"
        className="flex max-h-[min(34rem,80vh)] w-[min(24rem,94vw)] flex-col overflow-hidden"
        // A press on the bell closes it there; closing here too would open it again.
        onInteractOutside={(event) => isBell(event.target) && event.preventDefault()}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          button.current?.focus();
        }}
      >
        <div className="flex h-11 shrink-0 items-center gap-1 border-line border-b pr-2 pl-4">
          <h2 className="flex-1 font-semibold text-base">Notifications</h2>
          {(bell.data?.unread ?? 0) > 0 && (
            <Button size="sm" variant="ghost" onClick={() => mark.mutate(null)}>
              <CheckCheck aria-hidden="true" /> Mark all read
            </Button>
          )}
          <Button size="icon-sm" variant="ghost" asChild>
            <Link
              to="/dashboard/notifications"
              search={{ tab: 'settings' }}
              aria-label="Settings of notifications"
              title="Settings"
              onClick={onClose}
            >
              <Settings aria-hidden="true" />
            </Link>
          </Button>
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto">
          {bell.error && notifications === undefined && (
            <ProblemCallout error={bell.error} onRetry={() => void bell.refetch()} className="m-3" />
          )}
          {notifications === undefined && !bell.error && <Skeleton className="m-4 h-24" />}
          {notifications?.length === 0 && (
            <p className="px-6 py-10 text-center text-sm text-soft">
              Nothing asks for you. Approvals, budgets and failing webhooks would show here.
            </p>
          )}
          {notifications !== undefined && notifications.length > 0 && (
            <ul className="divide-y divide-line">
              {notifications.map((each) => (
                <li key={each.id}>
                  <NotificationItem
                    notification={each}
                    onOpen={() => {
                      if (!each.read) mark.mutate(each.id);
                      if (each.path !== null) onClose();
                    }}
                  />
                </li>
              ))}
            </ul>
          )}
        </div>
        <div className="shrink-0 border-line border-t bg-sunken px-4 py-2 text-center">
          <Link
            to="/dashboard/notifications"
            onClick={onClose}
            className="rounded-sm font-medium text-accent-text text-sm underline-offset-4 hover:underline"
          >
            All notifications
          </Link>
        </div>
      </PopoverContent>
    </Popover>
  );
}
