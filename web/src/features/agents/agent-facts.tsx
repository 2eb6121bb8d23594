import type { AgentStats, ListedAgent } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatShare } from '@/lib/format.ts';

/** The icon of what starts the agent. */
export function TriggerIcon({ agent, className }: { agent: ListedAgent; className?: string }) {
  return (
    <NodeIcon type={agent.stats?.triggers[0] ?? 'agent.call'} {...(className === undefined ? {} : { className })} />
  );
}

/** `Webhook`, `Manual start and schedule`. */
export function triggerWords({ stats }: ListedAgent): string {
  if (stats === undefined || stats.triggers.length === 0) return 'No trigger yet';
  return stats.triggers
    .map(nodeTypeTitle)
    .map((title, index) => (index === 0 ? title : title.toLowerCase()))
    .join(' and ');
}

/** How the last run went and when; leads to it. */
export function LastRun({ last }: { last: AgentStats['last_execution'] | undefined }) {
  if (!last) return <span className="text-faint">Not run yet</span>;
  return (
    <Link
      to="/dashboard/executions/$executionId"
      params={{ executionId: last.id }}
      className="relative z-10 inline-flex items-center gap-1.5 rounded-sm hover:text-accent-text"
    >
      <StatusIcon status={last.status} className="size-3.5" />
      <span className="sr-only">{statusWord(last.status)}</span>
      <RelativeTime iso={last.created_at} />
      {last.mode === 'test' && <span className="text-faint">test</span>}
    </Link>
  );
}

export function SuccessRate({ stats }: { stats: AgentStats | undefined }) {
  if (stats === undefined || stats.success_rate === null) return <span className="text-faint">–</span>;
  return <span className="tabular">{formatShare(stats.success_rate)}</span>;
}

/** Leads to where the live version is run. */
export function RunLink({ agent, className }: { agent: ListedAgent; className: string }) {
  return (
    <Button asChild size="sm" className={className}>
      <Link
        to="/dashboard/agents/$agentId"
        params={{ agentId: agent.id }}
        search={{ tab: 'run' }}
        aria-label={`Run ${agent.name}`}
      >
        <Play aria-hidden="true" /> Run
      </Link>
    </Button>
  );
}
