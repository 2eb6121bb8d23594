import type { JsonValue } from '@agentflow/contracts';

type JsonObject = { readonly [key: string]: JsonValue };

export const ROW_TYPES = {
  text: 'Text',
  choice: 'One of a list',
  number: 'Number',
  integer: 'Whole number',
  boolean: 'Yes or no',
  date: 'Date',
  texts: 'List of texts',
  other: 'Other (JSON)',
} as const;
export type RowType = keyof typeof ROW_TYPES;

/** One property of an object schema. Keywords that the row does not show stay in `schema` as they are. */
export interface SchemaRow {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonValue;
}

function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** The properties of an object schema as rows; null for a schema that rows can't show. */
export function rowsOf(schema: JsonValue | undefined): SchemaRow[] | null {
  if (schema === undefined) return [];
  const own = asObject(schema);
  const properties = asObject(own?.properties) ?? (own?.properties === undefined ? {} : null);
  if (own === null || own.type !== 'object' || properties === null) return null;
  const required = Array.isArray(own.required) ? own.required : [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property,
  }));
}

/** The schema with these rows as its properties; everything else in it stays. Rows without a name are left out. */
export function withRows(schema: JsonValue | undefined, rows: readonly SchemaRow[]): JsonObject {
  const named = rows.filter(({ name }) => name !== '');
  const required = named.filter((row) => row.required).map(({ name }) => name);
  const { required: _, ...rest } = asObject(schema) ?? {};
  return {
    ...rest,
    type: 'object',
    properties: Object.fromEntries(named.map((row) => [row.name, row.schema])),
    ...(required.length === 0 ? {} : { required }),
  };
}

export function typeOf({ schema }: SchemaRow): RowType {
  const own = asObject(schema);
  if (own === null) return 'other';
  const isTexts = (value: JsonValue | undefined) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (own.enum !== undefined) return isTexts(own.enum) && (own.type ?? 'string') === 'string' ? 'choice' : 'other';
  switch (own.type) {
    case 'string':
      return own.format === 'date' ? 'date' : 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return own.type;
    case 'array':
      return asObject(own.items)?.type === 'string' ? 'texts' : 'other';
    default:
      return 'other';
  }
}

/** Keywords that say what type a value has: these go when the type changes, titles and descriptions stay. */
const KEPT = ['title', 'description', 'examples', 'default'];

export function withType(row: SchemaRow, type: RowType): SchemaRow {
  const own = asObject(row.schema) ?? {};
  const kept = Object.fromEntries(Object.entries(own).filter(([key]) => KEPT.includes(key)));
  const typed: Record<RowType, JsonObject> = {
    text: { type: 'string' },
    choice: { type: 'string', enum: [] },
    number: { type: 'number' },
    integer: { type: 'integer' },
    boolean: { type: 'boolean' },
    date: { type: 'string', format: 'date' },
    texts: { type: 'array', items: { type: 'string' } },
    other: { type: 'object' },
  };
  return { ...row, schema: { ...typed[type], ...kept } };
}

export function descriptionOf({ schema }: SchemaRow): string {
  const description = asObject(schema)?.description;
  return typeof description === 'string' ? description : '';
}

export function withDescription(row: SchemaRow, description: string): SchemaRow {
  const { description: _, ...rest } = asObject(row.schema) ?? {};
  return { ...row, schema: description === '' ? rest : { ...rest, description } };
}

export function choicesOf({ schema }: SchemaRow): string[] {
  const choices = asObject(schema)?.enum;
  return Array.isArray(choices) ? choices.map(String) : [];
}

export function withChoices(row: SchemaRow, choices: readonly string[]): SchemaRow {
  return { ...row, schema: { ...asObject(row.schema), enum: [...choices] } };
}
