import type { ExecutionStatus, ExecutionSummary, ExecutionTrigger } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical, History, KeyRound, SearchX, UserRound } from 'lucide-react';
import { useMemo } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { Elapsed } from '@/components/elapsed.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { projectsQuery } from '@/features/projects/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount, formatUsd, shortId } from '@/lib/format.ts';
import { COLUMNS, type Column, ColumnChoice, useColumns } from './column-choice.tsx';
import { executionsQuery } from './queries.ts';

export type Since = '1h' | '24h' | '7d' | '30d';

const HOURS: Record<Since, number> = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };
const STATUS_OPTIONS = [
  { value: 'all', label: 'Any status' },
  { value: 'queued', label: 'Queued' },
  { value: 'running', label: 'Running' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'completed', label: 'Completed' },
  { value: 'failed', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
];
const TRIGGER_OPTIONS = [
  { value: 'all', label: 'Any trigger' },
  { value: 'manual', label: 'Started by a person' },
  { value: 'api', label: 'Started by the API' },
  { value: 'test', label: 'Tests' },
  { value: 'agent', label: 'Called by an agent' },
  { value: 'handoff', label: 'Handed over' },
  { value: 'failure', label: 'Handling a failure' },
];
const SINCE_OPTIONS = [
  { value: 'all', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];

/** The choices above the list, as they stand in the address. */
export interface ExecutionListSearch {
  readonly status?: ExecutionStatus | undefined;
  readonly trigger?: ExecutionTrigger | undefined;
  readonly agent_id?: string | undefined;
  readonly project_id?: string | undefined;
  readonly since?: Since | undefined;
  readonly cursor?: string | undefined;
}

interface ExecutionListProps {
  chosen: ExecutionListSearch;
  /** Gets all choices as they are from then on. */
  onChoose: (chosen: ExecutionListSearch) => void;
  /** The agent whose executions alone are shown: there is no choice of agents then. */
  ofAgent?: string;
}

export function ExecutionList({ chosen, onChoose, ofAgent }: ExecutionListProps) {
  const { status, trigger, project_id: projectId, since, cursor } = chosen;
  const agentId = ofAgent ?? chosen.agent_id;
  // Fixed until the choice changes: a start that moves with the clock would be another list on every render.
  const from = useMemo(
    () => (since === undefined ? undefined : new Date(Date.now() - HOURS[since] * 3_600_000).toISOString()),
    [since],
  );
  const executions = useQuery({
    ...executionsQuery({ status, trigger, agent_id: agentId, project_id: projectId, from, cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const agents = useQuery({ ...agentsQuery({ limit: 100 }), enabled: ofAgent === undefined });
  const [columns, chooseColumn] = useColumns();
  const projects = useQuery(projectsQuery({ limit: 100 }));
  const filtered = [status, trigger, chosen.agent_id, projectId, since].some((each) => each !== undefined);
  const rows = executions.data?.data;
  const nextCursor = executions.data?.next_cursor;

  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={History}
        title="Nothing has run yet"
        description="Every run of an agent shows here with its steps, its cost and its result, while it happens and afterwards."
      >
        <Button asChild variant="primary">
          {ofAgent === undefined ? (
            <Link to="/dashboard/agents">Choose an agent to run</Link>
          ) : (
            <Link to="/dashboard/agents/$agentId" params={{ agentId: ofAgent }} search={{ tab: 'run' }}>
              Run the agent
            </Link>
          )}
        </Button>
      </EmptyState>
    );
  }
  const choose = (name: keyof ExecutionListSearch) => (value: string) =>
    onChoose({ ...chosen, [name]: value === 'all' ? undefined : value, cursor: undefined });
  const agentOptions = [
    { value: 'all', label: 'Any agent' },
    ...(agents.data?.data ?? []).map((agent) => ({ value: agent.id, label: agent.name })),
  ];
  if (agentId !== undefined && !agentOptions.some((each) => each.value === agentId)) {
    agentOptions.push({ value: agentId, label: rows?.[0]?.agent_name ?? shortId(agentId) });
  }
  const projectOptions = [
    { value: 'all', label: 'Any project' },
    ...(projects.data?.data ?? []).map((project) => ({ value: project.id, label: project.name })),
  ];
  if (projectId !== undefined && !projectOptions.some((each) => each.value === projectId)) {
    projectOptions.push({ value: projectId, label: shortId(projectId) });
  }
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <Select
          label="Status"
          className="w-34"
          value={status ?? 'all'}
          options={STATUS_OPTIONS}
          onValueChange={choose('status')}
        />
        {ofAgent === undefined && (
          <Select
            label="Agent"
            className="w-48 [&>span]:truncate"
            value={agentId ?? 'all'}
            options={agentOptions}
            onValueChange={choose('agent_id')}
          />
        )}
        {projectOptions.length > 1 && (
          <Select
            label="Project"
            className="w-40 [&>span]:truncate"
            value={projectId ?? 'all'}
            options={projectOptions}
            onValueChange={choose('project_id')}
          />
        )}
        <Select
          label="Trigger"
          className="w-44"
          value={trigger ?? 'all'}
          options={TRIGGER_OPTIONS}
          onValueChange={choose('trigger')}
        />
        <Select
          label="Time"
          className="w-36"
          value={since ?? 'all'}
          options={SINCE_OPTIONS}
          onValueChange={choose('since')}
        />
        {filtered && (
          <Button variant="ghost" onClick={() => onChoose({})}>
            Clear
          </Button>
        )}
        <ColumnChoice columns={columns} onChange={chooseColumn} />
      </div>
      {executions.error && (
        <ProblemCallout error={executions.error} onRetry={() => void executions.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No execution fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => onChoose({})}>Show all executions</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Executions" className="lg:min-w-220" onKeyDown={moveBetweenRows}>
            <thead>
              <tr>
                <TableHead>Status</TableHead>
                <TableHead className="w-full">Agent</TableHead>
                {columns.has('execution') && <TableHead className="max-lg:hidden">{COLUMNS.execution}</TableHead>}
                {columns.has('starter') && <TableHead className="max-md:hidden">{COLUMNS.starter}</TableHead>}
                {columns.has('duration') && (
                  <TableHead className="text-right max-sm:hidden">{COLUMNS.duration}</TableHead>
                )}
                {columns.has('steps') && <TableHead className="text-right max-lg:hidden">{COLUMNS.steps}</TableHead>}
                {columns.has('tokens') && <TableHead className="text-right max-lg:hidden">{COLUMNS.tokens}</TableHead>}
                {columns.has('cost') && <TableHead className="text-right max-md:hidden">{COLUMNS.cost}</TableHead>}
                <TableHead className="text-right">When</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !executions.error && <LoadingRows columns={columns} />}
              {rows?.map((execution) => (
                <ExecutionTableRow key={execution.id} execution={execution} columns={columns} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} executions on this page`}
              cursor={cursor}
              next={nextCursor}
              onGo={(to) => onChoose({ ...chosen, cursor: to })}
            />
          )}
        </>
      )}
    </>
  );
}

function ExecutionTableRow({ execution, columns }: { execution: ExecutionSummary; columns: ReadonlySet<Column> }) {
  const Starter =
    execution.trigger === 'test' ? FlaskConical : execution.triggered_by.type === 'api_key' ? KeyRound : UserRound;
  const tokens = execution.input_tokens + execution.output_tokens;
  return (
    <TableRow>
      <TableCell>
        <StatusBadge status={execution.status} reason={execution.waiting_reason} />
      </TableCell>
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/executions/$executionId"
          params={{ executionId: execution.id }}
          data-row=""
          className="block truncate rounded-sm font-medium text-text hover:text-accent-text"
        >
          {execution.agent_name}
          <span className="ml-1.5 font-normal text-faint text-xs">
            {execution.version === null ? 'draft' : `v${execution.version}`}
          </span>
        </Link>
        {execution.error !== null && (
          <p
            className={cn('truncate text-xs', execution.status === 'cancelled' ? 'text-soft' : 'text-failed')}
            title={execution.error.message}
          >
            {execution.error.message}
          </p>
        )}
      </TableCell>
      {columns.has('execution') && (
        <TableCell className="max-lg:hidden">
          <CopyableId id={execution.id} short={shortId(execution.id)} />
        </TableCell>
      )}
      {columns.has('starter') && (
        <TableCell className="max-md:hidden">
          <span className="flex max-w-40 items-center gap-1.5">
            <Starter className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            <span className="truncate">{execution.triggered_by.name}</span>
          </span>
        </TableCell>
      )}
      {columns.has('duration') && (
        <TableCell className="whitespace-nowrap text-right max-sm:hidden">
          <Elapsed startedAt={execution.started_at} durationMs={execution.duration_ms} />
        </TableCell>
      )}
      {columns.has('steps') && (
        <TableCell className="text-right max-lg:hidden">{formatCount(execution.step_count)}</TableCell>
      )}
      {columns.has('tokens') && (
        <TableCell className="text-right max-lg:hidden">
          {tokens === 0 ? <span className="text-faint">–</span> : formatCount(tokens)}
        </TableCell>
      )}
      {columns.has('cost') && (
        <TableCell className="text-right max-md:hidden">{formatUsd(execution.cost_usd)}</TableCell>
      )}
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={execution.created_at} />
      </TableCell>
    </TableRow>
  );
}

const HIDDEN: Record<Column, string> = {
  execution: 'max-lg:hidden',
  starter: 'max-md:hidden',
  duration: 'max-sm:hidden',
  steps: 'max-lg:hidden',
  tokens: 'max-lg:hidden',
  cost: 'max-md:hidden',
};

function LoadingRows({ columns }: { columns: ReadonlySet<Column> }) {
  return ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-6 w-24 rounded-full" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {[...columns].map((column) => (
        <TableCell key={column} className={HIDDEN[column]}>
          <Skeleton className="ml-auto h-4 w-16" />
        </TableCell>
      ))}
      <TableCell className="whitespace-nowrap">
        <Skeleton className="ml-auto h-4 w-16" />
      </TableCell>
    </TableRow>
  ));
}
