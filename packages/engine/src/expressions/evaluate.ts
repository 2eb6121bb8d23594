import type { JsonValue } from '@agentflow/contracts';
import type { Scope } from '../ports.ts';
import type { CompiledExpression } from './compile.ts';
import { describeFailure, type ExpressionError } from './failure.ts';
import { plainValue } from './plain-value.ts';
import { rootOf } from './scope-root.ts';

export type Evaluation =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly error: ExpressionError };

const MET_ARRAY = Symbol('array');

/**
 * Follows plain names through plain objects, as JSONata would. Gives MET_ARRAY where a name is asked of a list, since
 * JSONata then maps over its items.
 */
function follow(root: Record<string, unknown>, names: readonly string[]): unknown {
  let value: unknown = root;
  for (const name of names) {
    if (Array.isArray(value)) return MET_ARRAY;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** The value of a plain path without waiting for the interpreter; null where the interpreter is needed. */
export function evaluateDirectly(expression: CompiledExpression, scope: Scope): Evaluation | null {
  if (expression.path === null) return null;
  const value = follow(rootOf(scope), expression.path);
  return value === MET_ARRAY ? null : { ok: true, value: (value ?? null) as JsonValue };
}

/**
 * Evaluates over what a step sees. Never rejects: an author's mistake, a limit, a result that JSON can't hold are
 * `ok: false`. A value that is not there is null. Plain paths give the value itself, all else a copy.
 */
export async function evaluateExpression(expression: CompiledExpression, scope: Scope): Promise<Evaluation> {
  const direct = evaluateDirectly(expression, scope);
  if (direct !== null) return direct;
  const root = rootOf(scope);
  try {
    return { ok: true, value: plainValue(await expression.program.evaluate(root)) };
  } catch (thrown) {
    return { ok: false, error: describeFailure(thrown, 'expression_failed') };
  }
}
