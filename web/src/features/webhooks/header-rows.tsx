import { useState } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { AddButton, RemoveButton, replaced, without } from '@/features/node-form/controls/rows.tsx';
import { sameJson } from '@/lib/same-json.ts';

type Headers = Readonly<Record<string, string>>;
type Row = readonly [name: string, value: string];

interface HeaderRowsProps {
  value: Headers;
  onChange: (headers: Record<string, string>) => void;
}

const headersOf = (rows: readonly Row[]) =>
  Object.fromEntries(rows.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value]));

/** Headers, a row each. A row without a name is kept on screen and left out of the value. */
export function HeaderRows({ value, onChange }: HeaderRowsProps) {
  const [typed, setTyped] = useState<readonly Row[]>(Object.entries(value));
  const rows = sameJson(headersOf(typed), { ...value }) ? typed : Object.entries(value);
  const set = (next: readonly Row[]) => {
    setTyped(next);
    onChange(headersOf(next));
  };
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its name changes as one types
        <div key={index} className="flex items-start gap-1.5">
          <Input
            aria-label={`Name of header ${index + 1}`}
            className="w-2/5 shrink-0 font-mono text-xs"
            placeholder="X-Environment"
            autoComplete="off"
            spellCheck={false}
            value={row[0]}
            onChange={(event) => set(replaced(rows, index, [event.target.value, row[1]]))}
          />
          <Input
            aria-label={`Value of header ${index + 1}`}
            className="min-w-0 flex-1 font-mono text-xs"
            autoComplete="off"
            spellCheck={false}
            value={row[1]}
            onChange={(event) => set(replaced(rows, index, [row[0], event.target.value]))}
          />
          <RemoveButton label={`Remove header ${index + 1}`} onClick={() => set(without(rows, index))} />
        </div>
      ))}
      <AddButton onClick={() => set([...rows, ['', '']])}>Add header</AddButton>
    </div>
  );
}
