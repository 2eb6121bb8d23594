import type { JsonValue } from '@agentflow/contracts';
import { useState } from 'react';
import { ExpressionInput } from '../expressions/expression-input.tsx';
import type { ControlIds } from '../field-frame.tsx';
import { useDraft } from '../use-draft.ts';
import { Segments } from './segments.tsx';

interface JsonInputProps {
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
  control: ControlIds;
  label?: string;
  minLines?: number;
  placeholder?: string | undefined;
  compact?: boolean;
}

function readJson(text: string): { value: JsonValue | undefined } | null {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return null;
  }
}

/** Any JSON value as JSON. Text that is no JSON yet stays on screen, and the value as it was. */
export function JsonInput({ value, onChange, control, minLines = 3, ...rest }: JsonInputProps) {
  const [text, setText] = useDraft<string, JsonValue | undefined>({
    value,
    onChange,
    show: (json) => (json === undefined ? '' : JSON.stringify(json, null, 2)),
    read: readJson,
  });
  return (
    <ExpressionInput
      {...rest}
      kind="json"
      multiline
      minLines={minLines}
      value={text}
      onChange={setText}
      control={control}
    />
  );
}

export type TextOrJson = 'text' | 'json';

/** Which way a value is edited: as it was chosen, or as the value asks for. */
export function useTextOrJson(value: JsonValue | undefined, first: TextOrJson) {
  const [picked, pick] = useState<TextOrJson | null>(null);
  const isText = typeof value === 'string';
  const mode: TextOrJson = value === undefined ? (picked ?? first) : isText ? (picked ?? 'text') : 'json';
  return [mode, pick] as const;
}

interface TextOrJsonSwitchProps {
  label: string;
  mode: TextOrJson;
  value: JsonValue | undefined;
  onPick: (mode: TextOrJson) => void;
  onChange: (value: JsonValue | undefined) => void;
}

/** Switches between a text with `{{…}}` and JSON; what stands there is carried over. */
export function TextOrJsonSwitch({ label, mode, value, onPick, onChange }: TextOrJsonSwitchProps) {
  return (
    <Segments
      label={`${label} as`}
      value={mode}
      options={[
        { value: 'text', label: 'Text' },
        { value: 'json', label: 'JSON' },
      ]}
      onChange={(next) => {
        if (next === mode) return;
        onPick(next);
        if (value === undefined) return;
        if (next === 'text') onChange(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
        else if (typeof value === 'string') onChange((readJson(value) ?? { value }).value);
      }}
    />
  );
}

interface FreeValueProps extends JsonInputProps {
  mode: TextOrJson;
  multiline: boolean;
}

export function FreeValue({ mode, multiline, value, onChange, ...rest }: FreeValueProps) {
  if (mode === 'json') return <JsonInput {...rest} value={value} onChange={onChange} />;
  return (
    <ExpressionInput
      {...rest}
      kind="template"
      multiline={multiline}
      {...(multiline ? { minLines: 2 } : {})}
      value={typeof value === 'string' ? value : ''}
      onChange={(text) => onChange(text === '' ? undefined : text)}
    />
  );
}
