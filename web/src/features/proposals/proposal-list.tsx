import { PROPOSAL_STATUSES, type ProposalSummary } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { GitPullRequestArrow, Lock, SearchX } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusBadge, statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { meQuery } from '@/features/shell/queries.ts';
import { formatUsd, shortId } from '@/lib/format.ts';
import { proposalsQuery } from './list-queries.ts';
import { modelWords } from './proposal-words.ts';

interface ProposalListSearch {
  readonly status?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly mine?: 'true' | undefined;
  readonly cursor?: string | undefined;
}

/** What was asked for, the newest first; what it is narrowed to stands in the address. */
export function ProposalList({ chosen }: { chosen: ProposalListSearch }) {
  const navigate = useNavigate({ from: '/dashboard/proposals' });
  const { agent_id, mine, cursor } = chosen;
  const status = PROPOSAL_STATUSES.find((each) => each === chosen.status);
  const me = useQuery(meQuery).data?.user?.id;
  const agents = useQuery(agentsQuery({ limit: 100 })).data?.data ?? [];
  const proposals = useQuery({
    ...proposalsQuery({ status, agent_id, created_by: mine === undefined ? undefined : me, cursor, limit: 25 }),
    placeholderData: keepPreviousData,
    enabled: mine === undefined || me !== undefined,
  });
  const rows = proposals.data?.data;
  const filtered = status !== undefined || agent_id !== undefined || mine !== undefined;
  if (rows?.length === 0 && !filtered && cursor === undefined) return <NothingYet />;
  const choose = (choice: ProposalListSearch) => void navigate({ search: { ...chosen, cursor: undefined, ...choice } });
  const known = agents.some(({ id }) => id === agent_id);
  const shownAgents =
    agent_id === undefined || known ? agents : [...agents, { id: agent_id, name: nameIn(rows, agent_id) }];
  return (
    <>
      <FilterRow
        filters={[
          {
            label: 'Status',
            value: status,
            className: 'w-42',
            options: [
              { label: 'Any status' },
              ...PROPOSAL_STATUSES.map((each) => ({ value: each, label: statusWord(each) })),
            ],
            onChoose: (value) => choose({ status: value }),
          },
          {
            label: 'Agent',
            value: agent_id,
            className: 'w-48 [&>span]:truncate',
            options: [{ label: 'Any agent' }, ...shownAgents.map(({ id, name }) => ({ value: id, label: name }))],
            onChoose: (value) => choose({ agent_id: value }),
          },
          {
            label: 'Asked by',
            value: mine,
            className: 'w-44 [&>span]:truncate',
            options: [{ label: 'Asked by anybody' }, { value: 'true', label: 'Asked by me' }],
            onChoose: (value) => choose({ mine: value === undefined ? undefined : 'true' }),
          },
        ]}
        onClear={filtered ? () => void navigate({ search: {} }) : undefined}
      />
      {proposals.error && (
        <ProblemCallout error={proposals.error} onRetry={() => void proposals.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="Nothing fits" description="No proposal is like what is chosen above." />
      ) : (
        <ProposalTable rows={rows} />
      )}
      {rows !== undefined && (
        <Pager
          summary={`${rows.length} proposals on this page`}
          cursor={cursor}
          next={proposals.data?.next_cursor}
          onGo={(to) => void navigate({ search: { ...chosen, cursor: to } })}
        />
      )}
    </>
  );
}

function nameIn(rows: readonly ProposalSummary[] | undefined, agentId: string): string {
  return rows?.find((row) => row.agent_id === agentId)?.agent_name ?? shortId(agentId);
}

function NothingYet() {
  return (
    <EmptyState
      icon={GitPullRequestArrow}
      title="Say what should be different"
      description="Open an agent and choose Refine: “ask a lead before refunds over 100” is enough. What would change comes back as a proposal, file by file, and nothing changes until somebody approves it."
    >
      <Button asChild variant="primary">
        <Link to="/dashboard/agents">Choose an agent to refine</Link>
      </Button>
    </EmptyState>
  );
}

function ProposalTable({ rows }: { rows: readonly ProposalSummary[] | undefined }) {
  return (
    <Table label="Proposals" onKeyDown={moveBetweenRows}>
      <thead>
        <tr>
          <TableHead className="max-sm:hidden">Status</TableHead>
          <TableHead className="w-full">What was asked for</TableHead>
          <TableHead className="max-md:hidden">Agent</TableHead>
          <TableHead className="max-lg:hidden">Asked by</TableHead>
          <TableHead className="text-right max-lg:hidden">Cost</TableHead>
          <TableHead className="text-right">Asked</TableHead>
        </tr>
      </thead>
      <tbody>
        {rows === undefined
          ? ['a', 'b', 'c', 'd', 'e'].map((key) => <LoadingRow key={key} />)
          : rows.map((proposal) => <ProposalRow key={proposal.id} proposal={proposal} />)}
      </tbody>
    </Table>
  );
}

function ProposalRow({ proposal }: { proposal: ProposalSummary }) {
  const { id, status, user_prompt, summary, agent_name, access, created_by, cost_usd, created_at, error } = proposal;
  return (
    <TableRow>
      <TableCell className="max-sm:hidden">
        <StatusBadge status={status} />
      </TableCell>
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/proposals/$proposalId"
          params={{ proposalId: id }}
          data-row=""
          className="block rounded-sm text-text hover:text-accent-text"
        >
          <span className="flex items-center gap-1.5 font-medium">
            {access === 'private' && <Lock className="size-3.5 shrink-0 text-faint" aria-label="Private" />}
            <span className="truncate">{user_prompt}</span>
          </span>
          <span className="block truncate text-soft text-xs">
            <span className="sm:hidden">{statusWord(status)} · </span>
            {error?.message || summary || modelWords(proposal)}
          </span>
        </Link>
      </TableCell>
      <TableCell className="max-w-48 truncate max-md:hidden">{agent_name}</TableCell>
      <TableCell className="max-w-40 truncate max-lg:hidden">{created_by.name}</TableCell>
      <TableCell className="whitespace-nowrap text-right max-lg:hidden">
        {cost_usd === 0 ? <span className="text-faint">–</span> : formatUsd(cost_usd)}
      </TableCell>
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={created_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRow() {
  return (
    <TableRow>
      <TableCell className="max-sm:hidden">
        <Skeleton className="h-6 w-24 rounded-full" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-4 w-56" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-24" />
      </TableCell>
      <TableCell className="max-lg:hidden">
        <Skeleton className="h-4 w-20" />
      </TableCell>
      <TableCell className="max-lg:hidden">
        <Skeleton className="ml-auto h-4 w-12" />
      </TableCell>
      <TableCell>
        <Skeleton className="ml-auto h-4 w-16" />
      </TableCell>
    </TableRow>
  );
}
