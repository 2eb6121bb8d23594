import type { AgentDefinition, JsonValue } from '@agentflow/contracts';
import { useState } from 'react';
import { JsonEditor } from '@/components/json-editor.tsx';
import { SchemaEditor } from '@/features/node-form/controls/schema-editor.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { FieldFrame, type Message } from '@/features/node-form/field-frame.tsx';
import { rowsOf } from '@/features/node-form/schema-rows.ts';
import { useDraft } from '@/features/node-form/use-draft.ts';

type Schema = AgentDefinition['input_schema'];

interface InputSchemaProps {
  value: Schema;
  messages: readonly Message[];
  readOnly: boolean;
  onChange: (value: Schema) => void;
}

function isObject(value: JsonValue | undefined): value is NonNullable<Schema> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON Schema of an agent's input: its fields a row each, or as JSON, which holds what rows can't show. */
export function InputSchema({ value, messages, readOnly, onChange }: InputSchemaProps) {
  const [chosen, choose] = useState<'fields' | 'json'>('fields');
  const showsRows = rowsOf(value) !== null;
  const mode = showsRows ? chosen : 'json';
  return (
    <FieldFrame
      label="Fields"
      group
      messages={messages}
      help={
        mode === 'json'
          ? 'A JSON Schema of an object. Empty: any input is taken.'
          : value === undefined
            ? 'None yet: any input is taken.'
            : undefined
      }
      action={
        showsRows && (
          <Segments
            label="Fields as"
            value={mode}
            options={[
              { value: 'fields', label: 'Fields' },
              { value: 'json', label: 'JSON' },
            ]}
            onChange={choose}
          />
        )
      }
    >
      {() =>
        mode === 'json' ? (
          <SchemaJson value={value} readOnly={readOnly} onChange={onChange} />
        ) : (
          <SchemaEditor
            value={value}
            optional
            onChange={(next) => (next === undefined || isObject(next)) && onChange(next)}
          />
        )
      }
    </FieldFrame>
  );
}

function readSchema(text: string): { value: Schema } | null {
  if (text.trim() === '') return { value: undefined };
  try {
    const parsed = JSON.parse(text) as JsonValue;
    return isObject(parsed) ? { value: parsed } : null;
  } catch {
    return null;
  }
}

function SchemaJson({ value, readOnly, onChange }: Omit<InputSchemaProps, 'messages'>) {
  const [text, setText] = useDraft<string, Schema>({
    value,
    onChange,
    show: (schema) => (schema === undefined ? '' : JSON.stringify(schema, null, 2)),
    read: readSchema,
  });
  return <JsonEditor label="Input schema as JSON" value={text} onChange={setText} readOnly={readOnly} minLines={6} />;
}
