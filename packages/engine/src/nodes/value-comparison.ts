import type { JsonValue } from '@agentflow/contracts';

const NUMERIC = /^\s*[-+]?(\d{1,300}(\.\d{0,300})?|\.\d{1,300})(e[-+]?\d{1,3})?\s*$/i;

/** A number, or a text that is one; null for everything else. */
export function asNumber(value: JsonValue): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : null;
}

/**
 * Equality as authors mean it: numbers and texts that are numbers compare as numbers (`"5"` equals 5), true and false
 * also as words, objects and lists by their contents whatever the order of keys. Texts compare exactly, case included.
 */
export function looselyEqual(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => looselyEqual(item, right[index] as JsonValue));
  }
  if (typeof left === 'object' && typeof right === 'object') return sameFields(left, right);
  if (typeof left === 'boolean' || typeof right === 'boolean') return String(left) === String(right);
  const [a, b] = [asNumber(left), asNumber(right)];
  return (typeof left === 'number' || typeof right === 'number') && a !== null && a === b;
}

function sameFields(left: JsonValue, right: JsonValue): boolean {
  if (left === null || right === null || Array.isArray(left) || Array.isArray(right)) return false;
  const [a, b] = [left as { [key: string]: JsonValue }, right as { [key: string]: JsonValue }];
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && looselyEqual(a[key] as JsonValue, b[key] as JsonValue));
}

/** Below 0, 0 or above 0: as numbers when both are numeric, as texts when both are texts, else null. */
export function compare(left: JsonValue, right: JsonValue): number | null {
  const [a, b] = [asNumber(left), asNumber(right)];
  if (a !== null && b !== null) return a - b;
  if (typeof left !== 'string' || typeof right !== 'string') return null;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Nothing, an empty text (spaces alone too), an empty list or an object without fields. */
export function isEmpty(value: JsonValue): boolean {
  if (value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}
