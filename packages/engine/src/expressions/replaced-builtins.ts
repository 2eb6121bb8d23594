import { ExpressionFault } from './failure.ts';
import type { Focus, Implementation } from './jsonata-internals.ts';

/*
 * Functions that JSONata computes in quadratic time, with a call stack as long as the data, or only for Latin-1 text:
 * the same results (but for base64, which is UTF-8 here) at a bounded price. Parameter names matter: JSONata reads them
 * for partial application.
 */

type Comparator = (left: unknown, right: unknown) => unknown;

/** Merges from the bottom up; `comparator` says whether its arguments are in the wrong order. */
async function mergeSort(values: readonly unknown[], comparator: Comparator): Promise<unknown[]> {
  let from = [...values];
  for (let width = 1; width < from.length; width *= 2) {
    const to: unknown[] = [];
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      let left = start;
      let right = middle;
      while (left < middle && right < end) {
        const swap = await comparator(from[left], from[right]);
        to.push(swap ? from[right++] : from[left++]);
      }
      while (left < middle) to.push(from[left++]);
      while (right < end) to.push(from[right++]);
    }
    from = to;
  }
  return from;
}

function sort(this: Focus, array: unknown[] | undefined, comparator: Comparator | undefined): unknown {
  if (array === undefined || array.length <= 1) return array;
  if (comparator !== undefined) return mergeSort(array, comparator);
  const kinds = new Set(array.map((value) => typeof value));
  if (kinds.size > 1 || (!kinds.has('number') && !kinds.has('string'))) {
    throw new ExpressionFault(
      'expression_failed',
      '$sort needs a function to compare with, unless all are numbers or all texts.',
    );
  }
  const values = array as string[];
  return [...values].sort((left, right) => (left > right ? 1 : left < right ? -1 : 0));
}

/** A text that two values share exactly when JSONata's `=` holds between them. */
function identity(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(identity).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${identity(item)}`).join(',')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function distinct(this: Focus, array: unknown): unknown {
  if (!Array.isArray(array) || array.length <= 1) return array;
  const seen = new Set<string>();
  const isSequence = (array as { sequence?: boolean }).sequence === true;
  const result = isSequence ? this.createSequence() : [];
  for (const value of array) {
    const key = identity(value);
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(value);
  }
  return result;
}

function spread(this: Focus, value: unknown): unknown {
  if (Array.isArray(value)) {
    const result = this.createSequence();
    for (const item of value) {
      const parts = spread.call(this, item);
      if (Array.isArray(parts)) for (const part of parts) result.push(part);
      else if (parts !== undefined) result.push(parts);
    }
    return result;
  }
  if (typeof value !== 'object' || value === null) return value;
  const result = this.createSequence();
  for (const [key, item] of Object.entries(value)) result.push(Object.assign(Object.create(null), { [key]: item }));
  return result;
}

function max(values: number[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.reduce((left, right) => Math.max(left, right));
}

function min(values: number[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.reduce((left, right) => Math.min(left, right));
}

const CHUNK = 8192;

function base64encode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (let index = 0; index < bytes.length; index += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(index, index + CHUNK));
  }
  return btoa(binary);
}

function base64decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ExpressionFault('expression_failed', '$base64decode: this is not base64 of a UTF-8 text.');
  }
}

export const REPLACED: Readonly<Record<string, Implementation>> = {
  sort,
  distinct,
  spread,
  max,
  min,
  base64encode,
  base64decode,
};
