import type { AgentDefinition } from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { lazy, Suspense, useMemo, useState } from 'react';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { ChangeList, NO_DIFFERENCES, summarizeChanges } from './change-list.tsx';
import { type Changes, diffGraph } from './diff-graph.ts';

const DefinitionGraph = lazy(() => import('./definition-graph.tsx'));

interface ChangesViewProps {
  from: AgentDefinition;
  to: AgentDefinition;
  /** What the sides are called, as in `Against version 3`. */
  title: string;
  /** What is shown first. */
  first?: 'list' | 'graph';
}

/** What differs, as a list side by side or drawn on the graph. */
export function ChangesView({ from, to, title, first = 'list' }: ChangesViewProps) {
  const changes = useMemo(() => diffDefinitions(from, to), [from, to]);
  const [view, setView] = useState(first);
  const summary = summarizeChanges(changes);
  if (summary === NO_DIFFERENCES) {
    return <p className="text-sm text-soft">{title}: nothing differs.</p>;
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 text-sm text-soft">
          {title}: {summary}.
        </p>
        <Segments
          label="Show changes"
          value={view}
          onChange={setView}
          options={[
            { value: 'list', label: 'List' },
            { value: 'graph', label: 'Graph' },
          ]}
        />
      </div>
      {view === 'list' ? (
        <ChangeList changes={changes} />
      ) : (
        <ChangesOnGraph from={from} to={to} changes={changes} tall={first === 'graph'} />
      )}
    </div>
  );
}

interface ChangesOnGraphProps {
  from: AgentDefinition;
  to: AgentDefinition;
  changes: Changes;
  tall: boolean;
}

function ChangesOnGraph({ from, to, changes, tall }: ChangesOnGraphProps) {
  const height = tall ? 'h-[30rem]' : 'h-80';
  const graph = useMemo(() => diffGraph(from, to, changes), [from, to, changes]);
  const [selected, setSelected] = useState<string | null>(null);
  return (
    <>
      <Suspense fallback={<Skeleton className={`${height} w-full`} />}>
        <DefinitionGraph
          graph={graph}
          label={`Both sides drawn as one graph: ${summarizeChanges(changes)}. The list tells the same in words.`}
          selected={selected}
          onSelect={setSelected}
          className={height}
        />
      </Suspense>
      {selected === null ? (
        <p className="text-faint text-xs">Click a node to see what differs in it.</p>
      ) : (
        <ChangeList changes={changes} node={selected} />
      )}
    </>
  );
}
