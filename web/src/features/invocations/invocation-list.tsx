import {
  DOORS,
  type Door,
  INVOCATION_STATUSES,
  type InvocationStatus,
  type InvocationSummary,
} from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { PlugZap, SearchX, X } from 'lucide-react';
import { DateRange } from '@/components/date-range.tsx';
import { Elapsed } from '@/components/elapsed.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { externalAgentsQuery } from '@/features/external-agents/queries.ts';
import { dayRange } from '@/lib/day-range.ts';
import { formatCount, formatUsd, shortId } from '@/lib/format.ts';
import { DOOR_WORDS, isRefused } from './invocation-facts.ts';
import { InvocationBadge, invocationWord } from './invocation-status.tsx';
import { invocationsQuery } from './queries.ts';

/** The choices above the list, as they stand in the address. */
export interface InvocationSearch {
  readonly external_agent_id?: string | undefined;
  readonly status?: InvocationStatus | undefined;
  /** Of refused calls; there is no choice of it, other pages lead here with it. */
  readonly error_code?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly door?: Door | undefined;
  /** Days of the reader's time zone, YYYY-MM-DD. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
}

const STATUS_OPTIONS = [
  { value: 'all', label: 'Any status' },
  ...INVOCATION_STATUSES.map((value) => ({ value, label: invocationWord(value) })),
];
const DOOR_OPTIONS = [
  { value: 'all', label: 'Any door' },
  ...DOORS.map((value) => ({ value, label: DOOR_WORDS[value] })),
];

interface InvocationListProps {
  /** The external agent whose calls alone are shown: there is no choice of them then. */
  ofExternalAgent?: string;
  chosen: InvocationSearch;
  /** Gets all choices as they are from then on. */
  onChoose: (chosen: InvocationSearch) => void;
  /** Leads to the page on which one can make the first call. */
  onConnect: () => void;
}

/** Calls of external agents; each opens its lineage. */
export function InvocationList({ ofExternalAgent, chosen, onChoose, onConnect }: InvocationListProps) {
  const { from, to, cursor, ...filter } = chosen;
  const invocations = useQuery({
    ...invocationsQuery({
      ...filter,
      external_agent_id: ofExternalAgent ?? filter.external_agent_id,
      ...dayRange(from, to),
      cursor,
      limit: 25,
    }),
    placeholderData: keepPreviousData,
  });
  const agents = useQuery(agentsQuery({ limit: 100 }));
  const callers = useQuery({ ...externalAgentsQuery({ limit: 100 }), enabled: ofExternalAgent === undefined });
  const rows = invocations.data?.data;
  const filtered = [...Object.values(filter), from, to].some((each) => each !== undefined);
  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={PlugZap}
        title={ofExternalAgent === undefined ? 'Nothing has called yet' : 'It has not called yet'}
        description="Every call shows here while it runs and afterwards, with what it caused: the agent, its sub-agents, models and tools. Refused calls show too, counted by the minute."
      >
        <Button variant="primary" onClick={onConnect}>
          {ofExternalAgent === undefined ? 'See the external agents' : 'See how to connect it'}
        </Button>
      </EmptyState>
    );
  }
  const choose = (name: keyof InvocationSearch) => (value: string) =>
    onChoose({ ...chosen, [name]: value === 'all' ? undefined : value, cursor: undefined });
  const agentOptions = [
    { value: 'all', label: 'Any agent' },
    ...(agents.data?.data ?? []).map((agent) => ({ value: agent.id, label: agent.name })),
  ];
  if (filter.agent_id !== undefined && !agentOptions.some(({ value }) => value === filter.agent_id)) {
    agentOptions.push({ value: filter.agent_id, label: rows?.[0]?.agent_name ?? shortId(filter.agent_id) });
  }
  const callerOptions = [
    { value: 'all', label: 'Any external agent' },
    ...(callers.data?.data ?? []).map((each) => ({ value: each.id, label: each.name })),
  ];
  const { external_agent_id: caller } = filter;
  if (caller !== undefined && !callerOptions.some(({ value }) => value === caller)) {
    callerOptions.push({ value: caller, label: rows?.[0]?.external_agent_name ?? shortId(caller) });
  }
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        {ofExternalAgent === undefined && (
          <Select
            label="External agent"
            className="w-48 [&>span]:truncate"
            value={caller ?? 'all'}
            options={callerOptions}
            onValueChange={choose('external_agent_id')}
          />
        )}
        <Select
          label="Status"
          className="w-34"
          value={filter.status ?? 'all'}
          options={STATUS_OPTIONS}
          onValueChange={choose('status')}
        />
        <Select
          label="Agent"
          className="w-44 [&>span]:truncate"
          value={filter.agent_id ?? 'all'}
          options={agentOptions}
          onValueChange={choose('agent_id')}
        />
        <Select
          label="Door"
          className="w-36"
          value={filter.door ?? 'all'}
          options={DOOR_OPTIONS}
          onValueChange={choose('door')}
        />
        <DateRange from={from} to={to} onChange={(changes) => onChoose({ ...chosen, ...changes, cursor: undefined })} />
        {filter.error_code !== undefined && (
          <Button
            className="font-normal"
            aria-label={`No longer only ${filter.error_code}`}
            onClick={() => onChoose({ ...chosen, error_code: undefined, cursor: undefined })}
          >
            <code className="font-mono text-xs">{filter.error_code}</code>
            <X aria-hidden="true" />
          </Button>
        )}
        {filtered && (
          <Button variant="ghost" onClick={() => onChoose({})}>
            Clear
          </Button>
        )}
      </div>
      {invocations.error && (
        <ProblemCallout error={invocations.error} onRetry={() => void invocations.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No call fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => onChoose({})}>Show all calls</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Invocations" className="lg:min-w-200" onKeyDown={moveBetweenRows}>
            <thead>
              <tr>
                <TableHead>Status</TableHead>
                {ofExternalAgent === undefined && <TableHead>External agent</TableHead>}
                <TableHead className="w-full">Agent</TableHead>
                <TableHead className="max-md:hidden">Door</TableHead>
                <TableHead className="text-right max-sm:hidden">Calls</TableHead>
                <TableHead className="text-right max-sm:hidden">Latency</TableHead>
                <TableHead className="text-right max-md:hidden">Cost</TableHead>
                <TableHead className="text-right">When</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !invocations.error && <LoadingRows />}
              {rows?.map((row) => (
                <InvocationRow key={row.id} row={row} withCaller={ofExternalAgent === undefined} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} rows on this page`}
              cursor={cursor}
              next={invocations.data?.next_cursor}
              onGo={(to) => onChoose({ ...chosen, cursor: to })}
            />
          )}
        </>
      )}
    </>
  );
}

function InvocationRow({ row, withCaller }: { row: InvocationSummary; withCaller: boolean }) {
  const refused = isRefused(row);
  return (
    <TableRow className="relative">
      <TableCell>
        <InvocationBadge status={row.status} />
      </TableCell>
      {withCaller && (
        <TableCell className="whitespace-nowrap">
          <span className="block max-w-44 truncate max-sm:max-w-24" title={row.external_agent_name}>
            {row.external_agent_name}
          </span>
        </TableCell>
      )}
      <TableCell className="max-w-0 py-2">
        <Link
          to="."
          search={(old) => ({ ...old, invocation: row.id })}
          data-row=""
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
          resetScroll={false}
        >
          {row.agent_name ?? <span className="font-normal text-faint">No agent that it may call</span>}
        </Link>
        {row.error_message !== null && (
          <p className="truncate text-soft text-xs" title={row.error_message}>
            {row.error_code !== null && <code className="mr-1.5 font-mono text-faint">{row.error_code}</code>}
            {row.error_message}
          </p>
        )}
      </TableCell>
      <TableCell className="whitespace-nowrap max-md:hidden">{DOOR_WORDS[row.door]}</TableCell>
      <TableCell className="text-right max-sm:hidden">
        {row.count === 1 ? <span className="text-faint">1</span> : formatCount(row.count)}
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-sm:hidden">
        {refused ? (
          <span className="text-faint">–</span>
        ) : (
          <Elapsed startedAt={row.created_at} durationMs={row.latency_ms} />
        )}
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-md:hidden">
        {refused ? <span className="text-faint">–</span> : formatUsd(row.cost_usd)}
      </TableCell>
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={row.created_at} />
      </TableCell>
    </TableRow>
  );
}

const HIDDEN = ['max-md:hidden', 'max-sm:hidden', 'max-sm:hidden ', 'max-md:hidden ', 'whitespace-nowrap'];

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-6 w-24 rounded-full" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {HIDDEN.map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="ml-auto h-4 w-16" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
