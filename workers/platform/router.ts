import {
  type ErrorCode,
  type ExternalOperation,
  type FieldError,
  type Permission,
  problem,
} from '@agentflow/contracts';
import { createRoute, OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { authorize } from './auth.ts';
import { boundedBody } from './body.ts';
import type { Caller, UncheckedKeyPrincipal } from './context.ts';
import type { Env } from './env.ts';
import { ApiError, invalid } from './errors.ts';
import { idempotent } from './idempotency.ts';
import type { Logger, TraceContext } from './telemetry.ts';

/** How a request's caller becomes a principal; bound to the accounts domain in app.ts. */
export type Authenticator = (request: {
  env: Env;
  authorization: string | undefined;
  apiKey: string | undefined;
  /** `X-External-Agent-ID`. */
  claimed: string | undefined;
  ip: string;
  country: () => string | null;
  deferKey: boolean;
  anyAddress: boolean;
}) => Promise<Caller | UncheckedKeyPrincipal | null>;

/** On the way of every request read variables by `c.get`: `c.var` makes an object of all of them at each access. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    trace: TraceContext;
    log: Logger;
    ip: string;
    /** Where the request came from, as the edge tells it (ISO 3166-1 alpha-2); null where it does not. */
    country: () => string | null;
    authenticate: Authenticator;
    /** Set by `authorize` on every route that is not public. */
    principal: Caller | UncheckedKeyPrincipal;
    /** Whether a route with `deferKey` has handed its caller to admission, which checks the API key. */
    admissionAsked: boolean | undefined;
    /** The body as text, read once under the size bound; absent on requests without a body. */
    bodyText: string | undefined;
  };
}

/** A router whose validation failures are `validation_failed` with every field named, or `not_found` for a path's ids. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      // An id of the wrong form names nothing, like any other unknown id.
      if (result.target === 'param') throw new ApiError('not_found', 'There is nothing with this id.');
      const errors: FieldError[] = result.error.issues.slice(0, 100).map((issue) => ({
        path: issue.path.map(String).join('.'),
        message: issue.message,
      }));
      throw invalid(errors);
    },
  });
}

const problemContent = { 'application/problem+json': { schema: problem } };

interface Documented {
  readonly description: string;
  readonly 'x-error-codes'?: readonly ErrorCode[];
}

/** A documented refusal of an operation, for `responses`, with the codes that tell its causes apart. */
export function refusal(description: string, ...codes: readonly ErrorCode[]) {
  return { description, content: problemContent, ...(codes.length === 0 ? {} : { 'x-error-codes': codes }) };
}

/**
 * Who may call an operation: a permission, anybody signed in to the organization, external agents alone, or anybody at
 * all.
 */
export type Access = Permission | 'signed_in' | 'external' | 'public';

type Operation = Omit<RouteConfig, 'middleware' | 'security'> & {
  access: Access;
  /** Honour `Idempotency-Key` by storing the first answer (creates). Starts have their own way through admission. */
  idempotent?: boolean;
  /** The handler's own admission call checks the API key: saves one object call on the hot path. */
  deferKey?: boolean;
  /**
   * People may call it from an address that the organization's IP allowlist refuses: what is theirs and not the
   * organization's, and the way to another one. API keys are refused all the same.
   */
  anyAddress?: boolean;
  /** What an external agent must be allowed to do, so that its key passes; without it, none does. */
  external?: ExternalOperation;
};

/**
 * Declares a route: who may call it stands beside its schemas and is written into the OpenAPI document (`x-access`),
 * from which the refusal test takes every route. The order is fixed: authorization, then the bounded body, then the
 * idempotency claim, then validation, so that nothing is read of or told to a caller who may not be here.
 *
 * A declared JSON body is always validated: a request without one is validated as `{}`.
 */
export function operation<const O extends Operation>(spec: O): O {
  const { access, idempotent: replays, deferKey, anyAddress, external, ...config } = spec;
  const middleware: MiddlewareHandler<AppEnv>[] = [];
  if (access !== 'public')
    middleware.push(
      authorize(access, { deferKey: deferKey === true, anyAddress: anyAddress === true, external: external ?? null }),
    );
  middleware.push(boundedBody());
  if (replays === true) middleware.push(idempotent());
  const refusals: Record<number, ReturnType<typeof refusal>> = {};
  const refuse = (status: number, description: string, codes: readonly ErrorCode[]) => {
    const own = config.responses[status] as Documented | undefined;
    if (own === undefined) refusals[status] = refusal(description, ...codes);
    else refusals[status] = refusal(own.description, ...new Set([...(own['x-error-codes'] ?? []), ...codes]));
  };
  const claims = replays === true || deferKey === true;
  if (config.request?.body !== undefined) {
    refuse(400, 'The body is not JSON', ['malformed_json']);
    refuse(413, 'The body is too large', ['payload_too_large']);
    refuse(415, 'The body has another content type', ['unsupported_media_type']);
  }
  refuse(422, 'The request is not valid', [
    'validation_failed',
    ...(claims ? (['idempotency_key_reused'] as const) : []),
  ]);
  if (claims)
    refuse(409, 'The first request with this Idempotency-Key has not been answered', ['idempotency_in_progress']);
  if (access !== 'public') {
    refuse(401, 'The credential is missing, wrong, expired or revoked', ['unauthenticated', 'token_expired']);
    refuse(403, "The permission is missing, or the client's address is not on the IP allowlist", [
      'forbidden',
      'ip_not_allowed',
      ...(external === undefined ? [] : (['external_agent_inactive', 'external_agent_mismatch'] as const)),
    ]);
    refuse(429, 'A rate limit is reached', ['rate_limited']);
  }
  if (config.path.includes('{')) refuse(404, 'There is no such object in this organization', ['not_found']);
  const body = config.request?.body;
  return createRoute({
    ...config,
    ...(body === undefined ? {} : { request: { ...config.request, body: { ...body, required: true } } }),
    middleware,
    security: access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }],
    'x-access': access,
    ...(external === undefined ? {} : { 'x-external-agents': external }),
    ...(replays === true || deferKey === true ? { 'x-idempotency-key': true } : {}),
    responses: { ...config.responses, ...refusals },
    // Handlers infer params, query, body and answers from the spec's own type: what is added here they never see.
  } as RouteConfig) as unknown as O;
}

/** `content` of a JSON body or answer. */
export function json<S>(schema: S) {
  return { 'application/json': { schema } };
}
