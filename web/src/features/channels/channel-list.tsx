import type { NotificationChannel } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { MessagesSquare, Plus } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { eventsInWords } from '@/features/targets/event-types.ts';
import { TargetBadge } from '@/features/targets/target-badge.tsx';
import { PlatformHealthStrip } from './platform-health.tsx';
import { CHAT_PLATFORM_LOOKS } from './platforms.ts';
import { channelsQuery } from './queries.ts';

export function ChannelList({ cursor }: { cursor: string | undefined }) {
  const navigate = useNavigate({ from: '/dashboard/webhooks/channels' });
  const mayManage = useCan('webhooks:manage');
  const channels = useQuery({ ...channelsQuery({ cursor, limit: 25 }), placeholderData: keepPreviousData });
  const rows = channels.data?.data;
  if (rows?.length === 0 && cursor === undefined) {
    return (
      <EmptyState
        icon={MessagesSquare}
        title="Tell people where they are"
        description="A channel writes to Slack, Teams, Discord, Telegram or by e-mail: what failed, what waits for a decision, which budget runs out. Approvals can be decided from the message."
      >
        {mayManage && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/webhooks/channels/new">
              <Plus aria-hidden="true" /> Add a channel
            </Link>
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <PlatformHealthStrip />
      {channels.error && (
        <ProblemCallout error={channels.error} onRetry={() => void channels.refetch()} className="mb-3" />
      )}
      <Table label="Channels" className="md:min-w-160" onKeyDown={moveBetweenRows}>
        <thead>
          <tr>
            <TableHead className="w-full">Name</TableHead>
            <TableHead className="max-sm:hidden">Platform</TableHead>
            <TableHead className="max-md:hidden">Events</TableHead>
            <TableHead>Status</TableHead>
            <TableHead className="text-right max-md:hidden">Created</TableHead>
          </tr>
        </thead>
        <tbody>
          {rows === undefined && !channels.error && <LoadingRows />}
          {rows?.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} />
          ))}
        </tbody>
      </Table>
      {rows !== undefined && (
        <Pager
          summary={`${rows.length} channels on this page`}
          cursor={cursor}
          next={channels.data?.next_cursor}
          onGo={(next) => void navigate({ search: { cursor: next } })}
        />
      )}
    </>
  );
}

function ChannelRow({ channel }: { channel: NotificationChannel }) {
  const { name, icon: Icon } = CHAT_PLATFORM_LOOKS[channel.platform];
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0">
        <Link
          to="/dashboard/webhooks/channels/$channelId"
          params={{ channelId: channel.id }}
          data-row=""
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
        >
          {channel.name}
        </Link>
      </TableCell>
      <TableCell className="whitespace-nowrap max-sm:hidden">
        <span className="flex items-center gap-1.5">
          <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" /> {name}
        </span>
      </TableCell>
      <TableCell className="max-md:hidden">
        <span className="block max-w-56 truncate" title={channel.events.join(', ')}>
          {eventsInWords(channel.events)}
        </span>
      </TableCell>
      <TableCell>
        <TargetBadge target={channel} />
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-md:hidden">
        <RelativeTime iso={channel.created_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48 max-w-full" />
      </TableCell>
      {['max-sm:hidden', 'max-md:hidden', 'whitespace-nowrap', 'max-md:hidden '].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="h-4 w-20" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
