import { guardedFetch, type OutboundEnv, readBounded } from '../outbound.ts';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Small calls of another service's API, through the guard. `refused` is told of answers that are not 2xx. */
export function outboundCall(
  env: OutboundEnv,
  refused?: (answer: { readonly host: string; readonly status: number }) => void,
) {
  return async ({ url, ...init }: Call) => {
    const request = new Request(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const response = await guardedFetch(env, request);
    const { text } = await readBounded(response, MAX_ANSWER_BYTES);
    const { status, headers, ok } = response;
    if (!ok) refused?.({ host: new URL(url).host, status });
    return { status, headers: Object.fromEntries(headers), body: text };
  };
}
