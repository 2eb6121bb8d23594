import { type Permission, roleAllows } from '@agentflow/contracts';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { actorOf, type Principal, type RequestContext, type UncheckedKeyPrincipal } from './context.ts';
import { ApiError, unauthenticated } from './errors.ts';
import { limitHeaders } from './limit-headers.ts';
import type { Access, AppEnv } from './router.ts';

/**
 * 401 for a caller that is not known, 403 for one that comes from elsewhere or lacks the permission: before anything else
 * is told. With `deferKey` the handler's admission checks an API key; a request that is refused before it gets there is
 * checked here, so that what is wrong with it is told only to those who may know.
 */
export function authorize(access: Exclude<Access, 'public'>, options: CallerOptions) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const principal = await identify(c, options);
    if (principal.kind === 'api_key') {
      for (const [name, value] of Object.entries(limitHeaders(principal.limits ?? []))) c.header(name, value);
    }
    if (principal.kind !== 'unchecked_key') requireAccess(principal, access);
    c.set('principal', principal);
    c.set('log', c.var.log.with({ organization_id: principal.organization_id, principal: principal.kind }));
    await next();
    if (principal.kind === 'unchecked_key' && c.error !== undefined && c.get('admissionAsked') !== true) {
      const checked = await identify(c);
      if (checked.kind !== 'unchecked_key') requireAccess(checked, access);
    }
  });
}

/** See `Operation`. */
interface CallerOptions {
  readonly deferKey: boolean;
  readonly anyAddress: boolean;
}

/** The caller; or a thrown 401, or 403 for one whose address the organization does not let in. */
export async function identify(
  c: Context<AppEnv>,
  options: CallerOptions = { deferKey: false, anyAddress: false },
): Promise<Principal | UncheckedKeyPrincipal> {
  const principal = await c.var.authenticate({
    env: c.env,
    authorization: c.req.header('authorization'),
    apiKey: c.req.header('x-api-key'),
    ip: c.var.ip,
    ...options,
  });
  if (principal === null) throw unauthenticated();
  return principal;
}

export function requireAccess(principal: Principal, access: Exclude<Access, 'public'>): void {
  if (access === 'signed_in') return;
  if (isAllowed(principal, access)) return;
  throw new ApiError(
    'forbidden',
    principal.kind === 'user'
      ? `The role ${principal.role} does not have the permission ${access}.`
      : `The API key does not have the scope ${access}.`,
  );
}

export function isAllowed(principal: Principal, permission: Permission): boolean {
  return principal.kind === 'user' ? roleAllows(principal.role, permission) : principal.scopes.includes(permission);
}

/** What a service needs of the request. Only for routes whose principal is checked: all but those with `deferKey`. */
export function requestContext(c: Context<AppEnv>): RequestContext {
  const principal: Principal | UncheckedKeyPrincipal = c.var.principal;
  if (principal.kind === 'unchecked_key') throw new Error('this route must check its API key through admission');
  return {
    env: c.env,
    organizationId: principal.organization_id,
    principal,
    actor: actorOf(principal),
    requestId: c.var.requestId,
    trace: c.var.trace,
    ip: c.var.ip,
    userAgent: (c.req.header('user-agent') ?? '').slice(0, 400),
    log: c.var.log,
    now: Date.now,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}
