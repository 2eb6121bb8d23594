import type { OrganizationEvent } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Radio, SearchX } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { DateRange } from '@/components/date-range.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { projectsQuery } from '@/features/projects/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { eventTypesQuery, familiesOf } from '@/features/targets/event-types.ts';
import { dayRange } from '@/lib/day-range.ts';
import { shortId } from '@/lib/format.ts';
import { eventSubject } from './event-subject.ts';
import { eventsQuery } from './queries.ts';

const EventSheet = lazy(() => import('./event-sheet.tsx'));

/** The choices above the list, as they stand in the address. */
export interface EventSearch {
  readonly type?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly project_id?: string | undefined;
  /** Days of the reader's time zone, YYYY-MM-DD. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
  /** The one that is opened. */
  readonly event?: string | undefined;
}

type Option = { readonly value: string; readonly label: string };

/** What an address names but the list does not have is shown all the same. */
function withChosen(options: readonly Option[], chosen: string | undefined): readonly Option[] {
  if (chosen === undefined || options.some(({ value }) => value === chosen)) return options;
  return [...options, { value: chosen, label: shortId(chosen) }];
}

/** What has happened in the organization, newest first. */
export function EventList({ shown }: { shown: EventSearch }) {
  const navigate = useNavigate({ from: '/dashboard/events' });
  const { event, ...chosen } = shown;
  const { from, to, cursor, ...filter } = chosen;
  const events = useQuery({
    ...eventsQuery({ ...filter, ...dayRange(from, to), cursor, limit: 50 }),
    placeholderData: keepPreviousData,
  });
  const rows = events.data?.data;
  const filtered = [...Object.values(filter), from, to].some((each) => each !== undefined);
  const choose = (changes: EventSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes, cursor: undefined, event: undefined }) });
  const empty = rows?.length === 0 && !filtered && cursor === undefined;
  return (
    <>
      {!empty && <EventFilters chosen={chosen} filtered={filtered} onChoose={choose} />}
      {events.error && <ProblemCallout error={events.error} onRetry={() => void events.refetch()} className="mb-3" />}
      {empty ? (
        <EmptyState
          icon={Radio}
          title="Nothing has happened yet"
          description="Each execution that ends, each agent that goes live, each question to a person is an event. They show here for 30 days, and webhooks and channels are told of them."
        />
      ) : rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No event fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show all events</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Events" className="md:min-w-160" onKeyDown={moveBetweenRows}>
            <thead>
              <tr>
                <TableHead>Event</TableHead>
                <TableHead className="w-full max-sm:hidden">About</TableHead>
                <TableHead className="max-md:hidden">Id</TableHead>
                <TableHead className="text-right">When</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !events.error && <LoadingRows />}
              {rows?.map((row) => (
                <EventRow key={row.id} row={row} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} events on this page`}
              cursor={cursor}
              next={events.data?.next_cursor}
              onGo={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
            />
          )}
        </>
      )}
      {event !== undefined && (
        <Suspense>
          <EventSheet
            eventId={event}
            onClose={() => void navigate({ search: (old) => ({ ...old, event: undefined }), resetScroll: false })}
          />
        </Suspense>
      )}
    </>
  );
}

interface EventFiltersProps {
  chosen: EventSearch;
  filtered: boolean;
  onChoose: (changes: EventSearch) => void;
}

function EventFilters({ chosen, filtered, onChoose }: EventFiltersProps) {
  const maySeeProjects = useCan('projects:read');
  const types = useQuery(eventTypesQuery).data?.data ?? [];
  const agents = useQuery(agentsQuery({ limit: 100 })).data?.data ?? [];
  const projects = useQuery({ ...projectsQuery({ limit: 100 }), enabled: maySeeProjects }).data?.data ?? [];
  const typeOptions = familiesOf(types).flatMap(({ family, label, types: own }) => [
    { value: `${family}.*`, label: `${label}: all` },
    ...own.map(({ type }) => ({ value: type, label: type })),
  ]);
  const named = (all: readonly { id: string; name: string }[]) =>
    all.map(({ id, name }) => ({ value: id, label: name }));
  const choice = (
    label: string,
    field: 'type' | 'agent_id' | 'project_id',
    any: string,
    options: readonly Option[],
  ) => ({
    label,
    value: chosen[field],
    options: [{ label: any }, ...withChosen(options, chosen[field])],
    onChoose: (value: string | undefined) => onChoose({ [field]: value }),
    className: `${field === 'type' ? 'w-52' : 'w-40'} max-sm:flex-1 [&>span]:truncate`,
  });
  return (
    <FilterRow
      filters={[
        choice('Event', 'type', 'Any event', typeOptions),
        choice('Agent', 'agent_id', 'Any agent', named(agents)),
        ...(maySeeProjects ? [choice('Project', 'project_id', 'Any project', named(projects))] : []),
      ]}
      onClear={
        filtered
          ? () =>
              onChoose({ type: undefined, agent_id: undefined, project_id: undefined, from: undefined, to: undefined })
          : undefined
      }
    >
      <DateRange from={chosen.from} to={chosen.to} onChange={onChoose} />
    </FilterRow>
  );
}

function EventRow({ row }: { row: OrganizationEvent }) {
  return (
    <TableRow className="relative">
      <TableCell className="whitespace-nowrap max-sm:w-full max-sm:max-w-0 max-sm:py-2">
        <Link
          to="."
          search={(old) => ({ ...old, event: row.id })}
          resetScroll={false}
          data-row=""
          className="rounded-sm font-mono text-text text-xs before:absolute before:inset-0 hover:text-accent-text"
        >
          {row.type}
        </Link>
        <span className="block truncate text-faint text-xs sm:hidden">{eventSubject(row.data)}</span>
      </TableCell>
      <TableCell className="max-w-0 max-sm:hidden">
        <span className="block truncate">{eventSubject(row.data)}</span>
      </TableCell>
      <TableCell className="max-md:hidden">
        <code className="whitespace-nowrap font-mono text-faint text-xs">{shortId(row.id)}</code>
      </TableCell>
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={row.timestamp} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-36" />
      </TableCell>
      <TableCell className="max-sm:hidden">
        <Skeleton className="h-4 w-48 max-w-full" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-20" />
      </TableCell>
      <TableCell>
        <Skeleton className="ml-auto h-4 w-16" />
      </TableCell>
    </TableRow>
  ));
}
