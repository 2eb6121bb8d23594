import type { LineageNode } from '@agentflow/contracts';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatCount, formatDuration, formatUsd } from '@/lib/format.ts';
import { STATUS, TYPES } from './looks.ts';

export interface LineageNodeData extends Record<string, unknown> {
  readonly node: LineageNode;
  /** Whether edges end at it, and begin at it. */
  readonly reached: boolean;
  readonly reaches: boolean;
}
export type LineageFlowNode = Node<LineageNodeData, 'lineage'>;

export const LineageCard = memo(function LineageCard({
  data: { node, reached, reaches },
  selected,
}: NodeProps<LineageFlowNode>) {
  const look = TYPES[node.type];
  const status = STATUS[node.status];
  return (
    <div
      className={cn(
        'flex h-full items-center gap-2.5 rounded-lg border bg-surface px-2.5 shadow-card transition-[border-color,box-shadow] duration-100 dark:bg-raised',
        look.edge,
        selected && 'shadow-pop ring-2 ring-accent/60',
      )}
    >
      <span className={cn('relative flex size-9 shrink-0 items-center justify-center rounded-md', look.tile)}>
        <look.icon className="size-4.5" aria-hidden="true" />
        {node.count > 1 && (
          <span className="tabular absolute -top-1.5 -right-1.5 rounded-full border border-line bg-surface px-1 text-2xs text-soft leading-4 dark:bg-raised">
            ×{formatCount(node.count)}
          </span>
        )}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium text-sm text-text" title={node.name}>
          {node.name}
        </span>
        <span className="tabular flex items-center gap-1 truncate text-2xs text-faint">
          <StatusIcon status={status} className="size-3" />
          <span className="truncate">
            {node.duration_ms === null
              ? statusWord(status)
              : `${statusWord(status)} · ${formatDuration(node.duration_ms)}`}
          </span>
        </span>
        <span className="tabular block truncate text-2xs text-faint">
          {node.cost_usd > 0 ? `${look.word} · ${formatUsd(node.cost_usd)}` : look.word}
        </span>
      </span>
      {/* Edges need both; one that has none is not seen. */}
      <Handle
        type="target"
        position={Position.Left}
        isConnectable={false}
        className={cn('lineage-handle', !reached && 'invisible')}
      />
      <Handle
        type="source"
        position={Position.Right}
        isConnectable={false}
        className={cn('lineage-handle', !reaches && 'invisible')}
      />
    </div>
  );
});
