import { ERROR_CODES, type ErrorCode, type FieldError, type Problem, type ProposalMerge } from '@agentflow/contracts';

/**
 * An expected refusal on its way to the caller: the only error that routes and services throw on purpose. Everything
 * else that reaches the edge of the app is a bug and is answered as `internal_error` with a request id.
 */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** With `draft_moved`. */
  readonly merge: ProposalMerge | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: { errors?: readonly FieldError[]; headers?: Record<string, string>; merge?: ProposalMerge } = {},
  ) {
    super(detail);
    this.name = 'ApiError';
    this.code = code;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
    this.merge = options.merge;
  }
}

/** 404 for an object that does not exist or belongs to another organization: the two are not told apart. */
export function notFound(what: string, id: string): ApiError {
  return new ApiError('not_found', `There is no ${what} ${id}.`);
}

export function unauthenticated(detail = 'Send an access token or an API key in the Authorization header.'): ApiError {
  return new ApiError('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

export function invalid(errors: readonly FieldError[], detail = 'Some fields are not valid.'): ApiError {
  return new ApiError('validation_failed', detail, { errors });
}

/** The wire form of an error. `type` is a stable URN-like path on this server, documented in docs/errors.md. */
export function problemOf(error: ApiError, requestId: string): Problem {
  const { status, title } = ERROR_CODES[error.code];
  return {
    type: `/docs/errors#${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.errors === undefined ? {} : { errors: [...error.errors] }),
    ...(error.merge === undefined ? {} : { merge: error.merge }),
  };
}
