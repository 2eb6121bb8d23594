import type { DefinitionProblem } from '@agentflow/contracts';
import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import type { ChoiceProblems } from './use-choice-problems.ts';

interface ProblemsTabProps {
  problems: ChoiceProblems;
  /** The changed file that a problem is in, where one is. */
  fileOf: (problem: DefinitionProblem) => string | null;
  onOpen: (path: string) => void;
}

/** What is wrong with what is chosen; each leads to its file. */
export function ProblemsTab({ problems, fileOf, onOpen }: ProblemsTabProps) {
  const { unreadable, found, error, retry } = problems;
  if (error !== null) return <ProblemCallout error={error} onRetry={retry} />;
  if (unreadable.length > 0) {
    return (
      <Card className="divide-y divide-line">
        {unreadable.map(({ path, line, message }) => (
          <button
            key={`${path}:${line}:${message}`}
            type="button"
            onClick={() => onOpen(path)}
            className="flex w-full items-start gap-2 px-4 py-2.5 text-left text-sm hover:bg-hover focus-visible:outline-offset-[-2px]"
          >
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-label="Error" />
            <span className="min-w-0 flex-1 text-soft">{message}</span>
            <code className="shrink-0 font-mono text-faint text-xs">
              {path}
              {line !== null && `:${line}`}
            </code>
          </button>
        ))}
      </Card>
    );
  }
  if (found === null) return <Skeleton className="h-24 w-full" />;
  if (found.length === 0) {
    return (
      <p className="flex items-center gap-2 text-sm text-soft">
        <CircleCheck className="size-4 text-completed" aria-hidden="true" /> No problems: what is chosen could be
        published.
      </p>
    );
  }
  return (
    <Card className="divide-y divide-line overflow-hidden">
      {found.map((problem) => (
        <Problem key={`${problem.path}:${problem.message}`} problem={problem} file={fileOf(problem)} onOpen={onOpen} />
      ))}
    </Card>
  );
}

interface ProblemProps {
  problem: DefinitionProblem;
  file: string | null;
  onOpen: (path: string) => void;
}

function Problem({ problem, file, onOpen }: ProblemProps) {
  const { severity, node_id, message } = problem;
  const content = (
    <>
      {severity === 'error' ? (
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-label="Error" />
      ) : (
        <TriangleAlert className="mt-0.5 size-4 shrink-0 text-waiting" aria-label="Warning" />
      )}
      <span className="min-w-0 flex-1">
        <span className="font-medium text-text">{node_id ?? 'The agent'}</span>{' '}
        <span className="text-soft">{message}</span>
      </span>
      {file !== null && <code className="shrink-0 font-mono text-faint text-xs max-sm:hidden">{file}</code>}
    </>
  );
  const className = 'flex w-full items-start gap-2 px-4 py-2.5 text-left text-sm';
  return file === null ? (
    <div className={className}>{content}</div>
  ) : (
    <button
      type="button"
      onClick={() => onOpen(file)}
      className={`${className} hover:bg-hover focus-visible:outline-offset-[-2px]`}
    >
      {content}
    </button>
  );
}
