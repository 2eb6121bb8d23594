import { type NodeCategory, nodeType } from '@agentflow/contracts';
import { Handle, type NodeProps, Position, useUpdateNodeInternals } from '@xyflow/react';
import { CircleAlert, Pin, Plus, TriangleAlert } from 'lucide-react';
import { memo, useContext, useEffect, useRef } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { cn } from '@/lib/class-names.ts';
import { useBuilderServices } from '../builder-context.ts';
import type { Exit } from '../draft/exits.ts';
import { EXIT_ROW, modelOf, nodeKind, nodeLabel } from '../draft/node-facts.ts';
import { DetailContext } from './detail.ts';
import type { FlowNode } from './flow-elements.ts';
import { RUN_BORDERS, RunBadge } from './run-badge.tsx';

/** Categories are told apart by shape: colour means status and nothing else. */
const TILES: Record<NodeCategory, string> = {
  trigger: 'rounded-full bg-accent! text-on-accent! border-transparent!',
  ai: 'rounded-md bg-accent-soft! text-accent-text! border-transparent!',
  action: 'rounded-md',
  agent: 'rounded-md border-double!',
  logic:
    'rotate-45 rounded-[5px] size-6.5! border-field-line! bg-surface! dark:bg-raised! text-text [&>svg]:-rotate-45 [&>svg]:size-3.5!',
  human: 'rounded-full',
};

const CARDS: Record<NodeCategory, string> = {
  trigger: 'rounded-l-[28px] rounded-r-lg',
  ai: 'rounded-lg',
  action: 'rounded-lg',
  agent: 'rounded-lg',
  logic: 'rounded-lg bg-sunken dark:bg-surface border-dashed',
  human: 'rounded-[20px]',
};

export const BuilderNode = memo(function BuilderNode({ id, data, selected }: NodeProps<FlowNode>) {
  const { node, exits, taken, hasEntry, errors, warnings, run, pinned } = data;
  const detailed = useContext(DetailContext);
  const refresh = useUpdateNodeInternals();
  const shape = `${hasEntry} ${exits.map(({ handle }) => handle).join(' ')}`;
  const measured = useRef(shape);
  useEffect(() => {
    // Exits with other names are measured anew; the first time the canvas does it for all nodes at once.
    if (measured.current === shape) return;
    measured.current = shape;
    refresh(id);
  }, [refresh, id, shape]);
  const type = nodeType(node.type);
  const category = type?.category ?? 'action';
  const model = modelOf(node);
  const takenExits = taken === '' ? [] : taken.split(' ');
  const isTaken = (exit: Exit) => takenExits.includes(exit.handle);
  const [only] = exits;
  return (
    <div
      className={cn(
        'builder-card group/node flex h-full flex-col border bg-surface shadow-card transition-[border-color,box-shadow] duration-100 dark:bg-raised',
        CARDS[category],
        errors > 0 ? 'border-failed-solid/60' : 'border-line-strong hover:border-field-line',
        run !== null && RUN_BORDERS[run.status],
        selected && 'border-accent! shadow-pop ring-2 ring-accent/30',
      )}
      data-look={errors > 0 && run === null ? 'failed' : run?.status}
    >
      <div className="flex h-[54px] shrink-0 items-center gap-2.5 px-3">
        {!detailed ? null : type === undefined ? (
          <span className="flex size-8 shrink-0 items-center justify-center rounded-md border border-failed-solid/50 border-dashed text-failed">
            ?
          </span>
        ) : (
          <span className="flex size-8 shrink-0 items-center justify-center">
            <NodeIcon type={node.type} className={cn('size-8 dark:bg-hover [&>svg]:size-4', TILES[category])} />
          </span>
        )}
        {detailed && (
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium text-sm text-text">{nodeLabel(node)}</span>
            <span className="block truncate text-2xs text-faint">
              {type === undefined ? `${node.type} · unknown type` : nodeKind(node)}
            </span>
          </span>
        )}
      </div>
      {model !== null && (
        <div className="flex h-6 items-start px-3">
          {detailed && (
            <span
              className="truncate rounded-sm bg-sunken px-1.5 font-mono text-2xs text-soft dark:bg-hover"
              title={model}
            >
              {model}
            </span>
          )}
        </div>
      )}
      {exits.length > 1 && (
        <div className="border-line border-t py-[3px]">
          {exits.map((exit) => (
            <div key={exit.handle} className="relative flex items-center justify-end pr-4" style={{ height: EXIT_ROW }}>
              {detailed && (
                <span
                  className={cn(
                    'block truncate text-xs first-letter:uppercase',
                    exit.known ? 'text-soft' : 'text-failed',
                  )}
                >
                  {exit.title}
                </span>
              )}
              <ExitHandle node={id} exit={exit} taken={isTaken(exit)} name={nodeLabel(node)} />
            </div>
          ))}
        </div>
      )}
      {hasEntry && <Handle type="target" position={Position.Left} className="builder-entry" style={{ top: 28 }} />}
      {exits.length === 1 && only !== undefined && (
        <ExitHandle node={id} exit={only} taken={isTaken(only)} name={nodeLabel(node)} top={28} />
      )}
      {detailed && (run !== null || pinned) && (
        <span className="absolute -bottom-3 left-2.5 flex max-w-[12.5rem] gap-1">
          {run !== null && <RunBadge run={run} short={pinned} />}
          {pinned && (
            <span className="flex h-5 items-center gap-1 rounded-full border border-accent/50 bg-accent-soft px-1.5 font-medium text-2xs text-accent-text">
              <Pin className="size-3" aria-hidden="true" /> Pinned
            </span>
          )}
        </span>
      )}
      {detailed && errors + warnings > 0 && (
        <span
          className={cn(
            'absolute -top-2 -right-2 flex h-5 items-center gap-0.5 rounded-full border px-1.5 font-medium text-2xs shadow-card',
            errors > 0
              ? 'border-failed-solid/40 bg-failed-soft text-failed'
              : 'border-waiting-solid/50 bg-waiting-soft text-waiting',
          )}
        >
          {errors > 0 ? (
            <CircleAlert className="size-3" aria-hidden="true" />
          ) : (
            <TriangleAlert className="size-3" aria-hidden="true" />
          )}
          <span className="tabular">{errors > 0 ? errors : warnings}</span>
        </span>
      )}
    </div>
  );
});

interface ExitHandleProps {
  node: string;
  exit: Exit;
  taken: boolean;
  /** What the node is called. */
  name: string;
  top?: number;
}

/** Drag from it to connect; where it leads nowhere yet, its plus adds the next node. */
function ExitHandle({ node, exit, taken, name, top }: ExitHandleProps) {
  const { openAdd, readOnly } = useBuilderServices();
  const detailed = useContext(DetailContext);
  return (
    <Handle
      type="source"
      id={exit.handle}
      position={Position.Right}
      className={cn('builder-exit', !exit.known && 'builder-exit-unknown')}
      {...(top === undefined ? {} : { style: { top } })}
    >
      {detailed && !taken && exit.known && !readOnly && (
        <button
          type="button"
          tabIndex={-1}
          className="builder-next"
          aria-label={`Add after ${name}${exit.handle === 'out' ? '' : `, ${exit.title}`}`}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            openAdd({ anchor: { x: box.right, y: box.top }, link: { kind: 'after', node, exit: exit.handle } });
          }}
        >
          <Plus className="size-3" aria-hidden="true" />
        </button>
      )}
    </Handle>
  );
}
