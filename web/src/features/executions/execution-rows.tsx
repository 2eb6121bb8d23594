import type { ExecutionStatus, ExecutionSummary } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Elapsed } from '@/components/elapsed.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { executionsQuery } from './queries.ts';

interface ExecutionRowsProps {
  agentId?: string;
  projectId?: string;
  status?: ExecutionStatus;
  limit?: number;
  /** Shows the agent's name, where rows of several agents meet. */
  withAgent?: boolean;
  empty?: string;
}

/** The newest executions as a short list that keeps itself up to date. */
export function ExecutionRows({ agentId, projectId, status, limit = 8, withAgent = false, empty }: ExecutionRowsProps) {
  const executions = useQuery(executionsQuery({ agent_id: agentId, project_id: projectId, status, limit }));
  if (executions.error && executions.data === undefined) {
    return <ProblemCallout error={executions.error} onRetry={() => void executions.refetch()} />;
  }
  if (executions.data === undefined) {
    return (
      <div className="flex flex-col gap-2">
        <Skeleton className="h-11 w-full" />
        <Skeleton className="h-11 w-full" />
        <Skeleton className="h-11 w-full" />
      </div>
    );
  }
  if (executions.data.data.length === 0) {
    return (
      <p className="rounded-xl border border-line-strong border-dashed px-4 py-8 text-center text-sm text-soft">
        {empty ?? 'Nothing has run yet.'}
      </p>
    );
  }
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      {executions.data.data.map((execution) => (
        <li key={execution.id}>
          <Link
            to="/dashboard/executions/$executionId"
            params={{ executionId: execution.id }}
            className="flex min-h-11 items-center gap-2.5 px-3 py-2 text-sm transition-colors duration-100 hover:bg-hover focus-visible:outline-offset-[-2px]"
          >
            <StatusIcon status={execution.status} />
            <span className="min-w-0 flex-1">
              <span className="block truncate text-text">
                {withAgent ? execution.agent_name : statusWord(execution.status)}
                {execution.mode === 'test' && <span className="ml-1.5 text-faint text-xs">test</span>}
              </span>
              <span className="block truncate text-faint text-xs">{rowNote(execution, withAgent)}</span>
            </span>
            <span className="shrink-0 text-right text-faint text-xs">
              <span className="block text-soft">
                <Elapsed startedAt={execution.started_at} durationMs={execution.duration_ms} />
              </span>
              <RelativeTime iso={execution.created_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function rowNote(execution: ExecutionSummary, withAgent: boolean): string {
  if (execution.error !== null) return execution.error.message;
  const words = withAgent ? [statusWord(execution.status)] : [];
  words.push(execution.version === null ? 'draft' : `v${execution.version}`, `by ${execution.triggered_by.name}`);
  return words.join(' · ');
}
