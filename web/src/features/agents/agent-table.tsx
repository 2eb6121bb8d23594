import type { ListedAgent } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { RelativeTime } from '@/components/relative-time.tsx';
import { RunSparkline } from '@/components/run-sparkline.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { LastRun, RunLink, SuccessRate, TriggerIcon, triggerWords } from './agent-facts.tsx';
import { AgentMenu } from './agent-menu.tsx';

/** Agents one below the other; `agents` is undefined while they are read. */
export function AgentTable({ agents, busy }: { agents: readonly ListedAgent[] | undefined; busy: boolean }) {
  return (
    <Table label="Agents" className="lg:min-w-200" aria-busy={busy}>
      <thead>
        <tr>
          <TableHead className="w-full">Name</TableHead>
          <TableHead>Status</TableHead>
          <TableHead className="max-lg:hidden">Trigger</TableHead>
          <TableHead className="max-sm:hidden">Last run</TableHead>
          <TableHead className="text-right max-md:hidden">Success</TableHead>
          <TableHead className="max-md:hidden">14 days</TableHead>
          <TableHead className="max-lg:hidden">Changed</TableHead>
          <TableHead>
            <span className="sr-only">Actions</span>
          </TableHead>
        </tr>
      </thead>
      <tbody>
        {agents === undefined && <LoadingRows />}
        {agents?.map((agent) => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </tbody>
    </Table>
  );
}

function AgentRow({ agent }: { agent: ListedAgent }) {
  const mayExecute = useCan('agents:execute');
  return (
    <TableRow>
      <TableCell className="max-w-0 py-2">
        <div className="flex items-center gap-2.5">
          <TriggerIcon agent={agent} className="max-sm:hidden" />
          <div className="min-w-0">
            <Link
              to="/dashboard/agents/$agentId"
              params={{ agentId: agent.id }}
              data-list-item
              className="block truncate rounded-sm font-medium text-text hover:text-accent-text"
            >
              {agent.name}
            </Link>
            {agent.description !== '' && <p className="truncate text-faint text-xs">{agent.description}</p>}
          </div>
        </div>
      </TableCell>
      <TableCell>
        <StatusBadge status={agent.status} />
      </TableCell>
      <TableCell className="whitespace-nowrap max-lg:hidden">{triggerWords(agent)}</TableCell>
      <TableCell className="whitespace-nowrap max-sm:hidden">
        <LastRun last={agent.stats?.last_execution} />
      </TableCell>
      <TableCell className="text-right max-md:hidden">
        <SuccessRate stats={agent.stats} />
      </TableCell>
      <TableCell className="py-1 max-md:hidden">
        {agent.stats !== undefined && <RunSparkline days={agent.stats.days} />}
      </TableCell>
      <TableCell className="whitespace-nowrap max-lg:hidden">
        <RelativeTime iso={agent.updated_at} />
      </TableCell>
      <TableCell>
        <div className="flex items-center justify-end gap-1">
          {mayExecute && agent.status === 'active' && <RunLink agent={agent} className="max-sm:hidden" />}
          <AgentMenu agent={agent} />
        </div>
      </TableCell>
    </TableRow>
  );
}

const LATER_CELLS = ['', 'max-lg:hidden', 'max-sm:hidden', 'max-md:hidden', 'max-md:hidden ', 'max-lg:hidden ', ' '];

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {LATER_CELLS.map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="h-4 w-16" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
