import type { AgentDefinition } from '@agentflow/contracts';
import { ChevronRight } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { cn } from '@/lib/class-names.ts';
import type { ShownStep } from './live-execution.ts';
import { nodeMarks, stepOfNode } from './node-marks.ts';

const GraphView = lazy(() => import('@/features/graph-view/graph-view.tsx'));
const OPEN_KEY = 'agentflow.run-graph';

function useOpen(): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(() => {
    try {
      const stored = localStorage.getItem(OPEN_KEY);
      return stored === null ? matchMedia('(min-width: 40rem)').matches : stored === 'open';
    } catch {
      return true;
    }
  });
  const change = (next: boolean) => {
    try {
      localStorage.setItem(OPEN_KEY, next ? 'open' : 'closed');
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
    setOpen(next);
  };
  return [open, change];
}

interface RunGraphProps {
  /** Undefined until it is read: its place is kept. */
  definition: AgentDefinition | undefined;
  steps: readonly ShownStep[];
  selectedNode: string | undefined;
  onSelect: (stepId: string) => void;
}

/** The same run on the graph that it runs, folded away by whoever does not want it. */
export function RunGraph({ definition, steps, selectedNode, onSelect }: RunGraphProps) {
  const [open, setOpen] = useOpen();
  const marks = useMemo(() => nodeMarks(steps), [steps]);
  return (
    <Card className="mb-4 overflow-hidden">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className={cn(
            'flex w-full items-center gap-1.5 px-4 py-2.5 text-left font-semibold focus-visible:outline-offset-[-2px]',
            open && 'border-line border-b',
          )}
        >
          <ChevronRight
            aria-hidden="true"
            className={cn('size-4 text-faint transition-transform duration-100', open && 'rotate-90')}
          />
          Graph
          {definition !== undefined && (
            <span className="ml-auto font-normal text-faint text-xs">{definition.nodes.length} nodes</span>
          )}
        </button>
      </h2>
      {open && (
        <div className="h-72 sm:h-80">
          {definition === undefined ? (
            <Skeleton className="size-full rounded-none" />
          ) : (
            <Suspense fallback={<Skeleton className="size-full rounded-none" />}>
              <GraphView
                label="The run on its graph"
                definition={definition}
                marks={marks}
                selected={selectedNode}
                onSelect={(node) => {
                  const step = stepOfNode(steps, node);
                  if (step !== undefined) onSelect(step);
                }}
              />
            </Suspense>
          )}
        </div>
      )}
    </Card>
  );
}
