import type { RetentionRule } from '../organization/client.ts';

const DAY_MS = 24 * 3_600_000;

/** When an execution that ended at `finishedAt` is deleted; null for never. */
export function expiryOf({ days, effective_at }: RetentionRule, finishedAt: number): number | null {
  return days === null ? null : Math.max(finishedAt + days * DAY_MS, effective_at);
}
