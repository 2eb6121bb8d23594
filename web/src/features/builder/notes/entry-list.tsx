import { Ellipsis, type LucideIcon, PencilLine, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { cn } from '@/lib/class-names.ts';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import {
  type EntryKind,
  entriesOf,
  freeName,
  isFull,
  nameProblem,
  renamedEntry,
  withEntry,
  withoutEntry,
} from './entries.ts';
import { NameDialog } from './name-dialog.tsx';

interface EntryListProps {
  kind: EntryKind;
  /** What one of them is, in lower case. */
  noun: string;
  icon: LucideIcon;
  selected: string | undefined;
  onSelect: (name: string | undefined) => void;
  /** Puts a new one into the draft. */
  onAdd: (name: string) => void;
  /** In place of the icon, and behind the name. */
  iconOf?: (name: string) => ReactNode;
  head?: ReactNode;
}

/** The notes or the tests of the draft, to choose, add, rename and delete. */
export function EntryList(props: EntryListProps) {
  const { kind, noun, icon: Icon, selected, onSelect, onAdd, iconOf, head } = props;
  const { store, readOnly } = useBuilderServices();
  const entries = entriesOf(
    useBuilder((builder) => builder.definition),
    kind,
  );
  const [naming, setNaming] = useState<{ from: string | null } | null>(null);
  const change = (next: ReturnType<typeof withoutEntry>) => store.getState().change(next);
  const remove = (name: string) => {
    const value = entries[name] ?? '';
    change(withoutEntry(store.getState().definition, kind, name));
    if (selected === name) onSelect(undefined);
    // Other changes may have come since: they stay.
    const bringBack = () => change(withEntry(store.getState().definition, kind, name, value));
    toast.success(`“${name}” is deleted`, { action: { label: 'Undo', onClick: bringBack } });
  };
  return (
    <div className="flex shrink-0 flex-col border-line bg-surface max-md:max-h-56 max-md:border-b md:w-64 md:border-r">
      <div className="flex min-h-11 flex-wrap items-center gap-1.5 border-line border-b px-2 py-1.5">
        {!readOnly && (
          <Button size="sm" disabled={isFull(entries)} onClick={() => setNaming({ from: null })}>
            <Plus aria-hidden="true" /> New {noun}
          </Button>
        )}
        {head}
      </div>
      <ul className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {Object.keys(entries).map((name) => (
          <li key={name} className="group/entry relative">
            <button
              type="button"
              aria-current={name === selected}
              onClick={() => onSelect(name)}
              className={cn(
                'flex h-8 w-full items-center gap-2 rounded-md pr-9 pl-2 text-left text-sm hover:bg-hover',
                name === selected ? 'bg-accent-soft text-text hover:bg-accent-soft' : 'text-soft',
              )}
            >
              {iconOf?.(name) ?? <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />}
              <span className="truncate">{name}</span>
            </button>
            {!readOnly && (
              <DropdownMenu>
                <DropdownMenuTrigger asChild>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`More for ${name}`}
                    className="absolute top-0.5 right-0.5 md:opacity-0 md:focus-visible:opacity-100 md:group-hover/entry:opacity-100 md:data-[state=open]:opacity-100"
                  >
                    <Ellipsis aria-hidden="true" />
                  </Button>
                </DropdownMenuTrigger>
                <DropdownMenuContent align="end">
                  <DropdownMenuItem onSelect={() => setNaming({ from: name })}>
                    <PencilLine aria-hidden="true" /> Rename…
                  </DropdownMenuItem>
                  <DropdownMenuItem onSelect={() => remove(name)}>
                    <Trash2 aria-hidden="true" /> Delete
                  </DropdownMenuItem>
                </DropdownMenuContent>
              </DropdownMenu>
            )}
          </li>
        ))}
      </ul>
      {naming !== null && (
        <NameDialog
          title={naming.from === null ? `New ${noun}` : `Rename ${naming.from}`}
          act={naming.from === null ? `Add ${noun}` : 'Rename'}
          initial={naming.from ?? freeName(noun, entries)}
          help="Letters, digits, _ and -"
          problemOf={(name) => nameProblem(name, naming.from === null ? entries : omit(entries, naming.from))}
          onName={(name) => {
            if (naming.from === null) onAdd(name);
            else change(renamedEntry(store.getState().definition, kind, naming.from, name));
            onSelect(name);
          }}
          onClose={() => setNaming(null)}
        />
      )}
    </div>
  );
}

function omit<T>(entries: Readonly<Record<string, T>>, name: string): Record<string, T> {
  const { [name]: _, ...rest } = entries;
  return rest;
}
