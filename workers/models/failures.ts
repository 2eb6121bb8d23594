import type { StepError } from '@agentflow/engine';
import type { ModelsConfig } from './adapter.ts';
import { rateLimitWait, retryAfter } from './rate-limits.ts';

/** Thrown around the guarded fetch, so that a failed connection is told from everything an SDK may throw by itself. */
export class ModelConnectionError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'ModelConnectionError';
  }
}

export interface FailureContext {
  /** The provider as people know it. */
  readonly title: string;
  readonly model: string;
  /** Variable that holds the credential. */
  readonly credential: string;
  readonly config: ModelsConfig;
  /** Milliseconds since the epoch; a Retry-After that is a date counts from here. */
  readonly now: number;
}

/** The parts of the AI SDK's errors that classification reads: whole calls, and error events inside a stream. */
interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Type and code that the provider names in its body, lower case. */
  readonly kind: string;
  readonly body: string;
  readonly cause: unknown;
}

const EXCERPT_LENGTH = 200;
const KEY_LIKE = /\b(?:sk|pk|rk|key|AIza|ya29|gsk|xai|Bearer)[-_ ]?[A-Za-z0-9._*-]{8,}/g;

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function words(value: unknown): string {
  const { type, code, status, error } = record(value);
  const inner = error === undefined ? '' : words(error);
  return [type, code, status, inner]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .toLowerCase();
}

function errorParts(error: unknown): ErrorParts {
  const source = record(error);
  const body = record(source.data);
  const inner = record(source.error);
  const message = [source.message, inner.message, record(body.error).message].find((part) => typeof part === 'string');
  const status = typeof source.statusCode === 'number' ? source.statusCode : undefined;
  const headers = record(source.responseHeaders) as Record<string, string>;
  return {
    name: typeof source.name === 'string' ? source.name : '',
    message: typeof message === 'string' ? message : String(error),
    status,
    headers,
    kind: `${words(error)} ${words(source.data)}`,
    body: typeof source.responseBody === 'string' ? source.responseBody : '',
    cause: source.cause,
  };
}

/** A piece of a provider's message that may stand in an answer: no key, one line, short. */
export function safeExcerpt(text: string, config: ModelsConfig): string {
  let safe = text;
  const keys = [
    config.OPENAI_API_KEY,
    config.ANTHROPIC_API_KEY,
    config.GOOGLE_API_KEY,
    config.OLLAMA_API_KEY,
    config.CUSTOM_API_KEY,
  ];
  for (const key of keys) {
    if (key !== undefined && key.length >= 4) safe = safe.replaceAll(key, '[key]');
  }
  safe = safe.replace(KEY_LIKE, '[key]').replace(/\s+/g, ' ').trim();
  return safe.length > EXCERPT_LENGTH ? `${safe.slice(0, EXCERPT_LENGTH)}…` : safe;
}

function statusOf(parts: ErrorParts): number | undefined {
  if (parts.status !== undefined) return parts.status;
  // Error events inside a stream carry a type instead of a status.
  if (/overloaded|server_error|api_error|unavailable|internal/.test(parts.kind)) return 529;
  if (/rate_limit|resource_exhausted/.test(parts.kind)) return 429;
  if (/authentication|permission/.test(parts.kind)) return 401;
  if (/not_found/.test(parts.kind)) return 404;
  if (/invalid_request|invalid_argument/.test(parts.kind)) return 400;
  return undefined;
}

/**
 * One failed call as a step error. Codes are stable; whether to try again is the engine's decision, which reads
 * `retryable` and `retry_after_ms`. Messages carry at most a short excerpt of what the provider said, never a key.
 */
export function classifyFailure(error: unknown, context: FailureContext): StepError {
  const { title, model, config } = context;
  const parts = errorParts(error);
  const excerpt = safeExcerpt(parts.message, config);
  const said = excerpt === '' ? '' : ` (${excerpt})`;
  const status = statusOf(parts);
  const wait =
    status === 429 ? rateLimitWait(parts.headers, parts.body, context.now) : retryAfter(parts.headers, context.now);

  const connection = [error, parts.cause].find((one) => record(one).name === 'ModelConnectionError');
  if (connection !== undefined) {
    // The guarded client tells with `retryable` whether it refused the address or failed to reach it.
    const guard = record(record(connection).cause);
    if (guard.code === 'outbound_timeout') {
      return { code: 'model_timeout', message: `${title} took too long to answer${said}.`, retryable: true };
    }
    return {
      code: 'model_network',
      message: `${title} could not be reached${said}.`,
      retryable: guard.retryable !== false,
    };
  }
  if (/content_filter|content_policy|safety|prohibited_content/.test(parts.kind)) {
    return {
      code: 'model_content_filtered',
      message: `${title} declined the content of the prompt.`,
      retryable: false,
    };
  }
  if (
    status === 401 ||
    status === 403 ||
    (status === 400 && /api[ _]key not valid|api_key_invalid/i.test(parts.message + parts.kind))
  ) {
    return {
      code: 'model_auth',
      message: `${title} refused the credential in ${context.credential} (HTTP ${status}).`,
      retryable: false,
    };
  }
  if (status === 404) {
    return {
      code: 'model_not_found',
      message: `${title} has no model ${model} for this account${said}.`,
      retryable: false,
    };
  }
  if (status === 429) {
    // A used-up balance answers 429 too, and does not refill by waiting.
    const retryable = !/insufficient_quota|billing/.test(parts.kind);
    return {
      code: 'model_rate_limited',
      message: `${title} limits the rate of calls${said}.`,
      retryable,
      ...(wait === undefined ? {} : { retry_after_ms: wait }),
    };
  }
  if (status === 408 || status === 504) {
    return { code: 'model_timeout', message: `${title} took too long to answer (HTTP ${status}).`, retryable: true };
  }
  if (status !== undefined && status >= 500) {
    return {
      code: 'model_overloaded',
      message: `${title} has a problem or is overloaded (HTTP ${status})${said}.`,
      retryable: true,
      ...(wait === undefined ? {} : { retry_after_ms: wait }),
    };
  }
  if (status !== undefined && status >= 400) {
    return {
      code: 'model_bad_request',
      message: `${title} rejected the request (HTTP ${status})${said}.`,
      retryable: false,
    };
  }
  if (
    /JSONParse|TypeValidation|EmptyResponseBody|InvalidResponseData|NoContentGenerated/.test(
      `${parts.name} ${record(parts.cause).name}`,
    )
  ) {
    return {
      code: 'model_output_invalid',
      message: `${title} gave an answer that could not be read.`,
      retryable: true,
    };
  }
  if (status !== undefined) {
    return { code: 'model_network', message: `The connection to ${title} broke during its answer.`, retryable: true };
  }
  if (/UnsupportedFunctionality|InvalidPrompt|InvalidArgument|NoSuchModel/.test(parts.name)) {
    return { code: 'model_bad_request', message: `${title} cannot serve this request${said}.`, retryable: false };
  }
  if (parts.name === 'AI_APICallError' || /network|connection|socket|terminated|disconnect/i.test(parts.message)) {
    return { code: 'model_network', message: `The connection to ${title} broke.`, retryable: true };
  }
  return { code: 'model_unknown', message: `${title} failed in an unknown way${said}.`, retryable: false };
}

/** The error of a call whose signal was aborted: a time limit may be tried again, a cancellation not. */
export function abortFailure(signal: AbortSignal, title: string): StepError {
  return record(signal.reason).name === 'TimeoutError'
    ? { code: 'model_timeout', message: `${title} did not answer within the time limit.`, retryable: true }
    : { code: 'model_cancelled', message: 'The call was cancelled.', retryable: false };
}
