import type { JsonValue } from '@agentflow/contracts';
import { ExpressionFault, limitReached } from './failure.ts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { isCallable } from './meter.ts';

/** Sets a property that may be called `__proto__`. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/**
 * A result as plain JSON, copied: sequences lose their marks, undefined is null at the top and in lists and left out of
 * objects. Throws an ExpressionFault for functions, numbers that JSON can't hold, and results that are too deep. How
 * much is copied has been bounded by the meter before.
 */
export function plainValue(value: unknown, depth = 0): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExpressionFault('expression_result', 'The result is not a finite number.');
    // Adding zero makes 0 of -0, which JSON does not have.
    return value + 0;
  }
  if (typeof value !== 'object' || isCallable(value)) {
    throw new ExpressionFault('expression_result', 'The result is or contains a function; call it, or leave it out.');
  }
  if (depth >= EXPRESSION_LIMITS.result_depth) throw limitReached('builds a value that nests too deeply');
  if (Array.isArray(value)) return Array.from(value, (item) => plainValue(item, depth + 1));
  const result: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) setOwn(result, key, plainValue(item, depth + 1));
  }
  return result;
}
