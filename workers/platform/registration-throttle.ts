import { type FailureLimit, failureCounter } from '../../durable-objects/ip-throttle/client.ts';
import type { Env } from './env.ts';
import { ApiError } from './errors.ts';
import { clientNetwork } from './ip-networks.ts';

/** A client registers once; a host with many windows, a few times. */
const REGISTRATIONS: FailureLimit = { failures: 30, window_ms: 60 * 60_000 };

/** Lets a network register so many OAuth clients an hour; throws `rate_limited` for more. */
export async function withRegistrationThrottle<T>(env: Env, ip: string, register: () => Promise<T>): Promise<T> {
  const network = clientNetwork(ip);
  if (network === null) return register();
  const counter = failureCounter(env.IP_THROTTLE, `register:${network}`);
  const admission = await counter.admit(REGISTRATIONS);
  if (!admission.allowed) {
    throw new ApiError('rate_limited', 'Too many clients were registered from this network. Try again later.', {
      headers: { 'Retry-After': String(admission.retry_after_seconds) },
    });
  }
  try {
    return await register();
  } finally {
    await counter.fail(REGISTRATIONS);
  }
}
