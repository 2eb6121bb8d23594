import type { JsonValue } from '@agentflow/contracts';
import { evaluateSource } from '../expressions/index.ts';
import type { StepInput } from '../ports.ts';
import { evaluateConditions } from './conditions.ts';
import { completed, refused, type StepHandler } from './step-outcome.ts';
import { looselyEqual } from './value-comparison.ts';

export const runIf: StepHandler<'logic.if'> = ({ conditions }) => {
  const verdict = evaluateConditions(conditions);
  if (!verdict.ok) return refused('condition_invalid', verdict.message);
  return completed({ result: verdict.result }, String(verdict.result));
};

/** The first case that equals the value, compared as in conditions: `"5"` equals 5, objects by their contents. */
export const runSwitch: StepHandler<'logic.switch'> = ({ value, cases }) => {
  const handle = cases.find((each) => looselyEqual(each.equals, value))?.handle ?? 'default';
  return completed({ case: handle, value }, handle);
};

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byNode(inputs: readonly StepInput[]): JsonValue {
  return Object.fromEntries(inputs.map(({ node_id, output }) => [node_id, output]));
}

/** Outputs one after the other; those that are lists give their items. */
function appended(inputs: readonly StepInput[]): JsonValue {
  return inputs.flatMap(({ output }) => (Array.isArray(output) ? output : [output]));
}

/** All fields in one object, later inputs winning; an output that is no object stands under its node's id. */
function combined(inputs: readonly StepInput[]): JsonValue {
  const fields = inputs.flatMap(({ node_id, output }): [string, JsonValue][] =>
    isObject(output) ? Object.entries(output) : [[node_id, output]],
  );
  return Object.fromEntries(fields);
}

/**
 * One object for each value of a key, in the order in which the values first come, with the fields of all objects that
 * have it, later ones winning. Objects without the key stand alone, other values are left out.
 */
function joined(inputs: readonly StepInput[], key: string): JsonValue {
  const objects = inputs.flatMap(({ output }) => (Array.isArray(output) ? output : [output])).filter(isObject);
  const result: Record<string, JsonValue>[] = [];
  const byKey = new Map<string, number>();
  for (const object of objects) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    const known = value === undefined ? undefined : byKey.get(JSON.stringify(value));
    if (known !== undefined) {
      result[known] = { ...result[known], ...object };
      continue;
    }
    if (value !== undefined) byKey.set(JSON.stringify(value), result.length);
    result.push(object);
  }
  return result;
}

const COMBINE = { by_node: byNode, append: appended, combine: combined } as const;

/** Brings together the inputs that arrived, in the order of the definition's edges. */
export const runMerge: StepHandler<'logic.merge'> = ({ combine, key = '' }, { inputs }) =>
  completed(combine === 'by_key' ? joined(inputs, key) : COMBINE[combine](inputs));

export const runTransform: StepHandler<'logic.transform'> = async ({ expression }, { scope }) => {
  const evaluation = await evaluateSource(expression, scope);
  if (!evaluation.ok) return refused(evaluation.error.code, `expression: ${evaluation.error.message}`);
  return completed(evaluation.value);
};

/** Without an output of its own, the execution ends with what came in: one input as it is, several by node. */
export const runStop: StepHandler<'logic.stop'> = ({ status, output, message = '' }, { inputs }) => {
  const [only] = inputs;
  const incoming =
    inputs.length === 1 && only !== undefined ? only.output : inputs.length === 0 ? null : byNode(inputs);
  return { kind: 'stopped', status, output: output === undefined ? incoming : output, message };
};
