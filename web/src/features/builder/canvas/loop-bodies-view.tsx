import type { AgentDefinition } from '@agentflow/contracts';
import { ViewportPortal } from '@xyflow/react';
import { Repeat } from 'lucide-react';
import { useRuns } from '../builder-context.ts';
import { nodeAt } from '../draft/keys.ts';
import { loopBodies } from '../draft/loop-bodies.ts';
import { GRID, nodeLabel } from '../draft/node-facts.ts';
import type { FlowNode } from './flow-elements.ts';

const HEAD = 28;

/** A frame around what runs in the rounds of each loop, wherever its nodes stand now. */
export function LoopBodiesView({ definition, nodes }: { definition: AgentDefinition; nodes: readonly FlowNode[] }) {
  const bodies = loopBodies(definition);
  if (bodies.length === 0) return null;
  const shown = new Map(nodes.map((node) => [node.id, node]));
  const deepest = Math.max(...bodies.map(({ depth }) => depth));
  return (
    <ViewportPortal>
      {bodies.map(({ loop, nodes: inside, depth }) => {
        const boxes = [...inside].flatMap((key) => {
          const node = shown.get(key);
          return node === undefined ? [] : [{ ...node.position, width: node.width ?? 0, height: node.height ?? 0 }];
        });
        const node = nodeAt(definition, loop);
        if (boxes.length === 0 || node === undefined) return null;
        // Frames within frames keep apart.
        const padding = GRID + (deepest - depth) * GRID;
        const left = Math.min(...boxes.map((box) => box.x)) - padding;
        const top = Math.min(...boxes.map((box) => box.y)) - padding - HEAD;
        const right = Math.max(...boxes.map((box) => box.x + box.width)) + padding;
        const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + padding;
        return (
          <div
            key={loop}
            className="pointer-events-none absolute rounded-xl border border-accent/40 border-dashed bg-accent-soft/40"
            style={{
              transform: `translate(${left}px, ${top}px)`,
              width: right - left,
              height: bottom - top,
              zIndex: -10 + depth,
            }}
          >
            <span className="flex h-7 items-center gap-1.5 px-2.5 font-medium text-2xs text-accent-text">
              <Repeat className="size-3 shrink-0" aria-hidden="true" />
              <span className="truncate">Each round of {nodeLabel(node)}</span>
              <Rounds loop={node.id} />
            </span>
          </div>
        );
      })}
    </ViewportPortal>
  );
}

/** How many rounds of a loop have been, and how many are at work. */
function Rounds({ loop }: { loop: string }) {
  const rounds = useRuns((run) => run.nodes.get(loop)?.rounds ?? null);
  if (rounds === null) return null;
  return (
    <span className="tabular shrink-0 rounded-full bg-surface px-1.5 text-soft dark:bg-raised">
      {rounds.ended} done{rounds.open > 0 && `, ${rounds.open} running`}
    </span>
  );
}
