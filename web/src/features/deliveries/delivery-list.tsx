import { DELIVERY_STATUSES, type Delivery, type DeliveryStatus } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { SearchX, Send, X } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { eventTypesQuery, typeOptions } from '@/features/targets/event-types.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDuration, shortId } from '@/lib/format.ts';
import { DeliveryBadge, deliveryWord } from './delivery-badge.tsx';
import { deliveriesQuery } from './queries.ts';

const DeliverySheet = lazy(() => import('./delivery-sheet.tsx'));

/** What the list shows, as it stands in the address. */
export interface DeliverySearch {
  readonly status?: DeliveryStatus | undefined;
  readonly event_type?: string | undefined;
  /** Other pages lead here with it. */
  readonly event_id?: string | undefined;
  readonly cursor?: string | undefined;
  /** The one that is opened. */
  readonly delivery?: string | undefined;
}

interface DeliveryListProps {
  /** Where the target's list is. */
  path: string;
  shown: DeliverySearch;
  /** Gets all choices as they are from then on. */
  onChoose: (shown: DeliverySearch) => void;
  /** What can be done where nothing was sent yet. */
  children?: ReactNode;
}

const TEST = 'webhook.test';
const STATUS_OPTIONS = [
  { label: 'Any status' },
  ...DELIVERY_STATUSES.map((value) => ({ value, label: deliveryWord(value) })),
];

/** What was sent to a target and what came of it; each row opens its request and answers. */
export function DeliveryList({ path, shown, onChoose, children }: DeliveryListProps) {
  const { delivery, ...chosen } = shown;
  const { cursor, ...filter } = chosen;
  const deliveries = useQuery({
    ...deliveriesQuery(path, { ...filter, cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const types = useQuery(eventTypesQuery).data?.data ?? [];
  const rows = deliveries.data?.data;
  const filtered = Object.values(filter).some((each) => each !== undefined);
  const choose = (changes: DeliverySearch) => onChoose({ ...chosen, ...changes, cursor: undefined });
  const empty = rows?.length === 0 && !filtered && cursor === undefined;
  return (
    <>
      {!empty && (
        <FilterRow
          filters={[
            {
              label: 'Status',
              value: filter.status,
              options: STATUS_OPTIONS,
              onChoose: (value) => choose({ status: DELIVERY_STATUSES.find((each) => each === value) }),
              className: 'w-34',
            },
            {
              label: 'Event',
              value: filter.event_type,
              options: [{ label: 'Any event' }, ...typeOptions(types), { value: TEST, label: TEST }],
              onChoose: (event_type) => choose({ event_type }),
              className: 'w-52 [&>span]:truncate',
            },
          ]}
          onClear={filtered ? () => onChoose({}) : undefined}
        >
          {filter.event_id !== undefined && (
            <Button
              className="font-normal"
              aria-label={`No longer only ${filter.event_id}`}
              onClick={() => choose({ event_id: undefined })}
            >
              <code className="font-mono text-xs">{shortId(filter.event_id)}</code>
              <X aria-hidden="true" />
            </Button>
          )}
        </FilterRow>
      )}
      {deliveries.error && (
        <ProblemCallout error={deliveries.error} onRetry={() => void deliveries.refetch()} className="mb-3" />
      )}
      {empty ? (
        <EmptyState
          icon={Send}
          title="Nothing was sent yet"
          description="As soon as one of its events happens, the delivery shows here, with what was sent, what came back and how long it took. They are kept for 30 days."
        >
          {children}
        </EmptyState>
      ) : rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No delivery fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => onChoose({})}>Show all deliveries</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Deliveries" className="md:min-w-160" onKeyDown={moveBetweenRows}>
            <thead>
              <tr>
                <TableHead>Status</TableHead>
                <TableHead className="w-full">Event</TableHead>
                <TableHead className="text-right max-sm:hidden">Answer</TableHead>
                <TableHead className="text-right max-md:hidden">Time</TableHead>
                <TableHead className="text-right max-md:hidden">Attempts</TableHead>
                <TableHead className="text-right max-sm:hidden">When</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !deliveries.error && <LoadingRows />}
              {rows?.map((row) => (
                <DeliveryRow key={row.id} row={row} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} deliveries on this page`}
              cursor={cursor}
              next={deliveries.data?.next_cursor}
              onGo={(to) => onChoose({ ...chosen, cursor: to })}
            />
          )}
        </>
      )}
      {delivery !== undefined && (
        <Suspense>
          <DeliverySheet deliveryId={delivery} onClose={() => onChoose(chosen)} />
        </Suspense>
      )}
    </>
  );
}

function DeliveryRow({ row }: { row: Delivery }) {
  return (
    <TableRow className="relative">
      <TableCell>
        <DeliveryBadge delivery={row} />
      </TableCell>
      <TableCell className="max-w-0 py-2">
        <Link
          to="."
          search={(old) => ({ ...old, delivery: row.id })}
          resetScroll={false}
          data-row=""
          className="block truncate rounded-sm font-mono text-text text-xs before:absolute before:inset-0 hover:text-accent-text"
        >
          {row.event_type}
          {row.is_test && <span className="ml-2 font-sans text-faint">test</span>}
        </Link>
        <RowNote row={row} />
        <p className="text-faint text-xs sm:hidden">
          <RelativeTime iso={row.created_at} />
        </p>
      </TableCell>
      <TableCell className="text-right max-sm:hidden">
        {row.last_status ?? <span className="text-faint">–</span>}
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-md:hidden">
        {row.last_duration_ms === null ? <span className="text-faint">–</span> : formatDuration(row.last_duration_ms)}
      </TableCell>
      <TableCell className="text-right max-md:hidden">{row.attempts}</TableCell>
      <TableCell className="whitespace-nowrap text-right max-sm:hidden">
        <RelativeTime iso={row.created_at} />
      </TableCell>
    </TableRow>
  );
}

/** Why it has not arrived, and when it is tried again. */
function RowNote({ row: { status, attempts, last_error, next_attempt_at } }: { row: Delivery }) {
  const now = useNow(1000, status === 'pending');
  if (status === 'delivered' || last_error === null) return null;
  const waits = status === 'pending' && attempts > 0 && next_attempt_at !== null;
  return (
    <p className="truncate text-soft text-xs" title={last_error}>
      {last_error}
      {waits && Date.parse(next_attempt_at) > now && (
        <span className="text-faint">
          {' '}
          Next attempt <RelativeTime iso={next_attempt_at} />
        </span>
      )}
    </p>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-6 w-24 rounded-full" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-4 w-48 max-w-full" />
      </TableCell>
      {['max-sm:hidden', 'max-md:hidden', 'max-md:hidden ', 'max-sm:hidden '].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="ml-auto h-4 w-14" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
