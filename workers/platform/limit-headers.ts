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
