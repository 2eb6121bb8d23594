import type { Condition, ConditionGroup, ConditionNode, ConditionOperator, JsonValue } from '@agentflow/contracts';
import { asText, compilePattern, testPattern } from '../expressions/index.ts';
import { compare, isEmpty, looselyEqual } from './value-comparison.ts';

export type Verdict =
  | { readonly ok: true; readonly result: boolean }
  | { readonly ok: false; readonly message: string };

function contains(field: JsonValue, value: JsonValue): boolean {
  if (Array.isArray(field)) return field.some((item) => looselyEqual(item, value));
  if (typeof field === 'object' && field !== null) return Object.hasOwn(field, asText(value));
  return field !== null && asText(field).includes(asText(value));
}

/** A text on the right is a list with commas: `billing, refunds`. */
function isIn(field: JsonValue, value: JsonValue): boolean {
  const choices = typeof value === 'string' ? value.split(',').map((choice) => choice.trim()) : value;
  return Array.isArray(choices) && choices.some((choice) => looselyEqual(choice, field));
}

function ordered(field: JsonValue, value: JsonValue, holds: (order: number) => boolean): boolean {
  const order = compare(field, value);
  return order !== null && holds(order);
}

const OPERATORS: Readonly<
  Record<Exclude<ConditionOperator, 'matches'>, (field: JsonValue, value: JsonValue) => boolean>
> = {
  equals: looselyEqual,
  not_equals: (field, value) => !looselyEqual(field, value),
  contains,
  not_contains: (field, value) => !contains(field, value),
  starts_with: (field, value) => field !== null && asText(field).startsWith(asText(value)),
  ends_with: (field, value) => field !== null && asText(field).endsWith(asText(value)),
  greater_than: (field, value) => ordered(field, value, (order) => order > 0),
  greater_or_equal: (field, value) => ordered(field, value, (order) => order >= 0),
  less_than: (field, value) => ordered(field, value, (order) => order < 0),
  less_or_equal: (field, value) => ordered(field, value, (order) => order <= 0),
  in: isIn,
  not_in: (field, value) => !isIn(field, value),
  is_empty: isEmpty,
  is_not_empty: (field) => !isEmpty(field),
};

/** Matching anywhere in the text; `^` and `$` tie it to the ends. Nothing matches null. */
function matches(field: JsonValue, value: JsonValue): Verdict {
  const compiled = compilePattern(asText(value));
  if (!compiled.ok) return compiled;
  const result = field === null ? false : testPattern(compiled.pattern, asText(field));
  return result === null
    ? { ok: false, message: 'The text is too long to be matched against the pattern.' }
    : { ok: true, result };
}

function evaluateCondition({ field, operator, value = null }: Condition): Verdict {
  if (operator === 'matches') return matches(field, value);
  return { ok: true, result: OPERATORS[operator](field, value) };
}

function evaluateNode(node: ConditionNode): Verdict {
  return 'operator' in node ? evaluateCondition(node) : evaluateConditions(node);
}

/**
 * Whether a group of conditions holds, from left to right and no further than it takes. Not `ok` where a pattern can't
 * run. The contract parsed the group, and bodies are bounded in depth, so the recursion is.
 */
export function evaluateConditions(group: ConditionGroup): Verdict {
  const isAll = 'all' in group;
  for (const node of isAll ? group.all : group.any) {
    const verdict = evaluateNode(node);
    if (!verdict.ok || verdict.result !== isAll) return verdict;
  }
  return { ok: true, result: isAll };
}
