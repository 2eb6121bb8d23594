import type { JsonValue } from '@agentflow/contracts';
import { useId } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { ExpressionInput } from '../expressions/expression-input.tsx';
import { useDraft } from '../use-draft.ts';
import { AddButton, RemoveButton, replaced, without } from './rows.tsx';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

interface KeyValueRowsProps {
  rows: readonly KeyValue[];
  onChange: (rows: readonly KeyValue[]) => void;
  /** What one row is, as in `header`. */
  noun: string;
  keyPlaceholder: string;
  /** Names to choose from while typing one. */
  keys?: readonly string[];
}

/** Names and values, a row each; values take `{{…}}`. */
export function KeyValueRows({ rows, onChange, noun, keyPlaceholder, keys = [] }: KeyValueRowsProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => {
        const name = row.key === '' ? `${noun} ${index + 1}` : row.key;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its name changes as one types
          <div key={index} className="flex items-start gap-1.5">
            <Input
              aria-label={`Name of ${noun} ${index + 1}`}
              className="w-2/5 shrink-0 font-mono text-xs"
              placeholder={keyPlaceholder}
              autoComplete="off"
              spellCheck={false}
              list={keys.length === 0 ? undefined : `${id}-keys`}
              value={row.key}
              onChange={(event) => onChange(replaced(rows, index, { ...row, key: event.target.value }))}
            />
            <div className="min-w-0 flex-1">
              <ExpressionInput
                kind="template"
                compact
                label={`Value of ${name}`}
                control={{ id: `${id}-${index}`, labelId: '', invalid: false, describedBy: undefined }}
                value={row.value}
                onChange={(value) => onChange(replaced(rows, index, { ...row, value }))}
              />
            </div>
            <RemoveButton label={`Remove ${name}`} onClick={() => onChange(without(rows, index))} />
          </div>
        );
      })}
      {keys.length > 0 && (
        <datalist id={`${id}-keys`}>
          {keys.map((key) => (
            <option key={key} value={key} />
          ))}
        </datalist>
      )}
      <AddButton onClick={() => onChange([...rows, { key: '', value: '' }])}>{`Add ${noun}`}</AddButton>
    </div>
  );
}

type TextMap = { [key: string]: string };

interface KeyValueFieldProps {
  value: TextMap | undefined;
  onChange: (value: TextMap | undefined) => void;
}

const HEADERS = [
  'Accept',
  'Authorization',
  'Cache-Control',
  'Content-Type',
  'If-None-Match',
  'User-Agent',
  'X-API-Key',
];

/** An object of texts as rows. Rows without a name are kept on screen and left out of the value. */
export function KeyValueField({ value, onChange }: KeyValueFieldProps) {
  const [rows, setRows] = useDraft<readonly KeyValue[], TextMap | undefined>({
    value,
    onChange,
    show: (map) => Object.entries(map ?? {}).map(([key, text]) => ({ key, value: text })),
    read: (draft) => {
      const named = draft.filter(({ key }) => key.trim() !== '');
      return {
        value: named.length === 0 ? undefined : Object.fromEntries(named.map((row) => [row.key.trim(), row.value])),
      };
    },
  });
  return <KeyValueRows rows={rows} onChange={setRows} noun="header" keyPlaceholder="Content-Type" keys={HEADERS} />;
}

/** Whether a value is an object of texts, which rows can show. */
export function isTextMap(value: JsonValue | undefined): value is TextMap | undefined {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === 'string');
}
