import {
  compileExpression,
  type Evaluation,
  type ExpressionErrorCode,
  evaluateExpression,
  type Scope,
} from '@agentflow/engine';
import { expect } from 'vitest';

export function scopeOf(parts: Partial<Scope> = {}): Scope {
  return { trigger: {}, context: {}, env: {}, nodes: new Map(), ...parts };
}

/** Compiles and evaluates; a source that does not compile is an evaluation that failed. */
export async function run(source: string, parts: Partial<Scope> = {}): Promise<Evaluation> {
  const compilation = compileExpression(source);
  return compilation.ok ? evaluateExpression(compilation.expression, scopeOf(parts)) : compilation;
}

export async function resultOf(source: string, parts: Partial<Scope> = {}) {
  const evaluation = await run(source, parts);
  if (!evaluation.ok) expect.fail(`${source}: ${evaluation.error.message}`);
  return evaluation.value;
}

export async function failureOf(source: string, parts: Partial<Scope> = {}) {
  const evaluation = await run(source, parts);
  if (evaluation.ok) expect.fail(`${source} gave ${JSON.stringify(evaluation.value).slice(0, 200)}`);
  return evaluation.error;
}

export async function expectFailure(source: string, code: ExpressionErrorCode, parts: Partial<Scope> = {}) {
  const error = await failureOf(source, parts);
  expect(error, source).toMatchObject({ code });
  return error;
}
