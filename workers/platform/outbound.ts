import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Env } from './env.ts';
import { checkDestination, type Destination, parseAllowList } from './outbound/destination.ts';
import { OutboundError, type OutboundErrorCode } from './outbound/error.ts';
import { DEFAULT_RESOLVER, requirePublicName } from './outbound/resolve.ts';

/**
 * The one guarded way out. Whatever calls a URL that a person, an agent or a provider setting named goes through here:
 * the URL is checked in all its spellings, its name is resolved and must lead to public addresses only, and redirects are
 * not followed, since their target was not checked.
 *
 * Limit: the address that was checked is not pinned for the connection that follows. A name that changes between the two
 * look-ups reaches what the runtime itself lets it reach: on Cloudflare the public Internet only; on a self-hosted
 * workerd its `network` service must stay at `allow = ["public"]`.
 */
export { OutboundError } from './outbound/error.ts';
export { MAX_ANSWER_BYTES, readBounded } from './outbound/read-bounded.ts';

export type OutboundEnv = Pick<Env, 'ENVIRONMENT' | 'OUTBOUND_ALLOW' | 'DNS_RESOLVER_URL'>;

const REDIRECTS = [301, 302, 303, 307, 308];

const ERROR_HEADER = 'x-agentflow-outbound-error';
const RETRYABLE_HEADER = 'x-agentflow-outbound-retryable';
const TIMEOUT_HEADER = 'x-agentflow-outbound-timeout-ms';

/** Headers that would let a caller pose as the platform or as another client of the called service. */
const DROPPED_REQUEST_HEADERS = [
  TIMEOUT_HEADER,
  'host',
  'cf-connecting-ip',
  'cf-worker',
  'x-forwarded-for',
  'x-real-ip',
];

/** By the rules of this installation; throws `outbound_blocked`. */
function destinationOf(env: OutboundEnv, url: string): Destination {
  const isProduction = env.ENVIRONMENT === 'production';
  const allow = isProduction ? new Set<string>() : parseAllowList(env.OUTBOUND_ALLOW);
  return checkDestination(url, { allow, httpsOnly: isProduction });
}

/** Why a URL can never be called, whatever its name leads to; null for one that may be. To be asked before it is stored. */
export function urlProblem(env: OutboundEnv, url: string): string | null {
  try {
    destinationOf(env, url);
    return null;
  } catch (error) {
    if (error instanceof OutboundError) return error.message;
    throw error;
  }
}

/**
 * Makes one call. The answer's body streams through uncut.
 *
 * @param options.timeout_ms until the answer's headers are there
 * @throws OutboundError; nothing else for what the other side or the network can do wrong
 */
export async function guardedFetch(
  env: OutboundEnv,
  request: Request,
  options: { timeout_ms?: number } = {},
): Promise<Response> {
  const destination = destinationOf(env, request.url);
  if (!destination.addressKnown) await requirePublicName(env.DNS_RESOLVER_URL ?? DEFAULT_RESOLVER, destination.host);

  const headers = new Headers(request.headers);
  for (const name of DROPPED_REQUEST_HEADERS) headers.delete(name);
  const timeout = new AbortController();
  const timer = options.timeout_ms === undefined ? undefined : setTimeout(() => timeout.abort(), options.timeout_ms);
  let response: Response;
  try {
    response = await fetch(
      new Request(request, { headers, redirect: 'manual', signal: AbortSignal.any([request.signal, timeout.signal]) }),
    );
  } catch {
    if (timeout.signal.aborted) {
      throw new OutboundError(
        'outbound_timeout',
        `${destination.host} did not answer within ${options.timeout_ms} ms.`,
      );
    }
    if (request.signal.aborted) throw new OutboundError('outbound_network', 'The call was cancelled.', false);
    throw new OutboundError('outbound_network', `${destination.host} could not be reached.`);
  } finally {
    clearTimeout(timer);
  }
  if (REDIRECTS.includes(response.status)) {
    await response.body?.cancel();
    throw new OutboundError(
      'outbound_redirect_refused',
      `${destination.host} answered with a redirect, which is not followed.`,
    );
  }
  return response;
}

/**
 * The same as an entrypoint: objects call it through `ctx.exports.Outbound`, so that each call has an invocation of its
 * own and parallel steps do not queue behind one invocation's six connections. An error is an answer with a header of
 * ours, since errors lose their class between invocations; an upstream cannot forge it, the header is taken off.
 */
export class Outbound extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const timeout = Number(request.headers.get(TIMEOUT_HEADER));
    try {
      const response = await guardedFetch(this.env, request, timeout > 0 ? { timeout_ms: timeout } : {});
      const headers = new Headers(response.headers);
      headers.delete(ERROR_HEADER);
      // A WebSocket that was opened passes through like a body does.
      if (response.webSocket !== null) {
        return new Response(null, { status: response.status, headers, webSocket: response.webSocket });
      }
      return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      return new Response(error.message, {
        status: 502,
        headers: { [ERROR_HEADER]: error.code, [RETRYABLE_HEADER]: String(error.retryable) },
      });
    }
  }
}

/** What the entrypoint's callers hold: `ctx.exports.Outbound`, or anything else that fetches. */
export interface OutboundFetcher {
  fetch(request: Request): Promise<Response>;
}

/**
 * A `fetch` that goes through the entrypoint, also as the AI SDK's `fetch`. Throws OutboundError. A signal ends the call
 * for the caller at once, and the upstream connection with it.
 */
export function outboundFetch(outbound: OutboundFetcher, options: { timeout_ms?: number } = {}): typeof fetch {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, { ...init, redirect: 'manual' });
    if (options.timeout_ms !== undefined) request.headers.set(TIMEOUT_HEADER, String(options.timeout_ms));
    const response = await outbound.fetch(request);
    const code = response.headers.get(ERROR_HEADER);
    if (code === null) return response;
    const retryable = response.headers.get(RETRYABLE_HEADER) === 'true';
    throw new OutboundError(code as OutboundErrorCode, await response.text(), retryable);
  };
}
