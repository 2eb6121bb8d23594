import type { JsonValue } from '@agentflow/contracts';
import type { Scope } from '../ports.ts';
import type { CompiledExpression } from './compile.ts';
import { directValue, INTERPRET } from './direct-evaluation.ts';
import { describeFailure, type ExpressionError } from './failure.ts';
import { plainValue } from './plain-value.ts';
import { rootOf } from './scope-root.ts';

export type Evaluation =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly error: ExpressionError };

/**
 * The value of an expression as simple as a path, a comparison or a sum, without waiting; null where JSONata's
 * interpreter is needed.
 */
export function evaluateDirectly(expression: CompiledExpression, scope: Scope): Evaluation | null {
  if (!expression.direct) return null;
  const value = directValue(expression.tree, rootOf(scope));
  return value === INTERPRET ? null : { ok: true, value: (value ?? null) as JsonValue };
}

/**
 * Evaluates over what a step sees. Never rejects: an author's mistake, a limit, a result that JSON can't hold are
 * `ok: false`. A value that is not there is null. Plain paths give the value itself, all else a copy.
 */
export async function evaluateExpression(expression: CompiledExpression, scope: Scope): Promise<Evaluation> {
  const direct = evaluateDirectly(expression, scope);
  if (direct !== null) return direct;
  try {
    return { ok: true, value: plainValue(await expression.program.evaluate(rootOf(scope))) };
  } catch (thrown) {
    return { ok: false, error: describeFailure(thrown, 'expression_failed') };
  }
}
