import type { ExternalAgent, ExternalPlatform } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, SearchX, SquareArrowOutUpRight } from 'lucide-react';
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
import { useCan } from '@/features/shell/queries.ts';
import { dayRange } from '@/lib/day-range.ts';
import { formatCount } from '@/lib/format.ts';
import { ActiveBadge } from './active-badge.tsx';
import { PLATFORM_OPTIONS, PLATFORMS } from './platforms.ts';
import { externalAgentsQuery } from './queries.ts';

const STATUS_OPTIONS = [
  { label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'inactive', label: 'Deactivated' },
];

/** The choices above the list, as they stand in the address. */
export interface ExternalAgentSearch {
  readonly platform?: ExternalPlatform | undefined;
  readonly status?: 'active' | 'inactive' | undefined;
  readonly search?: string | undefined;
  /** Days of the reader's time zone, YYYY-MM-DD. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
}

export function ExternalAgentList({ chosen, onCreate }: { chosen: ExternalAgentSearch; onCreate: () => void }) {
  const navigate = useNavigate({ from: '/dashboard/external-agents' });
  const mayWrite = useCan('external_agents:write');
  const { from, to, cursor, ...filter } = chosen;
  const agents = useQuery({
    ...externalAgentsQuery({ ...filter, ...dayRange(from, to), cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const rows = agents.data?.data;
  const filtered = [...Object.values(filter), from, to].some((each) => each !== undefined);
  const choose = (changes: ExternalAgentSearch, replace = false) =>
    void navigate({ search: (old) => ({ ...old, ...changes, cursor: undefined }), replace });

  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={SquareArrowOutUpRight}
        title="Let something outside call your agents"
        description="Claude Code, ChatGPT, Gemini or a program of your own gets a key, may call the agents that you choose, and stays within the limits and budgets that you set. You see every call and what it caused."
      >
        {mayWrite && (
          <Button variant="primary" onClick={onCreate}>
            <Plus aria-hidden="true" /> Register an external agent
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <FilterRow
        search={{
          value: filter.search,
          label: 'Search external agents by name',
          onSearch: (search) => choose({ search }, true),
        }}
        filters={[
          {
            label: 'Platform',
            value: filter.platform,
            options: [{ label: 'Any platform' }, ...PLATFORM_OPTIONS],
            onChoose: (value) => choose({ platform: PLATFORM_OPTIONS.find((each) => each.value === value)?.value }),
            className: 'w-38',
          },
          {
            label: 'Status',
            value: filter.status,
            options: STATUS_OPTIONS,
            onChoose: (value) => choose({ status: value === 'active' || value === 'inactive' ? value : undefined }),
            className: 'w-34',
          },
        ]}
        onClear={filtered ? () => void navigate({ search: {} }) : undefined}
      >
        <DateRange from={from} to={to} onChange={choose} />
      </FilterRow>
      {agents.error && <ProblemCallout error={agents.error} onRetry={() => void agents.refetch()} className="mb-3" />}
      {rows?.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title="No external agent fits"
          description="Loosen a filter, or look at all of them."
        >
          <Button onClick={() => void navigate({ search: {} })}>Show all external agents</Button>
        </EmptyState>
      ) : (
        <>
          <Table
            label="External agents"
            className="md:min-w-180"
            aria-busy={agents.isFetching}
            onKeyDown={moveBetweenRows}
          >
            <thead>
              <tr>
                <TableHead className="w-full">Name</TableHead>
                <TableHead className="max-sm:hidden">Platform</TableHead>
                <TableHead>Status</TableHead>
                <TableHead className="max-md:hidden">Key</TableHead>
                <TableHead className="max-lg:hidden">May call</TableHead>
                <TableHead className="text-right max-md:hidden">Created</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !agents.error && <LoadingRows />}
              {rows?.map((agent) => (
                <AgentRow key={agent.id} agent={agent} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} external agents on this page`}
              cursor={cursor}
              next={agents.data?.next_cursor}
              onGo={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
            />
          )}
        </>
      )}
    </>
  );
}

function AgentRow({ agent }: { agent: ExternalAgent }) {
  const platform = PLATFORMS[agent.platform];
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/external-agents/$externalAgentId"
          params={{ externalAgentId: agent.id }}
          data-row=""
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
        >
          {agent.name}
        </Link>
        {agent.description !== '' && <p className="truncate text-faint text-xs">{agent.description}</p>}
      </TableCell>
      <TableCell className="whitespace-nowrap max-sm:hidden">
        <span className="flex items-center gap-1.5">
          <platform.icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
          {platform.name}
        </span>
      </TableCell>
      <TableCell>
        <ActiveBadge active={agent.is_active} />
      </TableCell>
      <TableCell className="whitespace-nowrap max-md:hidden">
        {agent.api_key === null ? (
          <span className="text-faint">none works</span>
        ) : (
          <code className="font-mono text-xs">{agent.api_key}</code>
        )}
      </TableCell>
      <TableCell className="whitespace-nowrap max-lg:hidden">{agentsInWords(agent.agents)}</TableCell>
      <TableCell className="whitespace-nowrap text-right max-md:hidden">
        <RelativeTime iso={agent.created_at} />
      </TableCell>
    </TableRow>
  );
}

export function agentsInWords(agents: ExternalAgent['agents']): string {
  if (agents === null) return 'Every agent';
  return agents.length === 1 ? '1 agent' : `${formatCount(agents.length)} agents`;
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {['max-sm:hidden', '', 'max-md:hidden', 'max-lg:hidden', 'whitespace-nowrap max-md:hidden'].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="h-4 w-20" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
