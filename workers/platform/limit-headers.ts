import { BUDGET_REMAINING_HEADER } from '@agentflow/contracts';
import type { LimitState } from '../../durable-objects/organization/client.ts';

/** More than these nobody reads. */
const MAX_SHOWN = 6;

/**
 * `RateLimit-Policy` and `RateLimit` as lists, in the order given (the tightest first): IETF
 * draft-ietf-httpapi-ratelimit-headers-10, `"key-hour";q=100;w=3600` and `"key-hour";r=99;t=1200`. None where nothing is limited.
 */
export function limitHeaders(limits: readonly LimitState[]): Record<string, string> {
  if (limits.length === 0) return {};
  const shown = limits.slice(0, MAX_SHOWN);
  return {
    'RateLimit-Policy': shown
      .map(({ policy, quota, window_seconds }) => `"${policy}";q=${quota};w=${window_seconds}`)
      .join(', '),
    RateLimit: shown
      .map(({ policy, remaining, reset_seconds }) => `"${policy}";r=${remaining};t=${reset_seconds}`)
      .join(', '),
  };
}

/** What the budgets of a start have left, in dollars; none where nothing limits it. */
export function budgetHeaders(remainingMicrousd: number | null): Record<string, string> {
  return remainingMicrousd === null ? {} : { [BUDGET_REMAINING_HEADER]: microusdText(remainingMicrousd) };
}

/** A decimal without an exponent, which numbers this small would get. */
function microusdText(microusd: number): string {
  return (microusd / 1_000_000).toFixed(6).replace(/\.?0+$/, '');
}
