import type { JsonValue } from '@agentflow/contracts';

/** What the desk is told of an input: the values at the paths that policies read, and nothing else of it. */
export interface ToldInput {
  /** Every path that was looked at. */
  readonly paths: readonly string[];
  /** What is there. Pairs, since a path may be any word. */
  readonly values: readonly (readonly [path: string, value: JsonValue])[];
  /** Paths whose values are there, and too large to be told. */
  readonly too_large: readonly string[];
}

/** In characters of JSON; a longer value is told to be there and no more. */
const MAX_VALUE = 4096;

/** Looks up paths like `customer.country` and `items.0.price`; a list's places are numbers. */
export function tellInput(paths: readonly string[], input: JsonValue): ToldInput {
  const values: [string, JsonValue][] = [];
  const too_large: string[] = [];
  for (const path of paths) {
    const value = valueAt(input, path);
    if (value === undefined) continue;
    if (isTooLarge(value)) too_large.push(path);
    else values.push([path, value]);
  }
  return { paths, values, too_large };
}

function valueAt(input: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = input;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    // `length` is a list's own, and none of its places.
    if (Array.isArray(value)) value = /^(0|[1-9][0-9]*)$/.test(key) ? value[Number(key)] : undefined;
    else value = value[key];
  }
  return value;
}

function isTooLarge(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length > MAX_VALUE;
  return typeof value === 'object' && value !== null && JSON.stringify(value).length > MAX_VALUE;
}
