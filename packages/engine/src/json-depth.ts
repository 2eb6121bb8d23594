import type { JsonValue } from '@agentflow/contracts';

/** Whether a value nests at most so many levels: deeper ones overflow whatever walks them. */
export function depthWithin(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => depthWithin(item, levels - 1));
}
