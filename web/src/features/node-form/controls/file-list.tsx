import { FileText, Plus } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Input } from '@/components/ui/input.tsx';
import { formatCount } from '@/lib/format.ts';
import { ExpressionInput } from '../expressions/expression-input.tsx';
import { FieldFrame } from '../field-frame.tsx';
import { useDraft } from '../use-draft.ts';
import { ItemCard } from './item-card.tsx';
import { replaced, without } from './rows.tsx';

type Files = { [path: string]: string };

interface FileRow {
  readonly path: string;
  readonly content: string;
}

interface FileListProps {
  value: Files | undefined;
  /** Where the files stand in the node's config, dotted. */
  path: string;
  onChange: (value: Files | undefined) => void;
}

/** Files by path, a card each; contents take `{{…}}`. Files without a path are kept on screen and left out of the value. */
export function FileList({ value, path, onChange }: FileListProps) {
  const id = useId();
  const [opened, setOpened] = useState<number | null>(null);
  const [rows, setRows] = useDraft<readonly FileRow[], Files | undefined>({
    value,
    onChange,
    show: (files) => Object.entries(files ?? {}).map(([name, content]) => ({ path: name, content })),
    read: (draft) => {
      const named = draft.filter((row) => row.path.trim() !== '');
      return {
        value: named.length === 0 ? undefined : Object.fromEntries(named.map((row) => [row.path.trim(), row.content])),
      };
    },
  });
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => {
        const called = row.path === '' ? `file ${index + 1}` : row.path;
        return (
          <ItemCard
            // biome-ignore lint/suspicious/noArrayIndexKey: a file is its place, its path changes as one types
            key={index}
            icon={FileText}
            called={called}
            title={called}
            notes={
              <span className="tabular shrink-0 text-faint text-xs">{formatCount(row.content.length)} characters</span>
            }
            path={`${path}.${row.path}`}
            open={opened === index}
            onOpen={(open) => setOpened(open ? index : null)}
            onRemove={() => {
              setOpened(null);
              setRows(without(rows, index));
            }}
          >
            <FieldFrame label="Path">
              {(control) => (
                <Input
                  id={control.id}
                  className="font-mono text-xs"
                  placeholder="notes/plan.md"
                  autoComplete="off"
                  spellCheck={false}
                  value={row.path}
                  onChange={(event) => setRows(replaced(rows, index, { ...row, path: event.target.value }))}
                />
              )}
            </FieldFrame>
            <ExpressionInput
              kind="template"
              multiline
              minLines={4}
              label={`Content of ${called}`}
              control={{ id: `${id}-${index}`, labelId: '', invalid: false, describedBy: undefined }}
              value={row.content}
              onChange={(content) => setRows(replaced(rows, index, { ...row, content }))}
            />
          </ItemCard>
        );
      })}
      <Button
        size="sm"
        className="self-start"
        onClick={() => {
          setRows([...rows, { path: '', content: '' }]);
          setOpened(rows.length);
        }}
      >
        <Plus aria-hidden="true" /> Add file
      </Button>
    </div>
  );
}
