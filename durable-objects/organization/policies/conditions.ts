import {
  type JsonValue,
  type PolicyCondition,
  type PolicyLeaf,
  policyLeaves,
  WEEKDAYS,
  windowMinutes,
} from '@agentflow/contracts';
import { networksOf } from '../../../workers/platform/ip-networks.ts';
import type { Facts } from './facts.ts';
import { minuteOfWeek } from './local-time.ts';

/** Kleene's three values: null is what can't be told, because the attribute is missing or is no match for the operator. */
export type Outcome = boolean | null;

export type Test = (facts: Facts) => Outcome;

/** A condition as it is asked, whatever it is made of. */
export function compileCondition(condition: PolicyCondition): Test {
  if ('all' in condition) return every(condition.all.map(compileCondition), false);
  if ('any' in condition) return every(condition.any.map(compileCondition), true);
  if ('not' in condition) return not(compileCondition(condition.not));
  return compileLeaf(condition);
}

/** `all` is decided by the first false one, `any` by the first true one. */
function every(tests: readonly Test[], decisive: boolean): Test {
  return (facts) => {
    let outcome: Outcome = !decisive;
    for (const test of tests) {
      const each = test(facts);
      if (each === decisive) return decisive;
      if (each === null) outcome = null;
    }
    return outcome;
  };
}

function not(test: Test): Test {
  return (facts) => {
    const outcome = test(facts);
    return outcome === null ? null : !outcome;
  };
}

export interface ExplainedLeaf {
  readonly path: string;
  readonly test: Test;
  readonly actual: (facts: Facts) => JsonValue;
}

/** Each condition that is no group, by itself. */
export function explainedLeaves(condition: PolicyCondition | null): ExplainedLeaf[] {
  return policyLeaves(condition, ['conditions']).map(({ leaf, path }) => ({
    path: path.join('.'),
    test: compileLeaf(leaf),
    actual: actualOf(leaf),
  }));
}

function compileLeaf(leaf: PolicyLeaf): Test {
  switch (leaf.attribute) {
    case 'time': {
      const { timezone, windows } = leaf.value;
      const minutes = windows.flatMap(windowMinutes);
      const within: Test = ({ start }) => {
        const minute = minuteOfWeek(timezone, start.at);
        return minutes.some(([from, to]) => from <= minute && minute < to);
      };
      return leaf.operator === 'within' ? within : not(within);
    }
    case 'ip': {
      const contains = networksOf(leaf.value);
      const inside: Test = ({ address }) => (address === null ? null : contains(address));
      return leaf.operator === 'in' ? inside : not(inside);
    }
    case 'agent_tags': {
      const wanted = leaf.value;
      const has: Test =
        leaf.operator === 'all_of'
          ? ({ start }) => wanted.every((tag) => start.agent.tags.includes(tag))
          : ({ start }) => wanted.some((tag) => start.agent.tags.includes(tag));
      return leaf.operator === 'none_of' ? not(has) : has;
    }
    case 'cost_estimate_usd': {
      if (leaf.operator === 'exists') return ({ start }) => (start.cost_estimate_microusd !== undefined) === leaf.value;
      const compare = COMPARE[leaf.operator];
      const limit = Math.round(leaf.value * 1_000_000);
      return ({ start }) =>
        start.cost_estimate_microusd === undefined ? null : compare(start.cost_estimate_microusd, limit);
    }
    case 'platform':
      return nameTest(leaf, ({ start }) => start.subject.platform);
    case 'project':
      return nameTest(leaf, ({ start }) => start.project_id);
    case 'input':
      return inputTest(leaf);
  }
}

const COMPARE = {
  lt: <T>(a: T, b: T) => a < b,
  lte: <T>(a: T, b: T) => a <= b,
  gt: <T>(a: T, b: T) => a > b,
  gte: <T>(a: T, b: T) => a >= b,
} as const;

type NameLeaf = Extract<PolicyLeaf, { attribute: 'platform' | 'project' }>;

/** A name that a start has (text), has not (null), or may have (undefined). */
function nameTest(leaf: NameLeaf, nameOf: (facts: Facts) => string | null | undefined): Test {
  const ask = (test: (name: string | null) => boolean): Test => {
    return (facts) => {
      const name = nameOf(facts);
      return name === undefined ? null : test(name);
    };
  };
  switch (leaf.operator) {
    case 'exists':
      return ask((name) => (name !== null) === leaf.value);
    case 'eq':
      return ask((name) => name === leaf.value);
    case 'ne':
      return ask((name) => name !== leaf.value);
    case 'in':
    case 'not_in': {
      const names = new Set<string | null>(leaf.value);
      return ask((name) => names.has(name) === (leaf.operator === 'in'));
    }
  }
}

type InputLeaf = Extract<PolicyLeaf, { attribute: 'input' }>;

/** What can't be compared is unknown: a text of digits must not slip through below a number. */
function inputTest(leaf: InputLeaf): Test {
  const { path } = leaf;
  const ask = (test: (actual: JsonValue) => Outcome): Test => {
    return (facts) => {
      const actual = facts.inputAt(path);
      return actual === undefined ? null : test(actual);
    };
  };
  switch (leaf.operator) {
    case 'exists':
      return (facts) => {
        const has = facts.inputHas(path);
        return has === undefined ? null : has === leaf.value;
      };
    case 'eq':
      return ask((actual) => actual === leaf.value);
    case 'ne':
      return ask((actual) => actual !== leaf.value);
    case 'in':
    case 'not_in': {
      const values = new Set<JsonValue>(leaf.value);
      return ask((actual) => values.has(actual) === (leaf.operator === 'in'));
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const compare = COMPARE[leaf.operator];
      return ask((actual) => (typeof actual === typeof leaf.value ? compare(actual, leaf.value) : null));
    }
    case 'contains':
      return ask((actual) => contains(actual, leaf.value));
    case 'not_contains':
      return not(ask((actual) => contains(actual, leaf.value)));
    case 'starts_with':
      return ask((actual) => (typeof actual === 'string' ? actual.startsWith(leaf.value) : null));
    case 'ends_with':
      return ask((actual) => (typeof actual === 'string' ? actual.endsWith(leaf.value) : null));
  }
}

function contains(actual: JsonValue, wanted: JsonValue): Outcome {
  if (Array.isArray(actual)) return actual.includes(wanted);
  return typeof actual === 'string' && typeof wanted === 'string' ? actual.includes(wanted) : null;
}

/** What the start has where a condition looks. */
function actualOf(leaf: PolicyLeaf): (facts: Facts) => JsonValue {
  switch (leaf.attribute) {
    case 'time':
      return ({ start }) => localTime(leaf.value.timezone, start.at);
    case 'ip':
      return ({ start, address }) => (address === null ? null : start.ip);
    case 'agent_tags':
      return ({ start }) => [...start.agent.tags];
    case 'cost_estimate_usd':
      return ({ start: { cost_estimate_microusd: cost } }) => (cost === undefined ? null : cost / 1_000_000);
    case 'platform':
      return ({ start }) => start.subject.platform ?? null;
    case 'project':
      return ({ start }) => start.project_id ?? null;
    case 'input':
      return (facts) => facts.inputAt(leaf.path) ?? null;
  }
}

/** As in `tue 09:05`. */
function localTime(timezone: string, at: number): string {
  const minute = minuteOfWeek(timezone, at);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${WEEKDAYS[Math.floor(minute / 1440)]} ${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}
