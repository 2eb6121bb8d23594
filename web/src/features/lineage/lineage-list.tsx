import type { LineageGraph } from '@agentflow/contracts';
import { useMemo } from 'react';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { cn } from '@/lib/class-names.ts';
import { inReadingOrder } from './layout.ts';
import { callsInWords, figures, STATUS, TYPES } from './looks.ts';

interface LineageListProps {
  graph: LineageGraph;
  selected: string | undefined;
  onSelect: (nodeId: string) => void;
}

/** The same lineage as a list, each node under what reached it: for those who listen, and for narrow screens. */
export function LineageList({ graph, selected, onSelect }: LineageListProps) {
  const rows = useMemo(() => inReadingOrder(graph), [graph]);
  return (
    <ol aria-label="Lineage as a list" className="size-full overflow-y-auto bg-surface p-2">
      {rows.map(({ node, depth }) => {
        const look = TYPES[node.type];
        return (
          <li key={node.id} style={{ paddingLeft: `${Math.min(depth, 6) * 1.125}rem` }}>
            <button
              type="button"
              aria-pressed={node.id === selected}
              onClick={() => onSelect(node.id)}
              className={cn(
                'flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover focus-visible:outline-offset-[-2px]',
                node.id === selected && 'bg-accent-soft',
              )}
            >
              <span className="sr-only">Level {depth + 1}: </span>
              <span className={cn('flex size-7 shrink-0 items-center justify-center rounded-md', look.tile)}>
                <look.icon className="size-3.5" aria-hidden="true" />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium text-sm text-text">{node.name}</span>
                <span className="tabular block truncate text-faint text-xs">
                  {[look.word, callsInWords(node.count), figures(node)].filter((each) => each !== '').join(' · ')}
                </span>
              </span>
              <span className="flex shrink-0 items-center gap-1.5 text-soft text-xs">
                <StatusIcon status={STATUS[node.status]} />
                <span className="max-sm:sr-only">{statusWord(STATUS[node.status])}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
