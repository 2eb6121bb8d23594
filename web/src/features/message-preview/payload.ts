import type { JsonValue } from '@agentflow/contracts';

type Fields = Readonly<Record<string, JsonValue>>;

/** An object of a payload, or an empty one. */
export function fieldsOf(value: JsonValue | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** The objects of a list, or none. */
export function listOf(value: JsonValue | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
