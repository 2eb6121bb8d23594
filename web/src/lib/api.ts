import type { ErrorCode, FieldError, JsonValue, Problem } from '@agentflow/contracts';
import { accessToken, currentSession, exclusively, refreshSession, setNetworkRefused, whoAndWhere } from './session.ts';

const BASE = '/api/v1';

/** Any refusal or failure of a request, in the words of its problem document. */
export class RequestFailure extends Error {
  readonly status: number;
  readonly code: ErrorCode | 'network_error' | 'unreadable_answer' | 'session_moved';
  readonly title: string;
  readonly requestId: string | null;
  readonly errors: readonly FieldError[];
  /** What a draft that has moved comes to, where the server tells. */
  readonly merge: JsonValue | undefined;

  constructor(failure: {
    status: number;
    code: RequestFailure['code'];
    title: string;
    detail: string;
    requestId: string | null;
    errors?: readonly FieldError[] | undefined;
    merge?: JsonValue | undefined;
  }) {
    super(failure.detail);
    this.name = 'RequestFailure';
    this.status = failure.status;
    this.code = failure.code;
    this.title = failure.title;
    this.requestId = failure.requestId;
    this.errors = failure.errors ?? [];
    this.merge = failure.merge;
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with `contentType`. */
  readonly text?: { readonly content: string; readonly contentType: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Begins or moves the session of this browser, so no refresh may run beside it, in no tab. */
  readonly changesSession?: boolean;
}

function send(path: string, options: RequestOptions): Promise<Response> {
  return options.changesSession ? exclusively(() => sendOnce(path, options)) : sendOnce(path, options);
}

function sendOnce(path: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers(options.headers);
  headers.set('Accept', 'application/json');
  if (options.changesSession) headers.set('X-AgentFlow-CSRF', '1');
  const token = accessToken();
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  let body: string | undefined;
  if (options.text !== undefined) {
    headers.set('Content-Type', options.text.contentType);
    body = options.text.content;
  } else if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    body = JSON.stringify(options.body);
  }
  return fetch(`${BASE}${path}`, {
    method: options.method ?? 'GET',
    headers,
    ...(body === undefined ? {} : { body }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

async function failureOf(response: Response): Promise<RequestFailure> {
  const requestId = response.headers.get('x-request-id');
  try {
    const problem = (await response.json()) as Problem;
    return new RequestFailure({
      status: response.status,
      code: problem.code,
      title: problem.title,
      detail: problem.detail,
      requestId: problem.request_id ?? requestId,
      errors: problem.errors,
      merge: problem.merge as JsonValue | undefined,
    });
  } catch {
    return new RequestFailure({
      status: response.status,
      code: 'unreadable_answer',
      title: 'The server gave an answer that could not be read',
      detail: `It answered with status ${response.status}. Try again in a moment.`,
      requestId,
    });
  }
}

/** Sends a request with the session's token; after a 401 that is about the token once more with a fresh one. Throws RequestFailure. */
export async function fetchApi(path: string, options: RequestOptions = {}): Promise<Response> {
  let response: Response;
  const before = whoAndWhere(currentSession());
  try {
    const hadToken = accessToken() !== null;
    response = await send(path, options);
    if (response.status === 401 && hadToken) {
      const failure = await failureOf(response);
      // A wrong password stays wrong with a fresh token, and a second try would count twice.
      if (failure.code === 'invalid_credentials' || !(await refreshSession())) throw failure;
      // What was meant for one organization must never be done in another.
      if (whoAndWhere(currentSession()) !== before) throw sessionMoved();
      response = await send(path, options);
    }
  } catch (error) {
    if (error instanceof RequestFailure || (error instanceof DOMException && error.name === 'AbortError')) throw error;
    throw new RequestFailure({
      status: 0,
      code: 'network_error',
      title: 'The server could not be reached',
      detail: 'Check your connection and try again. Nothing was changed.',
      requestId: null,
    });
  }
  if (!response.ok) {
    const failure = await failureOf(response);
    if (failure.code === 'ip_not_allowed' && whoAndWhere(currentSession()) === before) setNetworkRefused(true);
    throw failure;
  }
  return response;
}

function sessionMoved(): RequestFailure {
  return new RequestFailure({
    status: 0,
    code: 'session_moved',
    title: 'You are in another organization now',
    detail: 'Your session has moved there since this page was opened. Nothing was changed.',
    requestId: null,
  });
}

/** Sends a request and gives its JSON answer. The caller names the contract's type of that endpoint. */
export async function api<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await fetchApi(path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Query string of the values that are set, with its question mark, or nothing. */
export function queryString(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** A fresh value for `Idempotency-Key`: made once per intent, so that a repeated click starts nothing twice. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}
