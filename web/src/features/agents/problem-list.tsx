import type { DefinitionProblem } from '@agentflow/contracts';
import { CircleAlert, TriangleAlert } from 'lucide-react';

interface ProblemListProps {
  problems: readonly DefinitionProblem[];
  onJump: (problem: DefinitionProblem) => void;
}

/** Each problem of a definition, one click from its place. */
export function ProblemList({ problems, onJump }: ProblemListProps) {
  if (problems.length === 0) return null;
  const errors = problems.filter((each) => each.severity === 'error').length;
  const warnings = problems.length - errors;
  const counts = [
    errors > 0 && `${errors} ${errors === 1 ? 'error' : 'errors'}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
  ].filter(Boolean);
  return (
    <section aria-label="Problems" className="mb-4 overflow-hidden rounded-lg border border-line bg-surface">
      <h2 className="border-line border-b bg-sunken px-3 py-2 font-medium text-sm">{counts.join(', ')}</h2>
      <ul className="max-h-64 divide-y divide-line overflow-y-auto">
        {problems.map((problem) => (
          <li key={`${problem.path}:${problem.message}`}>
            <button
              type="button"
              onClick={() => onJump(problem)}
              className="flex w-full items-start gap-2 px-3 py-2 text-left text-sm hover:bg-hover focus-visible:outline-offset-[-2px]"
            >
              {problem.severity === 'error' ? (
                <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-label="Error" />
              ) : (
                <TriangleAlert className="mt-0.5 size-4 shrink-0 text-waiting" aria-label="Warning" />
              )}
              <span className="min-w-0 flex-1">
                <span className="block text-text">{problem.message}</span>
                <code className="break-all font-mono text-faint text-xs">
                  {problem.node_id !== undefined ? `${problem.node_id} · ` : ''}
                  {problem.path}
                </code>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
