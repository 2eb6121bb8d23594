import type { JsonValue } from '@agentflow/contracts';

type Schema = { readonly [keyword: string]: JsonValue };

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/**
 * Reads the JSON out of a model's answer: the whole text, the content of a code fence, or the outermost braces or
 * brackets with prose around them. Undefined where none of these is JSON.
 */
export function readJson(text: string): JsonValue | undefined {
  const trimmed = text.trim();
  const whole = parse(trimmed);
  if (whole !== undefined) return whole;
  const fence = /```[A-Za-z0-9]*\s*\n?([\s\S]*?)```/.exec(trimmed)?.[1];
  if (fence !== undefined) {
    const fenced = parse(fence.trim());
    if (fenced !== undefined) return fenced;
  }
  for (const [open, close] of [
    ['{', '}'],
    ['[', ']'],
  ] as const) {
    const start = trimmed.indexOf(open);
    const end = trimmed.lastIndexOf(close);
    if (start < 0 || end <= start) continue;
    const inner = parse(trimmed.slice(start, end + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function hasType(value: JsonValue, type: string): boolean {
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  return typeName(value) === type;
}

/**
 * Where a value does not fit a JSON Schema, as a sentence, or null. Checks what extraction schemas use: type, enum,
 * const, properties, required, additionalProperties: false, items. Null fits everywhere, because it is how a model
 * says that the text does not tell.
 */
export function schemaProblem(value: JsonValue, schema: Schema, path = 'the answer'): string | null {
  if (value === null) return path === 'the answer' ? 'the answer is null' : null;
  const types = typeof schema.type === 'string' ? [schema.type] : Array.isArray(schema.type) ? schema.type : [];
  if (types.length > 0 && !types.some((type) => typeof type === 'string' && hasType(value, type))) {
    return `${path} is ${typeName(value)}, not ${types.join(' or ')}`;
  }
  if (Array.isArray(schema.enum) && !schema.enum.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) {
    return `${path} is none of the allowed values`;
  }
  if (schema.const !== undefined && JSON.stringify(schema.const) !== JSON.stringify(value)) {
    return `${path} is not the one allowed value`;
  }
  if (Array.isArray(value)) {
    if (!isObject(schema.items)) return null;
    for (const [index, item] of value.entries()) {
      const problem = schemaProblem(item, schema.items, `${path}[${index}]`);
      if (problem !== null) return problem;
    }
    return null;
  }
  if (!isObject(value)) return null;
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) return `${path} lacks "${name}"`;
  }
  for (const [name, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined && schema.additionalProperties === false)
      return `${path} has the unknown field "${name}"`;
    if (!isObject(property)) continue;
    const problem = schemaProblem(item, property, `${path}.${name}`);
    if (problem !== null) return problem;
  }
  return null;
}
