import { ERROR_CODES, type ExecutionError } from '@agentflow/contracts';
import type { ApiError } from '../../platform/errors.ts';

/** The body of every error of OpenAI's API. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A refusal as OpenAI's clients read it. `again`: whether the same request may be answered later; they repeat it by themselves. */
export class OpenAiRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: OpenAiError,
    readonly again: boolean,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(error.message);
    this.name = 'OpenAiRefusal';
  }
}

/** 400 for what this door does not take. */
export function refuse(code: string, message: string, param: string | null = null): OpenAiRefusal {
  return new OpenAiRefusal(400, { message, type: 'invalid_request_error', param, code }, false);
}

export function modelNotFound(model: string): OpenAiRefusal {
  const message = `The model "${model.slice(0, 200)}" does not exist or this key may not use it. GET /v1/models lists those that it may use.`;
  const error = { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' };
  return new OpenAiRefusal(404, error, false);
}

/** Statuses that OpenAI's clients give a class of its own, where ours differs. */
const STATUSES: Readonly<Record<number, number>> = {
  402: 429,
  405: 400,
  410: 404,
  412: 409,
  413: 400,
  415: 400,
  422: 400,
};
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
};
/** Money does not come back by waiting a moment. */
const QUOTAS = ['budget_exceeded', 'plan_limit_reached'];

/** A refusal of the platform in OpenAI's shape; codes stay ours, save those that clients of OpenAI branch on. */
export function ofApiError(error: ApiError): OpenAiRefusal {
  const { code, errors = [] } = error;
  const own = ERROR_CODES[code].status;
  const status = STATUSES[own] ?? own;
  const fields = errors.slice(0, 5).map(({ path, message }) => ` ${path} ${message}.`);
  const told = {
    message: error.message + fields.join(''),
    type: QUOTAS.includes(code) ? 'insufficient_quota' : (TYPES[status] ?? 'invalid_request_error'),
    param: errors[0]?.path ?? null,
    code: code === 'unauthenticated' ? 'invalid_api_key' : code,
  };
  const again = error.headers['Retry-After'] !== undefined && !QUOTAS.includes(code);
  return new OpenAiRefusal(status, told, again, rateLimitHeaders(error.headers));
}

/** A run that did not complete. Never repeated by a client: it has done work. */
export function ofRun(
  status: 'failed' | 'cancelled',
  executionId: string,
  error: ExecutionError | null,
): OpenAiRefusal {
  const why = error === null ? '' : ` ${error.message}`;
  const message = `The run ${executionId} ${status === 'failed' ? 'failed' : 'was cancelled'}.${why}`;
  if (error?.code === 'budget_exceeded') {
    return new OpenAiRefusal(429, { message, type: 'insufficient_quota', param: null, code: error.code }, false);
  }
  const code = error?.code ?? `execution_${status}`;
  return new OpenAiRefusal(
    status === 'failed' ? 500 : 409,
    { message, type: 'server_error', param: null, code },
    false,
  );
}

const POLICY = /^"[^"]*";q=(\d+)/;
const STATE = /^"[^"]*";r=(\d+);t=(\d+)/;

/** `RateLimit-Policy` and `RateLimit` also under the names that OpenAI's clients look for. */
export function rateLimitHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const limit = POLICY.exec(headers['RateLimit-Policy'] ?? '')?.[1];
  const [, remaining, reset] = STATE.exec(headers.RateLimit ?? '') ?? [];
  return {
    ...headers,
    ...(limit === undefined ? {} : { 'x-ratelimit-limit-requests': limit }),
    ...(remaining === undefined ? {} : { 'x-ratelimit-remaining-requests': remaining }),
    ...(reset === undefined ? {} : { 'x-ratelimit-reset-requests': `${reset}s` }),
  };
}

/** The answer of a refusal. */
export function answerRefusal({ status, error, again, headers }: OpenAiRefusal): Response {
  return Response.json({ error }, { status, headers: { ...headers, 'x-should-retry': String(again) } });
}
