import type { JsonValue } from '@agentflow/contracts';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import {
  choicesOf,
  descriptionOf,
  ROW_TYPES,
  type RowType,
  rowsOf,
  type SchemaRow,
  typeOf,
  withChoices,
  withDescription,
  withRows,
  withType,
} from '../schema-rows.ts';
import { useDraft } from '../use-draft.ts';
import { AddButton, RemoveButton, replaced, without } from './rows.tsx';
import { TextRows } from './text-rows.tsx';

interface SchemaEditorProps {
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
  /** Whether no fields at all mean no schema. */
  optional: boolean;
}

const TYPES = Object.entries(ROW_TYPES).map(([value, label]) => ({ value, label }));
const NEW_ROW: SchemaRow = { name: '', required: false, schema: { type: 'string' } };

/** The fields of an object schema, a row each. */
export function SchemaEditor({ value, onChange, optional }: SchemaEditorProps) {
  const [rows, setRows] = useDraft<readonly SchemaRow[], JsonValue | undefined>({
    value,
    onChange,
    show: (schema) => rowsOf(schema) ?? [],
    read: (draft) => {
      const isNothing = optional && draft.length === 0;
      if (value === undefined && draft.every(({ name }) => name === '')) return { value };
      return { value: isNothing ? undefined : withRows(value, draft) };
    },
  });
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        <SchemaField
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its name changes as one types
          key={index}
          row={row}
          place={index + 1}
          isTwice={row.name !== '' && rows.some((other, at) => at !== index && other.name === row.name)}
          onChange={(next) => setRows(replaced(rows, index, next))}
          onRemove={() => setRows(without(rows, index))}
        />
      ))}
      <AddButton onClick={() => setRows([...rows, NEW_ROW])}>Add field</AddButton>
    </div>
  );
}

interface SchemaFieldProps {
  row: SchemaRow;
  place: number;
  isTwice: boolean;
  onChange: (row: SchemaRow) => void;
  onRemove: () => void;
}

function SchemaField({ row, place, isTwice, onChange, onRemove }: SchemaFieldProps) {
  const called = row.name === '' ? `field ${place}` : row.name;
  const type = typeOf(row);
  return (
    <div className="flex flex-col gap-1.5 rounded-lg border border-line bg-surface p-2">
      <div className="flex items-center gap-1.5">
        <Input
          aria-label={`Name of field ${place}`}
          aria-invalid={isTwice}
          className="min-w-0 flex-1 font-mono text-xs"
          placeholder="order_number"
          autoComplete="off"
          spellCheck={false}
          value={row.name}
          onChange={(event) => onChange({ ...row, name: event.target.value })}
        />
        <Select
          label={`Type of ${called}`}
          value={type}
          options={TYPES}
          onValueChange={(next) => next !== type && onChange(withType(row, next as RowType))}
          className="w-32 shrink-0 text-xs"
        />
        <RemoveButton label={`Remove ${called}`} onClick={onRemove} />
      </div>
      {isTwice && <p className="text-failed text-xs">Another field has this name: only the last of them is kept.</p>}
      <Input
        aria-label={`Description of ${called}`}
        placeholder="What it means"
        autoComplete="off"
        value={descriptionOf(row)}
        onChange={(event) => onChange(withDescription(row, event.target.value))}
      />
      {type === 'choice' && (
        <TextRows
          noun="choice"
          value={choicesOf(row)}
          onChange={(choices) => onChange(withChoices(row, choices ?? []))}
        />
      )}
      {type === 'other' && <p className="text-faint text-xs">More of its schema than shows here: see it as JSON.</p>}
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is a button, which labels take */}
      <label className="flex items-center gap-2 self-start text-soft text-xs">
        <Checkbox
          checked={row.required}
          aria-label={`${called} is required`}
          onCheckedChange={(checked) => onChange({ ...row, required: checked === true })}
        />
        Required
      </label>
    </div>
  );
}
