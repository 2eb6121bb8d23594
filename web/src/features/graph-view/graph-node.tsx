import { type NodeCategory, nodeType, type StepStatus } from '@agentflow/contracts';
import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { StatusIcon } from '@/components/status-badge.tsx';
import { EXIT_ROW, nodeKind, nodeLabel } from '@/features/builder/draft/node-facts.ts';
import { cn } from '@/lib/class-names.ts';
import type { GraphNode } from './graph-elements.ts';

const CARDS: Record<NodeCategory, string> = {
  trigger: 'rounded-l-[28px] rounded-r-lg',
  ai: 'rounded-lg',
  action: 'rounded-lg',
  agent: 'rounded-lg',
  logic: 'rounded-lg border-dashed',
  human: 'rounded-[20px]',
};

const BORDERS: Record<StepStatus, string> = {
  pending: 'border-line opacity-60',
  running: 'border-running-solid',
  waiting: 'border-waiting-solid',
  completed: 'border-completed-solid/60',
  failed: 'border-failed-solid',
  skipped: 'border-line opacity-60',
  cancelled: 'border-line-strong',
};

/** A node as it is, with what has become of it. */
export const GraphNodeCard = memo(function GraphNodeCard({ data, selected }: NodeProps<GraphNode>) {
  const { node, exits, hasEntry, mark } = data;
  const type = nodeType(node.type);
  return (
    <div
      className={cn(
        'flex h-full flex-col border bg-surface shadow-card transition-[border-color,box-shadow,opacity] duration-100 dark:bg-raised',
        CARDS[type?.category ?? 'action'],
        mark === null ? 'border-line-strong' : BORDERS[mark.status],
        selected && 'shadow-pop ring-2 ring-accent/50',
      )}
    >
      <div className="flex h-[54px] shrink-0 items-center gap-2.5 px-3">
        <NodeIcon type={node.type} className="size-8 dark:bg-hover [&>svg]:size-4" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium text-sm text-text">{nodeLabel(node)}</span>
          <span className="tabular block truncate text-2xs text-faint">
            {mark?.note ?? (type === undefined ? node.type : nodeKind(node))}
          </span>
        </span>
        {mark !== null && <StatusIcon status={mark.status} />}
      </div>
      {hasEntry && (
        <Handle
          type="target"
          position={Position.Left}
          isConnectable={false}
          className="graph-handle"
          style={{ top: 28 }}
        />
      )}
      {exits.map((exit, index) => (
        <Handle
          key={exit.handle}
          type="source"
          id={exit.handle}
          position={Position.Right}
          isConnectable={false}
          className="graph-handle"
          style={{ top: exits.length === 1 ? 28 : 54 + 4 + EXIT_ROW * (index + 0.5) }}
        />
      ))}
      {exits.length > 1 && (
        <div className="mt-auto border-line border-t py-[3px]">
          {exits.map((exit) => (
            <div key={exit.handle} className="flex items-center justify-end pr-3" style={{ height: EXIT_ROW }}>
              <span
                className={cn(
                  'truncate text-xs first-letter:uppercase',
                  mark?.exit === exit.handle ? 'font-medium text-text' : 'text-faint',
                )}
              >
                {exit.title}
              </span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
});
