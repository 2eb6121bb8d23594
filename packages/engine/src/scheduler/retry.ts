import type { RetryPolicy } from '@agentflow/contracts';

/** The longest that a peer's Retry-After is followed. */
const RETRY_AFTER_CEILING_MS = 3_600_000;

/**
 * Milliseconds until the next attempt after `failures` failures: exponential with equal jitter (half fixed, half
 * random, so that attempts neither bunch nor come at once), never earlier than the peer's Retry-After.
 */
export function retryDelay(policy: RetryPolicy, failures: number, random: number, retryAfterMs = 0): number {
  const ceiling = Math.min(policy.max_ms, policy.initial_ms * policy.factor ** (failures - 1));
  const delay = ceiling / 2 + (ceiling / 2) * random;
  return Math.round(Math.max(delay, Math.min(retryAfterMs, RETRY_AFTER_CEILING_MS)));
}
