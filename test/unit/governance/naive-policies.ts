import type {
  JsonValue,
  PolicyCondition,
  PolicyEffect,
  PolicyLeaf,
  PolicyRequest,
  TimeWindow,
} from '@agentflow/contracts';
import type { JudgedStart } from '../../../durable-objects/organization/policies/facts.ts';

/** The policies' meaning in the plainest words, without an index, a cache or a short way: what the fast one is compared with. */
export interface NaiveStart extends Omit<JudgedStart, 'told'> {
  readonly input: JsonValue;
}

type Outcome = 'true' | 'false' | 'unknown';

const yes = (holds: boolean): Outcome => (holds ? 'true' : 'false');
const turned = (outcome: Outcome): Outcome =>
  outcome === 'unknown' ? 'unknown' : outcome === 'true' ? 'false' : 'true';

export function naiveVerdict(
  policies: readonly (PolicyRequest & { id: string })[],
  byDefault: PolicyEffect,
  start: NaiveStart,
) {
  const holding = policies
    .filter((policy) => policy.is_active && isAbout(policy, start))
    .filter(({ effect, conditions }) => {
      const outcome = conditions === null ? 'true' : outcomeOf(conditions, start);
      return effect === 'deny' ? outcome !== 'false' : outcome === 'true';
    })
    .toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  const decider = holding.find(({ effect }) => effect === 'deny') ?? holding[0] ?? null;
  return { outcome: decider?.effect ?? byDefault, id: decider?.id ?? null };
}

function isAbout({ subjects, actions, resources }: PolicyRequest, { subject, action, agent }: NaiveStart): boolean {
  const named = subjects.some((each) => {
    if (each.kind === '*') return true;
    if (each.kind !== subject.kind || each.ids?.includes(subject.id as never) === false) return false;
    if (each.kind === 'user') return each.roles?.includes(subject.role as never) ?? true;
    if (each.kind === 'external_agent') return each.platforms?.includes(subject.platform as never) ?? true;
    return true;
  });
  const acts = actions.includes('*') || actions.includes(action);
  const its = resources.agents.includes('*') || resources.agents.includes(agent.id);
  return named && acts && (its || resources.tags.some((tag) => agent.tags.includes(tag)));
}

export function outcomeOf(condition: PolicyCondition, start: NaiveStart): Outcome {
  if ('not' in condition) return turned(outcomeOf(condition.not, start));
  if ('all' in condition) {
    const outcomes = condition.all.map((each) => outcomeOf(each, start));
    return outcomes.includes('false') ? 'false' : outcomes.includes('unknown') ? 'unknown' : 'true';
  }
  if ('any' in condition) {
    const outcomes = condition.any.map((each) => outcomeOf(each, start));
    return outcomes.includes('true') ? 'true' : outcomes.includes('unknown') ? 'unknown' : 'false';
  }
  return leafOutcome(condition, start);
}

function leafOutcome(leaf: PolicyLeaf, start: NaiveStart): Outcome {
  switch (leaf.attribute) {
    case 'time': {
      const within = leaf.value.windows.some((window) => isWithin(window, leaf.value.timezone, start.at));
      return yes(within === (leaf.operator === 'within'));
    }
    case 'ip': {
      const bits = bitsOf(start.ip);
      if (bits === null) return 'unknown';
      const inside = leaf.value.some((network) => {
        const [base = '', length] = network.split('/');
        const own = bitsOf(base) ?? '';
        return (
          own.length === bits.length &&
          bits.startsWith(own.slice(0, length === undefined ? own.length : Number(length)))
        );
      });
      return yes(inside === (leaf.operator === 'in'));
    }
    case 'agent_tags': {
      const found = leaf.value.filter((tag) => start.agent.tags.includes(tag)).length;
      if (leaf.operator === 'all_of') return yes(found === leaf.value.length);
      return yes(leaf.operator === 'any_of' ? found > 0 : found === 0);
    }
    case 'cost_estimate_usd': {
      const cost = start.cost_estimate_microusd;
      if (leaf.operator === 'exists') return yes((cost !== undefined) === leaf.value);
      return cost === undefined ? 'unknown' : compared(leaf.operator, cost, leaf.value * 1_000_000);
    }
    case 'platform':
    case 'project': {
      const name = leaf.attribute === 'project' ? start.project_id : start.subject.platform;
      if (name === undefined) return 'unknown';
      if (leaf.operator === 'exists') return yes((name !== null) === leaf.value);
      if (leaf.operator === 'eq' || leaf.operator === 'ne')
        return yes((name === leaf.value) === (leaf.operator === 'eq'));
      return yes((name !== null && (leaf.value as string[]).includes(name)) === (leaf.operator === 'in'));
    }
    case 'input':
      return inputOutcome(leaf, start.input);
  }
}

function inputOutcome(leaf: Extract<PolicyLeaf, { attribute: 'input' }>, input: JsonValue): Outcome {
  let actual: JsonValue | undefined = input;
  for (const key of leaf.path.split('.')) {
    if (typeof actual !== 'object' || actual === null) actual = undefined;
    else if (Array.isArray(actual)) actual = actual.find((_, index) => String(index) === key);
    else actual = Object.entries(actual).find(([name]) => name === key)?.[1];
  }
  if (leaf.operator === 'exists') return yes((actual !== undefined) === leaf.value);
  if (actual === undefined) return 'unknown';
  switch (leaf.operator) {
    case 'eq':
    case 'ne':
      return yes((actual === leaf.value) === (leaf.operator === 'eq'));
    case 'in':
    case 'not_in':
      return yes((leaf.value as JsonValue[]).includes(actual) === (leaf.operator === 'in'));
    case 'starts_with':
      return typeof actual === 'string' ? yes(actual.startsWith(leaf.value)) : 'unknown';
    case 'ends_with':
      return typeof actual === 'string' ? yes(actual.endsWith(leaf.value)) : 'unknown';
    case 'contains':
      return contained(actual, leaf.value);
    case 'not_contains':
      return turned(contained(actual, leaf.value));
    default:
      if (typeof actual === 'number' && typeof leaf.value === 'number')
        return compared(leaf.operator, actual, leaf.value);
      if (typeof actual === 'string' && typeof leaf.value === 'string')
        return compared(leaf.operator, actual, leaf.value);
      return 'unknown';
  }
}

function contained(actual: JsonValue, wanted: JsonValue): Outcome {
  if (Array.isArray(actual)) return yes(actual.some((each) => each === wanted));
  return typeof actual === 'string' && typeof wanted === 'string' ? yes(actual.includes(wanted)) : 'unknown';
}

function compared<T extends number | string>(operator: 'lt' | 'lte' | 'gt' | 'gte', a: T, b: T): Outcome {
  return yes({ lt: a < b, lte: a <= b, gt: a > b, gte: a >= b }[operator]);
}

function bitsOf(address: string): string | null {
  if (/^[0-9.]+$/.test(address)) {
    return address
      .split('.')
      .map((octet) => Number(octet).toString(2).padStart(8, '0'))
      .join('');
  }
  if (!address.includes(':')) return null;
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...new Array<string>(missing).fill('0'), ...groups(tail ?? '')]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Looks at the local clock anew each time; a window past midnight is asked about the day before too. */
function isWithin({ days, from, to }: TimeWindow, timeZone: string, at: number): boolean {
  const text = new Date(at).toLocaleString('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
  const day = text.slice(0, 3).toLowerCase();
  const clock = text.slice(-5);
  const before = DAY_NAMES[(DAY_NAMES.indexOf(day) + 6) % 7] as (typeof days)[number];
  if (from < to) return days.includes(day as (typeof days)[number]) && from <= clock && clock < to;
  return (days.includes(day as (typeof days)[number]) && from <= clock) || (days.includes(before) && clock < to);
}
