import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { Input } from '@/components/ui/input.tsx';
import { useBuilderServices } from './builder-context.ts';
import { DRAGGED_TYPE } from './canvas/canvas.tsx';
import { catalog } from './node-catalog.ts';

interface PaletteProps {
  onAdd: (type: string) => void;
}

/** Every node type there is. A click adds it behind the selected node; it can be dragged to any place, or onto an edge. */
export function Palette({ onAdd }: PaletteProps) {
  const { readOnly } = useBuilderServices();
  const [search, setSearch] = useState('');
  const groups = useMemo(() => catalog(search), [search]);
  return (
    <aside aria-label="Nodes" className="flex w-56 shrink-0 flex-col border-line border-r bg-surface max-lg:hidden">
      <div className="relative border-line border-b p-2">
        <Search className="absolute top-4 left-4.5 size-4 text-faint" aria-hidden="true" />
        <Input
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            const [first] = groups[0]?.types ?? [];
            if (event.key === 'Enter' && first !== undefined && search !== '') onAdd(first.type);
          }}
          placeholder="Search nodes"
          aria-label="Search nodes"
          className="pl-8"
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {groups.length === 0 && <p className="px-2 py-6 text-center text-faint text-sm">No node fits “{search}”.</p>}
        {groups.map(({ title, types }) => (
          <section key={title} aria-label={title}>
            <h3 className="px-2 pt-3 pb-1 font-medium text-faint text-xs">{title}</h3>
            <ul>
              {types.map((type) => (
                <li key={type.type}>
                  <button
                    type="button"
                    disabled={readOnly}
                    draggable={!readOnly}
                    onDragStart={(event) => {
                      event.dataTransfer.setData(DRAGGED_TYPE, type.type);
                      event.dataTransfer.effectAllowed = 'copy';
                    }}
                    onClick={() => onAdd(type.type)}
                    title={type.description}
                    className="flex h-9 w-full items-center gap-2.5 rounded-md px-2 text-left text-sm text-text hover:bg-hover focus-visible:outline-offset-[-2px] disabled:opacity-50"
                  >
                    <NodeIcon type={type.type} className="size-6" />
                    <span className="truncate">{type.title}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </aside>
  );
}
