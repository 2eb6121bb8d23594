import type { TestDifference } from '@agentflow/engine';
import { Link } from '@tanstack/react-router';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { ValueDiff } from '@/features/publish/value-diff.tsx';
import { formatDuration, formatUsd } from '@/lib/format.ts';
import { useBuilder } from '../builder-context.ts';
import { ResultIcon, resultWord } from './result-icon.tsx';
import type { TestResult } from './test-results.ts';

/** How the last run of a test case went, and what was otherwise than expected. */
export function ResultView({ result }: { result: TestResult }) {
  const definition = useBuilder((builder) => builder.definition);
  if (result.kind === 'refused') return <ProblemCallout error={result.error} />;
  const execution = result.kind === 'starting' ? null : result.execution;
  return (
    <section aria-label="Last run" className="rounded-xl border border-line bg-surface shadow-card">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-3 py-2 text-sm">
        <ResultIcon result={result} />
        <span className="font-medium" role="status">
          {resultWord(result)}
        </span>
        {result.kind === 'ended' && (
          <span className="tabular text-faint text-xs">
            {execution?.duration_ms != null && formatDuration(execution.duration_ms)}
            {execution !== null && execution.cost_usd > 0 && ` · ${formatUsd(execution.cost_usd)}`}
          </span>
        )}
        {result.kind === 'ended' && result.of !== definition && (
          <span className="text-faint text-xs">The draft has changed since</span>
        )}
        {execution !== null && (
          <Link
            to="/dashboard/executions/$executionId"
            params={{ executionId: execution.id }}
            className="ml-auto rounded-sm text-accent-text hover:underline"
          >
            Open its execution
          </Link>
        )}
      </div>
      {result.kind === 'ended' && (
        <div className="flex flex-col gap-3 p-3">
          {result.execution.error !== null && (
            <p className="break-words text-failed text-sm">{result.execution.error.message}</p>
          )}
          {result.differences.map((difference) => (
            <Difference key={difference.path} difference={difference} />
          ))}
          {result.execution.output !== null && <JsonView value={result.execution.output} label="output" compact />}
        </div>
      )}
    </section>
  );
}

function Difference({ difference: { path, expected, actual } }: { difference: TestDifference }) {
  if (path === 'contains') {
    return (
      <p className="text-sm">
        The output does not contain <q className="font-medium">{String(expected)}</q>.
      </p>
    );
  }
  return (
    <div>
      <p className="mb-1 text-sm">
        <code className="font-mono text-xs">{path}</code> differs
      </p>
      <ValueDiff before={expected} after={actual} of="expectation" />
    </div>
  );
}
