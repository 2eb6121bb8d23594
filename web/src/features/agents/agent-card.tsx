import type { ListedAgent } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { RunSparkline } from '@/components/run-sparkline.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { LastRun, RunLink, SuccessRate, TriggerIcon, triggerWords } from './agent-facts.tsx';
import { AgentMenu } from './agent-menu.tsx';

const CARD = 'relative flex min-w-0 flex-col rounded-xl border border-line bg-surface shadow-card';

/** An agent at a glance. The card leads to the agent; what stands on it leads further. */
export function AgentCard({ agent }: { agent: ListedAgent }) {
  const mayExecute = useCan('agents:execute');
  const mayWrite = useCan('agents:write');
  const { stats } = agent;
  return (
    <li className={`${CARD} transition-colors duration-100 hover:border-line-strong`}>
      <div className="flex items-start gap-3 p-4 pb-3">
        <TriggerIcon agent={agent} className="size-9 [&_svg]:size-4" />
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-medium text-text">
            <Link
              to="/dashboard/agents/$agentId"
              params={{ agentId: agent.id }}
              data-list-item
              title={agent.name}
              className="rounded-sm before:absolute before:inset-0 before:rounded-xl hover:text-accent-text focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:outline-ring focus-visible:before:outline-offset-2"
            >
              {agent.name}
            </Link>
          </h2>
          <p className="truncate text-faint text-xs">{triggerWords(agent)}</p>
        </div>
        <div className="relative z-10 -mt-1 -mr-1.5">
          <AgentMenu agent={agent} />
        </div>
      </div>
      <p className="mx-4 line-clamp-2 min-h-10 text-pretty text-sm text-soft">
        {agent.description === '' ? <span className="text-faint">No description</span> : agent.description}
      </p>
      <div className="mx-4 mt-3 mb-3 flex items-end justify-between gap-3">
        <dl className="flex gap-5 text-sm">
          <div>
            <dt className="text-2xs text-faint">Last run</dt>
            <dd className="flex h-5 items-center whitespace-nowrap text-soft text-xs">
              <LastRun last={stats?.last_execution} />
            </dd>
          </div>
          <div>
            <dt className="text-2xs text-faint">Success</dt>
            <dd className="flex h-5 items-center text-soft text-xs">
              <SuccessRate stats={stats} />
            </dd>
          </div>
        </dl>
        {stats !== undefined && <RunSparkline days={stats.days} />}
      </div>
      <div className="mt-auto flex items-center gap-1 border-line border-t py-2 pr-2 pl-4">
        <StatusBadge status={agent.status} className="-ml-1" />
        <span className="flex-1" />
        {mayWrite && agent.status !== 'archived' && (
          <Button asChild size="sm" variant="ghost" className="relative z-10">
            <Link
              to="/dashboard/agents/$agentId"
              params={{ agentId: agent.id }}
              search={{ tab: 'builder' }}
              aria-label={`Edit ${agent.name}`}
            >
              <Pencil aria-hidden="true" /> Edit
            </Link>
          </Button>
        )}
        {mayExecute && agent.status === 'active' && <RunLink agent={agent} className="relative z-10" />}
      </div>
    </li>
  );
}

export function LoadingCards() {
  return ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
    <li key={key} className={CARD} aria-hidden="true">
      <div className="flex items-center gap-3 p-4 pb-3">
        <Skeleton className="size-9" />
        <div className="flex-1">
          <Skeleton className="mb-1.5 h-4 w-36" />
          <Skeleton className="h-3 w-20" />
        </div>
      </div>
      <Skeleton className="mx-4 h-10" />
      <Skeleton className="mx-4 my-3 h-9" />
      <div className="border-line border-t px-4 py-2.5">
        <Skeleton className="h-6 w-20 rounded-full" />
      </div>
    </li>
  ));
}
