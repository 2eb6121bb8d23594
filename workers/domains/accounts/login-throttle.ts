import { type FailureLimit, failureCounter } from '../../../durable-objects/ip-throttle/client.ts';
import { sha256Hex } from '../../platform/digest.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { clientNetwork } from '../../platform/ip-networks.ts';
import { normalizeEmail } from './email.ts';

const WINDOW_MS = 15 * 60_000;
/** Failed logins within the window, after which every further one is refused. */
export const ACCOUNT_LIMIT: FailureLimit = { failures: 10, window_ms: WINDOW_MS };
export const IP_LIMIT: FailureLimit = { failures: 50, window_ms: WINDOW_MS };

/** Names of the counters: an address is hashed, since it may be anybody's, registered or not. */
export async function accountKey(email: string): Promise<string> {
  return `account:${await sha256Hex(normalizeEmail(email))}`;
}

/**
 * Runs one check of a password under the limits of its account and its client address. `attempt` throws
 * `invalid_credentials` for a wrong one, which both count; a right one clears the account's count, but not the address's,
 * or a guesser could reset it with an account of their own. Throws `rate_limited`, the same for addresses that are not
 * registered. A request without a client address is limited by account alone.
 */
export async function withLoginThrottle<T>(
  env: Env,
  who: { readonly email: string; readonly ip: string },
  attempt: () => Promise<T>,
): Promise<T> {
  const account = failureCounter(env.IP_THROTTLE, await accountKey(who.email));
  const network = clientNetwork(who.ip);
  const address = network === null ? null : failureCounter(env.IP_THROTTLE, `ip:${network}`);
  const counters = [
    { counter: account, limit: ACCOUNT_LIMIT },
    ...(address === null ? [] : [{ counter: address, limit: IP_LIMIT }]),
  ];
  const admitted = await Promise.all(
    counters.map(async ({ counter, limit }) => ({ counter, admission: await counter.admit(limit) })),
  );
  const waits = admitted.flatMap(({ admission }) => (admission.allowed ? [] : [admission.retry_after_seconds]));
  const release = () =>
    Promise.all(admitted.map(({ counter, admission }) => (admission.allowed ? counter.release() : undefined)));
  if (waits.length > 0) {
    await release();
    throw new ApiError('rate_limited', 'Too many failed attempts to sign in. Try again later.', {
      headers: { 'Retry-After': String(Math.max(...waits)) },
    });
  }
  try {
    const result = await attempt();
    await Promise.all([account.clear(), address?.release()]);
    return result;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'invalid_credentials') {
      await Promise.all(counters.map(({ counter, limit }) => counter.fail(limit)));
    } else await release();
    throw error;
  }
}
