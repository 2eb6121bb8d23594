import type { Webhook } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, SearchX, Webhook as WebhookIcon } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { eventsInWords, eventTypesQuery, typeOptions } from '@/features/targets/event-types.ts';
import { TargetBadge } from '@/features/targets/target-badge.tsx';
import { webhooksQuery } from './queries.ts';

/** The choices above the list, as they stand in the address. */
export interface WebhookSearch {
  readonly status?: 'active' | 'inactive' | undefined;
  readonly event?: string | undefined;
  readonly cursor?: string | undefined;
}

const STATUS_OPTIONS = [
  { label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'inactive', label: 'Not active' },
];

export function WebhookList({ chosen }: { chosen: WebhookSearch }) {
  const navigate = useNavigate({ from: '/dashboard/webhooks' });
  const mayManage = useCan('webhooks:manage');
  const { cursor, ...filter } = chosen;
  const webhooks = useQuery({
    ...webhooksQuery({ ...filter, cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const types = useQuery(eventTypesQuery).data?.data ?? [];
  const rows = webhooks.data?.data;
  const filtered = Object.values(filter).some((each) => each !== undefined);
  const choose = (changes: WebhookSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes, cursor: undefined }) });
  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={WebhookIcon}
        title="Let your systems know"
        description="A webhook gets a signed request for each event that you choose: an execution failed, somebody has to decide, a budget runs out. What fails is tried again for more than a day, and you see every request and its answer."
      >
        {mayManage && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/webhooks/new">
              <Plus aria-hidden="true" /> Add a webhook
            </Link>
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <FilterRow
        filters={[
          {
            label: 'Status',
            value: filter.status,
            options: STATUS_OPTIONS,
            onChoose: (value) => choose({ status: value === 'active' || value === 'inactive' ? value : undefined }),
            className: 'w-34',
          },
          {
            label: 'Event',
            value: filter.event,
            options: [{ label: 'Told of any event' }, ...typeOptions(types)],
            onChoose: (event) => choose({ event }),
            className: 'w-52 [&>span]:truncate',
          },
        ]}
        onClear={filtered ? () => void navigate({ search: {} }) : undefined}
      />
      {webhooks.error && (
        <ProblemCallout error={webhooks.error} onRetry={() => void webhooks.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No webhook fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show all webhooks</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Webhooks" className="md:min-w-160" onKeyDown={moveBetweenRows}>
            <thead>
              <tr>
                <TableHead className="w-full">Address</TableHead>
                <TableHead className="max-sm:hidden">Events</TableHead>
                <TableHead>Status</TableHead>
                <TableHead className="text-right max-md:hidden">Created</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !webhooks.error && <LoadingRows />}
              {rows?.map((webhook) => (
                <WebhookRow key={webhook.id} webhook={webhook} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} webhooks on this page`}
              cursor={cursor}
              next={webhooks.data?.next_cursor}
              onGo={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
            />
          )}
        </>
      )}
    </>
  );
}

function WebhookRow({ webhook }: { webhook: Webhook }) {
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/webhooks/$webhookId"
          params={{ webhookId: webhook.id }}
          data-row=""
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
        >
          {webhook.url}
        </Link>
        {webhook.description !== '' && <p className="truncate text-faint text-xs">{webhook.description}</p>}
      </TableCell>
      <TableCell className="max-sm:hidden">
        <span className="block max-w-64 truncate" title={webhook.events.join(', ')}>
          {eventsInWords(webhook.events)}
        </span>
      </TableCell>
      <TableCell>
        <TargetBadge target={webhook} />
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-md:hidden">
        <RelativeTime iso={webhook.created_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd'].map((key) => (
    <TableRow key={key}>
      <TableCell className="py-2">
        <Skeleton className="h-4 w-72 max-w-full" />
      </TableCell>
      <TableCell className="max-sm:hidden">
        <Skeleton className="h-4 w-36" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-6 w-20 rounded-full" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="ml-auto h-4 w-16" />
      </TableCell>
    </TableRow>
  ));
}
