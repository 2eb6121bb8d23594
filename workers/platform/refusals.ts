import type { Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { ApiError, problemOf } from './errors.ts';
import type { AppEnv } from './router.ts';
import { describeError } from './telemetry.ts';

/** Hono's own refusals in our vocabulary. */
function ofHttpException(error: HTTPException): ApiError | null {
  switch (error.status) {
    case 400:
      return new ApiError('malformed_request', error.message === '' ? 'The request could not be read.' : error.message);
    case 413:
      return new ApiError('payload_too_large', 'The body is too large.');
    case 415:
      return new ApiError('unsupported_media_type', 'Send the body in a content type that this operation takes.');
    default:
      return null;
  }
}

/** What the platform throws for an object that can't be asked just now: it restarts, moves, or has too much to do. */
function ofUnreachableObject(error: Error & { retryable?: unknown; overloaded?: unknown }): ApiError | null {
  if (error.retryable !== true && error.overloaded !== true) return null;
  return new ApiError('upstream_unavailable', 'This could not be answered just now. Try again.', {
    headers: { 'Retry-After': error.overloaded === true ? '5' : '1' },
  });
}

/** Answers an error as problem+json. What nobody refused on purpose is logged with its stack and told as a request id. */
export function answerError(error: unknown, c: Context<AppEnv>): Response {
  let refusal: ApiError | null = null;
  if (error instanceof ApiError) refusal = error;
  else if (error instanceof HTTPException) refusal = ofHttpException(error);
  else if (error instanceof Error) {
    refusal = ofUnreachableObject(error);
    if (refusal !== null) c.get('log').log('warn', 'http.object_unreachable', describeError(error));
  }
  if (refusal === null) {
    c.get('log').log('error', 'http.unexpected_error', describeError(error));
    refusal = new ApiError('internal_error', 'The error was logged under this request id.');
  }
  const problem = problemOf(refusal, c.get('requestId'));
  return c.body(JSON.stringify(problem), problem.status as 500, {
    ...refusal.headers,
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  });
}

interface Known {
  readonly method: string;
  readonly path: RegExp;
}

const tables = new WeakMap<object, readonly Known[]>();

function knownRoutes(app: Hono<AppEnv>): readonly Known[] {
  let table = tables.get(app);
  if (table === undefined) {
    table = app.routes
      .filter((route) => route.method !== 'ALL' && !route.path.includes('*'))
      .map((route) => ({
        method: route.method,
        path: new RegExp(
          `^${route.path.replaceAll(/[.+?^$()[\]{}|\\]/g, '\\$&').replaceAll(/:[A-Za-z_]+/g, '[^/]+')}$`,
        ),
      }));
    tables.set(app, table);
  }
  return table;
}

/** Methods that a path answers to, for `Allow`; empty when there is no such path. */
export function allowedMethods(app: Hono<AppEnv>, path: string): string[] {
  const methods = new Set(
    knownRoutes(app)
      .filter((route) => route.path.test(path))
      .map((route) => route.method),
  );
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

/** 405 where the path exists with another method, 404 elsewhere. */
export function refuseUnknown(app: Hono<AppEnv>, c: Context<AppEnv>): never {
  const allowed = allowedMethods(app, c.req.path);
  if (allowed.length === 0) throw new ApiError('not_found', 'There is nothing at this path.');
  throw new ApiError('method_not_allowed', `This path answers to ${allowed.join(', ')}.`, {
    headers: { Allow: allowed.join(', ') },
  });
}
