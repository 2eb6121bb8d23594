import type { DefinitionProblem } from '@agentflow/contracts';
import { ChevronDown, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { cn } from '@/lib/class-names.ts';
import { useBuilder, useBuilderServices } from './builder-context.ts';
import { nodeAt } from './draft/keys.ts';
import { nodeLabel } from './draft/node-facts.ts';
import { nodeOf } from './draft/problems.ts';

function counted(problems: readonly DefinitionProblem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return [
    errors > 0 && `${errors} ${errors === 1 ? 'error' : 'errors'}`,
    warnings > 0 && `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What is wrong with the draft, at the foot of the builder: the count always, the list when it is open. */
export function ProblemsPanel() {
  const { goToProblem } = useBuilderServices();
  const problems = useBuilder((builder) => builder.problems);
  const definition = useBuilder((builder) => builder.definition);
  const [open, setOpen] = useState(false);
  const shown = open && problems.length > 0;
  const errors = problems.some(({ severity }) => severity === 'error');
  const Icon = problems.length === 0 ? CircleCheck : errors ? CircleAlert : TriangleAlert;
  return (
    <section aria-label="Problems" className="shrink-0 border-line border-t bg-surface">
      <button
        type="button"
        aria-expanded={shown}
        disabled={problems.length === 0}
        onClick={() => setOpen(!open)}
        className="flex h-8 w-full items-center gap-2 px-3 text-left text-xs hover:bg-hover focus-visible:outline-offset-[-2px] disabled:hover:bg-transparent"
      >
        <Icon
          className={cn('size-3.5', problems.length === 0 ? 'text-completed' : errors ? 'text-failed' : 'text-waiting')}
          aria-hidden="true"
        />
        <span className="flex-1 text-soft">
          {problems.length === 0
            ? definition.nodes.length === 0
              ? 'Nothing to check yet'
              : 'No problems'
            : counted(problems)}
        </span>
        {problems.length > 0 && (
          <ChevronDown className={cn('size-3.5 text-faint', !shown && 'rotate-180')} aria-hidden="true" />
        )}
      </button>
      {shown && (
        <ul className="max-h-44 divide-y divide-line overflow-y-auto border-line border-t">
          {problems.map((problem) => {
            const key = nodeOf(problem, definition);
            const node = key === undefined ? undefined : nodeAt(definition, key);
            return (
              <li key={`${problem.path}:${problem.message}`}>
                <button
                  type="button"
                  onClick={() => goToProblem(problem)}
                  className="flex w-full items-start gap-2 px-3 py-1.5 text-left text-sm hover:bg-hover focus-visible:outline-offset-[-2px]"
                >
                  {problem.severity === 'error' ? (
                    <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-failed" aria-label="Error" />
                  ) : (
                    <TriangleAlert className="mt-0.5 size-3.5 shrink-0 text-waiting" aria-label="Warning" />
                  )}
                  <span className="min-w-0 flex-1">
                    <span className="font-medium text-text">
                      {node !== undefined ? nodeLabel(node) : problem.edge_id !== undefined ? 'An edge' : 'The agent'}
                    </span>{' '}
                    <span className="text-soft">{problem.message}</span>
                  </span>
                  {problem.field !== undefined && (
                    <code className="shrink-0 font-mono text-2xs text-faint max-sm:hidden">{problem.field}</code>
                  )}
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
