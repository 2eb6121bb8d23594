import type { AgentEdge, AgentNode, FieldChange, JsonValue } from '@agentflow/contracts';

type JsonObject = Record<string, JsonValue>;

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ownField(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** `config.prompt`, `config.labels.1`; a key that is no plain name stands in brackets as a JSON text: `headers["a.b"]`. */
function below(path: string, key: string | number): string {
  const plain = typeof key === 'number' || PLAIN_KEY.test(key);
  if (!plain) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? String(key) : `${path}.${key}`;
}

/**
 * Each field that differs, objects and lists entered; the order of an object's keys says nothing. Putting every `after`
 * at its path, and taking away what has none, makes `after` of `before`.
 */
export function fieldChanges(before: JsonValue | undefined, after: JsonValue | undefined, path: string): FieldChange[] {
  if (before === after) return [];
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => fieldChanges(ownField(before, key), ownField(after, key), below(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const places = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return places.flatMap((index) => fieldChanges(before[index], after[index], below(path, index)));
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** The fields of a node or edge without its id, which names it, and without its place on the canvas. */
export function fieldsOf(part: AgentNode | AgentEdge): JsonObject {
  // Parsed from JSON by the contract, so every field is a JSON value; undefined ones are left out.
  const fields = Object.entries(part) as [string, JsonValue | undefined][];
  const kept = fields.filter(([key, value]) => key !== 'id' && key !== 'position' && value !== undefined);
  return Object.fromEntries(kept) as JsonObject;
}

/** What of a node decides on what it does: what it is called does not. */
export function meaningOf(node: AgentNode): JsonObject {
  const { name: _name, ...rest } = node;
  return fieldsOf(rest);
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function sameJson(left: JsonValue, right: JsonValue): boolean {
  return fieldChanges(left, right, '').length === 0;
}
