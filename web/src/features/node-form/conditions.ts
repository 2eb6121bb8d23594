import type { Condition, ConditionGroup, ConditionNode, JsonValue } from '@agentflow/contracts';
import { conditionGroup } from '@agentflow/contracts';

export type Joint = 'all' | 'any';

export const NEW_CONDITION: Condition = { field: '', operator: 'equals', value: '' };

/** A stored value as a group that the builder shows; null for what it can't, such as one `{{…}}` for all of it. */
export function readGroup(value: JsonValue | undefined): ConditionGroup | null {
  if (value === undefined) return { all: [NEW_CONDITION] };
  // A group that lost its last condition is not valid, and still has to be shown.
  if (isEmptyGroup(value)) return value;
  const parsed = conditionGroup.safeParse(value);
  return parsed.success ? (value as unknown as ConditionGroup) : null;
}

function isEmptyGroup(value: JsonValue): value is ConditionGroup & { [key: string]: JsonValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [key, ...more] = Object.keys(value);
  const list = key === 'all' || key === 'any' ? value[key] : undefined;
  return more.length === 0 && Array.isArray(list) && list.length === 0;
}

export function isGroup(node: ConditionNode): node is ConditionGroup {
  return !('operator' in node);
}

export function jointOf(group: ConditionGroup): Joint {
  return 'all' in group ? 'all' : 'any';
}

export function membersOf(group: ConditionGroup): readonly ConditionNode[] {
  return 'all' in group ? group.all : group.any;
}

export function groupOf(joint: Joint, members: readonly ConditionNode[]): ConditionGroup {
  return joint === 'all' ? { all: [...members] } : { any: [...members] };
}

/** The group with one member replaced, or taken out where it is null. */
export function withMember(group: ConditionGroup, index: number, member: ConditionNode | null): ConditionGroup {
  const members = membersOf(group).flatMap((each, at) => (at === index ? (member === null ? [] : [member]) : [each]));
  return groupOf(jointOf(group), members);
}

/** As the config stores it. A group is JSON: its type only says so in more words. */
export function conditionsToStore(group: ConditionGroup): JsonValue {
  return group as unknown as JsonValue;
}
