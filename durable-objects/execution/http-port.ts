import type { HttpPort, HttpRequest, HttpResult, StepError } from '@agentflow/engine';
import { MAX_ANSWER_BYTES, OutboundError, readBounded } from '../../workers/platform/outbound.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { webhookHeaders } from '../../workers/platform/webhook-signature.ts';
import type { Markers } from './secrets/markers.ts';
import { placeSecrets, type Sendable, type SendableSecret, secretsIn } from './secrets/place-secrets.ts';
import { SecretRedaction } from './secrets/redact-secrets.ts';

export type SecretReading = ({ readonly kind: 'opened' } & SendableSecret) | { readonly kind: 'unreadable' };

export interface HttpPortOptions {
  /** The guarded way out. */
  readonly fetch: typeof fetch;
  readonly traceparent: string;
  /** The secrets of these names as they are now; names that the organization does not have are left out. */
  readonly readSecrets: (names: readonly string[]) => Promise<ReadonlyMap<string, SecretReading>>;
  /** Names of secrets that may have been sent before this object woke. */
  readonly sentBefore: readonly string[];
  readonly logger: () => Logger;
}

type Prepared = { readonly ok: true; readonly request: Sendable } | { readonly ok: false; readonly error: StepError };

/**
 * HTTP for one execution's steps, by the markers of the step that asks. Secrets are read when a request with markers in
 * it leaves, and never otherwise; what comes back is redacted before anybody sees it, for all secrets that the execution
 * has sent so far, since a later answer may repeat what an earlier request brought. After an eviction, these are read again
 * with the first request.
 */
export function httpPorts(options: HttpPortOptions): (markers: Markers) => HttpPort {
  const redaction = new SecretRedaction();
  let toRecall = options.sentBefore;
  /** The secrets of these names, all of them remembered for redaction; null where they can't be read now. */
  const read = async (names: readonly string[]): Promise<ReadonlyMap<string, SecretReading> | null> => {
    const wanted = [...new Set([...names, ...toRecall])];
    if (wanted.length === 0) return new Map();
    try {
      const readings = await options.readSecrets(wanted);
      toRecall = [];
      for (const [name, reading] of readings) if (reading.kind === 'opened') redaction.remember(name, reading.value);
      return readings;
    } catch (error) {
      options.logger().log('error', 'secrets.read_failed', describeError(error));
      return null;
    }
  };
  return (markers) => ({
    async request(request, { signal, enough }): Promise<HttpResult> {
      try {
        const prepared = await prepare(withSigningSecret(request), markers, read, redaction);
        if (!prepared.ok) return redactedFailure(prepared.error, redaction);
        const { url, body } = prepared.request;
        const headers = await signed(prepared.request, request.sign);
        const response = await options.fetch(url, {
          method: request.method,
          headers: { ...headers, 'Idempotency-Key': request.idempotency_key, traceparent: options.traceparent },
          body,
          signal,
        });
        const { text, truncated } = await readBounded(response, MAX_ANSWER_BYTES, enough);
        return {
          ok: true,
          status: response.status,
          headers: redaction.headers(response.headers),
          body: redaction.body(text, truncated),
          truncated,
        };
      } catch (error) {
        return redactedFailure(httpFailure(error, signal), redaction);
      }
    },
  });
}

/** Carries the signing secret through the placement of secrets as a header would be; it never leaves. */
const SIGNING_SECRET = 'x-agentflow-signing-secret';

function withSigningSecret(request: HttpRequest): HttpRequest {
  return request.sign === undefined
    ? request
    : { ...request, headers: { ...request.headers, [SIGNING_SECRET]: request.sign.secret } };
}

async function signed(
  { headers, body }: Sendable,
  sign: HttpRequest['sign'],
): Promise<Readonly<Record<string, string>>> {
  if (sign === undefined) return headers;
  const { [SIGNING_SECRET]: secret = '', ...sent } = headers;
  return { ...sent, ...(await webhookHeaders(secret, sign, body ?? '')) };
}

function redactedFailure(error: StepError, redaction: SecretRedaction): HttpResult {
  return { ok: false, error: { ...error, message: redaction.text(error.message) } };
}

/** The request with its secrets in it. */
async function prepare(
  request: HttpRequest,
  markers: Markers,
  read: (names: readonly string[]) => Promise<ReadonlyMap<string, SecretReading> | null>,
  redaction: SecretRedaction,
): Promise<Prepared> {
  const names = secretsIn(request, markers);
  const readings = await read(names);
  if (readings === null) {
    return {
      ok: false,
      error: { code: 'secrets_unavailable', message: 'Secrets can’t be read now.', retryable: true },
    };
  }
  if (names.length === 0) return { ok: true, request };
  const secrets = new Map<string, SendableSecret>();
  for (const name of names) {
    const reading = readings.get(name);
    if (reading === undefined) return failed('secret_missing', `There is no secret ${name}.`);
    if (reading.kind === 'unreadable') {
      return failed('secret_unreadable', `The secret ${name} can’t be opened. Set its value again.`);
    }
    secrets.set(name, reading);
  }
  const placement = placeSecrets(request, markers, secrets);
  if (!placement.ok) return placement;
  for (const { text, shown } of placement.encoded) redaction.rememberEncoded(text, shown);
  return placement;
}

function failed(code: string, message: string): Prepared {
  return { ok: false, error: { code, message, retryable: false } };
}

function httpFailure(error: unknown, signal: AbortSignal): StepError {
  if (signal.aborted) return { code: 'http_cancelled', message: 'The request was cancelled.', retryable: false };
  if (error instanceof OutboundError) {
    const { code, message, retryable, retry_after_ms } = error;
    return { code, message, retryable, ...(retry_after_ms === undefined ? {} : { retry_after_ms }) };
  }
  // Bad header values and the like: what `fetch` itself refuses before anything is sent.
  const message = error instanceof TypeError ? error.message : 'The request failed.';
  return { code: 'http_failed', message, retryable: !(error instanceof TypeError) };
}
