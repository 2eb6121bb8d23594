import type { CircuitGate } from '../circuit.ts';
import { OutboundError } from './error.ts';

/** The host of a URL with its port, as one circuit covers it; null for what no call is made to. */
function hostOf(input: RequestInfo | URL): string | null {
  const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
  return URL.canParse(url) ? new URL(url).host.replace(/\.(?=:|$)/, '') : null;
}

/**
 * A `fetch` of the guarded client with a circuit breaker before each host. A host fails by not being reached, not
 * answering in time, or answering 5xx; what was refused before it was sent and what the caller cancelled tell nothing.
 * An open circuit throws OutboundError `upstream_unavailable` and sends nothing.
 */
export function circuitFetch(outbound: typeof fetch, gateOf: (host: string) => CircuitGate): typeof fetch {
  return async (input, init) => {
    const host = hostOf(input);
    if (host === null) return outbound(input, init);
    const entry = await gateOf(host).enter();
    if (!entry.allowed) {
      const { retry_after_ms } = entry.refusal;
      const seconds = Math.ceil(retry_after_ms / 1000);
      throw new OutboundError(
        'upstream_unavailable',
        `${host} has failed too often and is left alone for ${seconds} s.`,
        true,
        retry_after_ms,
      );
    }
    try {
      const response = await outbound(input, init);
      await entry.end({ verdict: response.status >= 500 ? 'failed' : 'ok' });
      return response;
    } catch (error) {
      await entry.end({ verdict: verdictOf(error, init?.signal) });
      throw error;
    }
  };
}

function verdictOf(error: unknown, signal: AbortSignal | null | undefined): 'ok' | 'failed' | 'timed_out' | 'neither' {
  if (signal?.aborted === true) return signal.reason?.name === 'TimeoutError' ? 'timed_out' : 'neither';
  if (!(error instanceof OutboundError)) return 'neither';
  // A redirect that is not followed is an answer.
  if (error.code === 'outbound_redirect_refused') return 'ok';
  return error.retryable ? 'failed' : 'neither';
}
