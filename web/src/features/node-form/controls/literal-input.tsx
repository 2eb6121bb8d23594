import type { JsonValue } from '@agentflow/contracts';
import { Select } from '@/components/ui/select.tsx';
import { ExpressionInput } from '../expressions/expression-input.tsx';
import { JsonInput } from './json-value.tsx';
import { NumberInput } from './number-input.tsx';

type Kind = 'text' | 'number' | 'boolean' | 'json';

const KINDS: readonly { value: Kind; label: string }[] = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'json', label: 'JSON' },
];

function kindOf(value: JsonValue | undefined): Kind {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return value === undefined || typeof value === 'string' ? 'text' : 'json';
}

/** The value as another kind has it: its nearest, else a plain start. */
function asKind(value: JsonValue | undefined, kind: Kind): JsonValue {
  switch (kind) {
    case 'text':
      return value === undefined || value === null
        ? ''
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
    case 'number':
      return Number.isFinite(Number(value)) ? Number(value) : 0;
    case 'boolean':
      return value === true || value === 'true';
    default:
      return value === undefined || value === '' ? null : Array.isArray(value) ? value : [value];
  }
}

interface LiteralInputProps {
  id: string;
  label: string;
  value: JsonValue | undefined;
  onChange: (value: JsonValue) => void;
  placeholder?: string;
}

/** A value to compare with, of a kind that is chosen beside it. Text takes `{{…}}`. */
export function LiteralInput({ id, label, value, onChange, placeholder }: LiteralInputProps) {
  const kind = kindOf(value);
  const control = { id, labelId: '', invalid: false, describedBy: undefined };
  return (
    <div className="flex items-start gap-1.5">
      <div className="min-w-0 flex-1">
        {kind === 'number' ? (
          <NumberInput
            label={label}
            control={control}
            value={value as number}
            min={Number.MIN_SAFE_INTEGER}
            onChange={(number) => onChange(number ?? '')}
          />
        ) : kind === 'boolean' ? (
          <Select
            label={label}
            value={String(value)}
            options={[
              { value: 'true', label: 'true' },
              { value: 'false', label: 'false' },
            ]}
            onValueChange={(next) => onChange(next === 'true')}
            className="w-full"
          />
        ) : kind === 'json' ? (
          <JsonInput
            label={label}
            control={control}
            value={value}
            minLines={1}
            compact
            onChange={(json) => onChange(json ?? '')}
          />
        ) : (
          <ExpressionInput
            kind="template"
            compact
            label={label}
            control={control}
            placeholder={placeholder}
            value={typeof value === 'string' ? value : ''}
            onChange={onChange}
          />
        )}
      </div>
      <Select
        label={`Kind of ${label}`}
        value={kind}
        options={KINDS}
        onValueChange={(next) => onChange(asKind(value, next as Kind))}
        className="w-24 shrink-0 text-xs"
      />
    </div>
  );
}
