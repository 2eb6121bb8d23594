import type { IpThrottleObject } from './object.ts';

/** How many failures within a sliding window are allowed. */
export interface FailureLimit {
  readonly failures: number;
  readonly window_ms: number;
}

export type AttemptAdmission =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retry_after_seconds: number };

/** The counter of one key: `ip:<network>` or `account:<SHA-256 of the address>`. */
export function failureCounter(
  namespace: DurableObjectNamespace<IpThrottleObject>,
  key: string,
): DurableObjectStub<IpThrottleObject> {
  return namespace.get(namespace.idFromName(key));
}
