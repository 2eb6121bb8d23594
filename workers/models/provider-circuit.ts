import type { StepError } from '@agentflow/engine';
import type { CallOutcome, CircuitRefusal } from '../platform/circuit.ts';

/** A limit that is far off counts as a failure: the provider is of no use until then. */
const LONG_LIMIT_MS = 60_000;

/**
 * What a call tells of its provider. A refusal of the request (4xx), of the content or of the key is an answer: the
 * provider is there. So is an answer that does not fit. `heard` is whether any of the answer had come.
 */
export function outcomeOf(error: StepError | null, aborted: boolean, heard: boolean): CallOutcome {
  if (error === null) return { verdict: 'ok' };
  if (aborted) return { verdict: error.code === 'model_timeout' && !heard ? 'timed_out' : 'neither' };
  switch (error.code) {
    case 'model_network':
    case 'model_timeout':
    case 'model_overloaded':
      return { verdict: error.retryable ? 'failed' : 'neither' };
    case 'model_rate_limited': {
      if (!error.retryable) return { verdict: 'neither' };
      const pause = error.retry_after_ms ?? 0;
      return { verdict: pause > LONG_LIMIT_MS ? 'failed' : 'neither', pause_ms: pause };
    }
    case 'model_unknown':
      return { verdict: 'neither' };
    default:
      return { verdict: 'ok' };
  }
}

/** The error of a call that was not made. A pause is a rate limit to whoever waits for it. */
export function refusedByCircuit({ reason, retry_after_ms }: CircuitRefusal, title: string): StepError {
  const seconds = Math.ceil(retry_after_ms / 1000);
  return reason === 'paused'
    ? {
        code: 'model_rate_limited',
        message: `${title} limits the rate of calls and is left alone for ${seconds} s.`,
        retryable: true,
        retry_after_ms,
      }
    : {
        code: 'upstream_unavailable',
        message: `${title} has failed too often and is left alone for ${seconds} s.`,
        retryable: true,
        retry_after_ms,
      };
}
