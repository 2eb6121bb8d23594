import {
  CONDITION_LIMITS,
  type JsonValue,
  POLICY_ATTRIBUTES,
  type PolicyAttribute,
  type PolicyCondition,
  type PolicyLeaf,
} from '@agentflow/contracts';

export type ConditionGroup = Exclude<PolicyCondition, PolicyLeaf>;
export type Joint = 'all' | 'any' | 'not';

export const MAX_DEPTH = CONDITION_LIMITS.depth;

export function isGroup(condition: PolicyCondition): condition is ConditionGroup {
  return !('attribute' in condition);
}

export function jointOf(group: ConditionGroup): Joint {
  if ('all' in group) return 'all';
  return 'any' in group ? 'any' : 'not';
}

export function membersOf(group: ConditionGroup): PolicyCondition[] {
  if ('all' in group) return group.all;
  return 'any' in group ? group.any : [group.not];
}

/** Several under `not` stand in a group of their own: none of them may hold together. */
export function groupOf(joint: Joint, members: readonly PolicyCondition[]): ConditionGroup {
  if (joint === 'all') return { all: [...members] };
  if (joint === 'any') return { any: [...members] };
  const [only, ...more] = members;
  return { not: only !== undefined && more.length === 0 ? only : { any: [...members] } };
}

/** Where a member stands, in the words of the API. */
export function memberPath(group: ConditionGroup, index: number, path: string): string {
  const joint = jointOf(group);
  return joint === 'not' ? `${path}.not` : `${path}.${joint}.${index}`;
}

function firstValue(attribute: PolicyAttribute, operator: string, timezone: string): JsonValue {
  if (operator === 'exists') return true;
  switch (attribute) {
    case 'time':
      return { timezone, windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '18:00' }] };
    case 'cost_estimate_usd':
      return 1;
    case 'platform':
      return operator === 'in' || operator === 'not_in' ? ['claude_code'] : 'claude_code';
    case 'input':
      return operator === 'in' || operator === 'not_in' ? [] : '';
    case 'project':
      return operator === 'in' || operator === 'not_in' ? [] : '';
    default:
      return [];
  }
}

const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A condition to begin with; it may lack a value still, which the contract says then. */
export function newLeaf(attribute: PolicyAttribute, timezone = browserZone()): PolicyLeaf {
  const [operator = ''] = POLICY_ATTRIBUTES[attribute];
  const value = firstValue(attribute, operator, timezone);
  const leaf = attribute === 'input' ? { attribute, path: '', operator, value } : { attribute, operator, value };
  // What is typed is checked by the contract, not by its type.
  return leaf as PolicyLeaf;
}

/** The same condition with another operator; its value stays where it can. */
export function withOperator(leaf: PolicyLeaf, operator: string): PolicyLeaf {
  const first = firstValue(leaf.attribute, operator, browserZone());
  const kept = shapeOf(first) === shapeOf(leaf.value) ? leaf.value : first;
  const listed = Array.isArray(first) && !Array.isArray(leaf.value) && typeof leaf.value !== 'boolean';
  const value = listed && leaf.value !== '' ? [leaf.value] : kept;
  const single =
    !Array.isArray(first) && Array.isArray(leaf.value) && operator !== 'exists' ? leaf.value[0] : undefined;
  return { ...leaf, operator, value: single ?? value } as PolicyLeaf;
}

function shapeOf(value: unknown): string {
  return Array.isArray(value)
    ? 'list'
    : typeof value === 'boolean'
      ? 'boolean'
      : typeof value === 'object'
        ? 'object'
        : 'one';
}
