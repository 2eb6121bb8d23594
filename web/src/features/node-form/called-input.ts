import type { FieldControl, JsonValue } from '@agentflow/contracts';
import { asSchema, type Config, type ConfigField } from './config-fields.ts';

/** What edits a field of another agent's input: as its type asks for, or as an expression. */
function controlOf(schema: ReturnType<typeof asSchema>): FieldControl {
  if (Array.isArray(schema.enum) && schema.enum.every((each) => typeof each === 'string')) return 'select';
  switch (schema.type) {
    case 'string':
      return typeof schema.maxLength === 'number' && schema.maxLength <= 200 ? 'template' : 'prompt';
    case 'number':
    case 'integer':
      return 'number_or_template';
    case 'boolean':
      return 'boolean';
    case 'array':
      return asSchema(schema.items).type === 'string' ? 'text_list' : 'json';
    default:
      return 'json';
  }
}

/** Controls that can't hold an expression themselves. */
const COMPUTABLE: readonly FieldControl[] = ['select', 'text_list', 'number_or_template'];

/**
 * The fields of an agent's input schema; null for a schema that is none of an object with properties. The schema is
 * somebody's own: unlike the registry's, it says nothing about controls.
 */
export function calledInputFields(inputSchema: JsonValue | undefined): ConfigField[] | null {
  const schema = asSchema(inputSchema);
  const properties = Object.entries(asSchema(schema.properties));
  if (schema.type !== 'object' || properties.length === 0) return null;
  const required = Array.isArray(schema.required) ? schema.required : [];
  return properties.map(([name, value]) => {
    const own = asSchema(value);
    const title = typeof own.title === 'string' && own.title !== '' ? own.title : name;
    const control = controlOf(own);
    return {
      name,
      title,
      help: typeof own.description === 'string' ? own.description : undefined,
      required: required.includes(name),
      control,
      computable: COMPUTABLE.includes(control),
      schema: own,
      defaultValue: undefined,
    };
  });
}

/** A value that fields can show: what is no object is a text or JSON as a whole. */
export function isInput(value: JsonValue | undefined): value is Config | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
}
