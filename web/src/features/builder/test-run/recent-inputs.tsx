import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { executionQuery, executionsQuery } from '@/features/executions/queries.ts';
import { shortId } from '@/lib/format.ts';

/** As many as the API gives at once: tests among them are no real triggers, and left out. */
const READ = 100;
const SHOWN = 20;

/** The agent's last real executions, to begin a test with the input of one. */
export function RecentInputs({ agentId, onChoose }: { agentId: string; onChoose: (text: string) => void }) {
  const list = useQuery({ ...executionsQuery({ agent_id: agentId, limit: READ }), refetchInterval: false });
  const [chosen, setChosen] = useState<string | null>(null);
  const execution = useQuery({ ...executionQuery(chosen ?? ''), enabled: chosen !== null });
  const { data } = execution;
  const choose = useRef(onChoose);
  choose.current = onChoose;
  useEffect(() => {
    if (data !== undefined) choose.current(JSON.stringify(data.input, null, 2));
  }, [data]);
  if (list.error !== null && list.data === undefined) {
    return <ProblemCallout error={list.error} onRetry={() => void list.refetch()} />;
  }
  if (list.data === undefined) return <Skeleton className="h-40 w-full" />;
  const real = list.data.data.filter(({ mode }) => mode === 'live').slice(0, SHOWN);
  if (real.length === 0) {
    return (
      <p className="rounded-xl border border-line-strong border-dashed px-4 py-8 text-center text-sm text-soft">
        The agent has not run for real yet. Once it is published and has run, its inputs can be tried here.
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <fieldset className="max-h-52 overflow-y-auto rounded-lg border border-line">
        <legend className="sr-only">Execution whose input the test takes</legend>
        {real.map((each) => (
          <label
            key={each.id}
            className="flex cursor-pointer items-center gap-2.5 border-line px-3 py-2 text-sm hover:bg-hover has-checked:bg-accent-soft [&:not(:first-of-type)]:border-t"
          >
            <input
              type="radio"
              name="recent-execution"
              className="accent-accent"
              checked={chosen === each.id}
              onChange={() => setChosen(each.id)}
            />
            <StatusIcon status={each.status} />
            <span className="min-w-0 flex-1 truncate text-text">
              {statusWord(each.status)}
              <span className="ml-2 text-faint text-xs">by {each.triggered_by.name}</span>
            </span>
            <code className="font-mono text-2xs text-faint max-sm:hidden">{shortId(each.id)}</code>
            <span className="shrink-0 text-faint text-xs">
              <RelativeTime iso={each.created_at} />
            </span>
          </label>
        ))}
      </fieldset>
      {chosen === null ? (
        <p className="text-sm text-soft">Choose one: its input is shown here, and the test takes it.</p>
      ) : execution.error !== null && data === undefined ? (
        <ProblemCallout error={execution.error} onRetry={() => void execution.refetch()} />
      ) : data === undefined ? (
        <Skeleton className="h-24 w-full" />
      ) : (
        <JsonView value={data.input} path="trigger" label="input of the execution" compact />
      )}
    </div>
  );
}
