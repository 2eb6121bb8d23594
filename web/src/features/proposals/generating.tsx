import type { Proposal } from '@agentflow/contracts';
import { useEffect, useRef } from 'react';
import { Plan } from '@/components/plan.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { LiveDot } from '@/features/executions/live-dot.tsx';
import { ChangedFiles } from './changed-files.tsx';
import { ThreadComposer } from './thread-composer.tsx';
import { Transcript } from './transcript.tsx';
import type { Thread } from './use-thread.ts';

const NEAR_PX = 80;

/** Keeps the end in sight while somebody reads at the end. */
function useFollowedEnd(signal: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there is more to see
  useEffect(() => {
    if (atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [signal]);
  return {
    box,
    onScroll: () => {
      const element = box.current;
      if (element === null) return;
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    },
  };
}

/** A refinement at work: what it says and does, its plan, and what has changed so far. */
export function Generating({ proposal, thread, maySteer }: { proposal: Proposal; thread: Thread; maySteer: boolean }) {
  const { state, connection, heardAt } = thread;
  const { box, onScroll } = useFollowedEnd(state.entries);
  const todos = state.todos.length > 0 ? state.todos : proposal.todos;
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <Card aria-label="Refinement" className="flex min-w-0 flex-col overflow-hidden">
        <CardHeader title="What it does">
          <LiveDot connection={connection} heardAt={heardAt} />
        </CardHeader>
        <div
          ref={box}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label="What it does"
          className="min-h-72 flex-1 overflow-y-auto p-4 focus-visible:outline-offset-[-2px] lg:max-h-[calc(100dvh-24rem)]"
        >
          {state.entries.length === 0 ? (
            <NothingSaid connection={connection} />
          ) : (
            <Transcript entries={state.entries} />
          )}
          {state.ended && (
            <p role="status" className="mt-3 text-soft text-sm">
              It has ended. The result is being stored…
            </p>
          )}
        </div>
        {maySteer && !state.ended && <ThreadComposer thread={thread} />}
      </Card>
      <aside aria-label="Progress" className="flex min-w-0 flex-col gap-4 max-lg:order-first">
        <Card aria-label="Plan">
          <CardHeader title="Plan" />
          <div className="p-4">
            {todos.length === 0 ? <p className="text-faint text-sm">No plan yet.</p> : <Plan todos={todos} />}
          </div>
        </Card>
        <Card aria-label="Files">
          <CardHeader title="Files" />
          <div className="p-4">
            <ChangedFiles base={proposal.base_files} files={state.files} />
          </div>
        </Card>
      </aside>
    </div>
  );
}

function NothingSaid({ connection }: Pick<Thread, 'connection'>) {
  if (connection === 'ended') {
    return (
      <p className="text-sm text-soft">
        What happens can’t be followed live. The page shows the result when it is there.
      </p>
    );
  }
  return (
    <div aria-hidden="true" className="flex flex-col gap-3">
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-4 w-1/2" />
      <Skeleton className="h-4 w-3/5" />
    </div>
  );
}
