import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';

export const COLUMNS = {
  execution: 'Execution',
  starter: 'Started by',
  duration: 'Duration',
  steps: 'Steps',
  tokens: 'Tokens',
  cost: 'Cost',
} as const;
export type Column = keyof typeof COLUMNS;

const KEY = 'agentflow.execution-columns';
const FIRST: readonly Column[] = ['execution', 'starter', 'duration', 'tokens', 'cost'];
const ALL = Object.keys(COLUMNS) as Column[];

/** The columns that this browser shows besides status, agent and time. */
export function useColumns(): [ReadonlySet<Column>, (column: Column, shown: boolean) => void] {
  const [columns, setColumns] = useState<ReadonlySet<Column>>(() => {
    try {
      const stored = localStorage.getItem(KEY);
      return new Set(stored === null ? FIRST : ALL.filter((column) => stored.split(',').includes(column)));
    } catch {
      return new Set(FIRST);
    }
  });
  const change = (column: Column, shown: boolean) => {
    const next = new Set(ALL.filter((each) => (each === column ? shown : columns.has(each))));
    try {
      localStorage.setItem(KEY, [...next].join(','));
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
    setColumns(next);
  };
  return [columns, change];
}

export function ColumnChoice({
  columns,
  onChange,
}: {
  columns: ReadonlySet<Column>;
  onChange: ReturnType<typeof useColumns>[1];
}) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button className="ml-auto max-md:hidden">
          <Columns3 aria-hidden="true" /> Columns
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        {ALL.map((column) => (
          <DropdownMenuCheckboxItem
            key={column}
            checked={columns.has(column)}
            onCheckedChange={(shown) => onChange(column, shown)}
            // Several are chosen in a row.
            onSelect={(event) => event.preventDefault()}
          >
            {COLUMNS[column]}
          </DropdownMenuCheckboxItem>
        ))}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
