import type { JsonValue } from '@agentflow/contracts';

type Schema = { readonly [key: string]: JsonValue };

/** How one property of a form's schema is edited; what has no control of its own is edited as JSON. */
export interface FormField {
  readonly name: string;
  readonly title: string;
  readonly help: string | undefined;
  readonly required: boolean;
  readonly control: 'text' | 'long_text' | 'number' | 'boolean' | 'choice' | 'lines' | 'json';
  readonly choices: readonly JsonValue[];
  /** As the control holds it. */
  readonly initial: string | boolean;
}

export type FormDraft = Readonly<Record<string, string | boolean>>;

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function controlOf(schema: Schema): FormField['control'] {
  if (Array.isArray(schema.enum)) return 'choice';
  switch (schema.type) {
    case 'string':
      return typeof schema.maxLength === 'number' && schema.maxLength <= 200 ? 'text' : longOrShort(schema);
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return isSchema(schema.items) && schema.items.type === 'string' && schema.items.enum === undefined
        ? 'lines'
        : 'json';
    default:
      return 'json';
  }
}

function longOrShort({ maxLength, format }: Schema): 'text' | 'long_text' {
  return format === undefined && typeof maxLength === 'number' ? 'long_text' : 'text';
}

function initialOf(control: FormField['control'], value: JsonValue | undefined): string | boolean {
  if (control === 'boolean') return value === true;
  if (value === undefined) return control === 'json' ? 'null' : '';
  if (control === 'lines' && Array.isArray(value)) return value.join('\n');
  if (control === 'json' || control === 'choice') return JSON.stringify(value, null, 2);
  return String(value);
}

/** The fields of an object schema in its order; null for another schema, whose answer is edited as JSON. */
export function fieldsOf(schema: Schema): FormField[] | null {
  const { properties, required } = schema;
  if (!isSchema(properties) || Object.keys(properties).length === 0) return null;
  return Object.entries(properties).map(([name, property]) => {
    const own: Schema = isSchema(property) ? property : {};
    const control = controlOf(own);
    return {
      name,
      title: typeof own.title === 'string' && own.title !== '' ? own.title : name,
      help: typeof own.description === 'string' ? own.description : undefined,
      required: Array.isArray(required) && required.includes(name),
      control,
      choices: Array.isArray(own.enum) ? own.enum : [],
      initial: initialOf(control, own.default),
    };
  });
}

/** A value as the controls hold it; where it has nothing for a field, the control is empty. */
export function draftOf(fields: readonly FormField[], value: JsonValue): FormDraft {
  const given: Schema = isSchema(value) ? value : {};
  return Object.fromEntries(fields.map(({ name, control }) => [name, initialOf(control, given[name])]));
}

/** What one control holds as the answer that is sent; undefined where nothing was entered. */
function answerOf(field: FormField, held: string | boolean): JsonValue | undefined {
  if (typeof held === 'boolean') return held;
  const text = held.trim();
  if (text === '') return undefined;
  switch (field.control) {
    case 'number':
      // Text that is no number is sent as it is: the server says what is wrong with it.
      return Number.isNaN(Number(text)) ? text : Number(text);
    case 'lines':
      return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
    case 'choice':
      return JSON.parse(text) as JsonValue;
    case 'json':
      // What stands there untouched is no answer.
      return text === field.initial && text === 'null' ? undefined : (JSON.parse(text) as JsonValue);
    default:
      return held;
  }
}

/** The answers of a whole form, or the first field whose JSON can't be read. */
export function answersOf(
  fields: readonly FormField[],
  draft: FormDraft,
): { ok: true; form: JsonValue } | { ok: false; field: string } {
  const form: Record<string, JsonValue> = {};
  for (const field of fields) {
    try {
      const value = answerOf(field, draft[field.name] ?? field.initial);
      if (value !== undefined) form[field.name] = value;
    } catch {
      return { ok: false, field: field.name };
    }
  }
  return { ok: true, form };
}
