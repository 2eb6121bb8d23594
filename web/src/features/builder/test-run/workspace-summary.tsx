import { type Execution, isTerminal } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plan } from '@/components/plan.tsx';
import { hasEnded, type ShownStep } from '@/features/executions/live-execution.ts';
import { filesOf, planIn } from '@/features/executions/workspace/files-of.ts';
import { workspaceFilesQuery } from '@/features/executions/workspace/queries.ts';

interface WorkspaceSummaryProps {
  execution: Execution;
  steps: readonly ShownStep[];
}

/** What a deep agent has planned and written in the run that the canvas shows; its execution's page shows the contents. */
export function WorkspaceSummary({ execution, steps }: WorkspaceSummaryProps) {
  const ended = steps.filter(({ status }) => hasEnded(status)).length;
  const files = filesOf(useQuery(workspaceFilesQuery(execution.id, ended)).data ?? []);
  const todos = planIn(steps);
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line p-3">
      {todos.length > 0 && <Plan todos={todos} still={isTerminal(execution.status)} />}
      {files.length > 0 && (
        <ul aria-label="Files" className="flex flex-col gap-1">
          {files.map(({ path, newest }) => (
            <li key={path} className="flex gap-3 text-xs">
              <span className="min-w-0 flex-1 truncate font-mono">{path}</span>
              <span className="tabular text-faint">{newest.deleted ? 'deleted' : `v${newest.version}`}</span>
            </li>
          ))}
        </ul>
      )}
      <Link
        to="/dashboard/executions/$executionId"
        params={{ executionId: execution.id }}
        className="self-start rounded-sm text-accent-text text-sm hover:underline"
      >
        Read its files, or say something to it
      </Link>
    </div>
  );
}
