import { useState } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { sameJson } from '@/lib/same-json.ts';

export type Scalar = string | number | boolean | null;

/** `5`, `true` and `null` are what JSON makes of them, and so is a quoted text; everything else is text. */
export function readScalar(text: string): Scalar {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Scalar;
  } catch {
    // Plain text.
  }
  return text;
}

/** A text that would be read as something else is quoted. */
export function showScalar(value: Scalar): string {
  return typeof value === 'string' && readScalar(value) === value ? value : JSON.stringify(value);
}

interface ScalarInputProps {
  value: Scalar;
  onChange: (value: Scalar) => void;
  label: string;
  invalid: boolean;
}

/** One value to compare with; beside it stands what it was read as. */
export function ScalarInput({ value, onChange, label, invalid }: ScalarInputProps) {
  const [text, setText] = useState(() => showScalar(value));
  const shown = readScalar(text) === value ? text : showScalar(value);
  return (
    <div className="relative">
      <Input
        aria-label={label}
        aria-invalid={invalid}
        value={shown}
        placeholder="100"
        autoComplete="off"
        className="pr-16"
        onChange={(event) => {
          setText(event.target.value);
          onChange(readScalar(event.target.value));
        }}
      />
      <span className="pointer-events-none absolute top-2 right-2.5 text-faint text-xs" aria-hidden="true">
        {value === null ? 'null' : value === '' ? '' : typeof value === 'string' ? 'text' : typeof value}
      </span>
    </div>
  );
}

interface ScalarListProps {
  value: readonly Scalar[];
  onChange: (value: Scalar[]) => void;
  label: string;
  invalid: boolean;
}

const readList = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(readScalar);

/** Several values with commas between them. */
export function ScalarList({ value, onChange, label, invalid }: ScalarListProps) {
  const [text, setText] = useState(() => value.map(showScalar).join(', '));
  const shown = sameJson(readList(text), [...value]) ? text : value.map(showScalar).join(', ');
  return (
    <Input
      aria-label={label}
      aria-invalid={invalid}
      value={shown}
      placeholder="DE, AT, CH"
      autoComplete="off"
      onChange={(event) => {
        setText(event.target.value);
        onChange(readList(event.target.value));
      }}
    />
  );
}
