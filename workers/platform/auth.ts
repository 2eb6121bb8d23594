import { EXTERNAL_AGENT_HEADER, type ExternalOperation, type Permission, roleAllows } from '@agentflow/contracts';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import {
  actorOf,
  type Caller,
  type ExternalAgentPrincipal,
  type Principal,
  type RequestContext,
  type UncheckedKeyPrincipal,
} from './context.ts';
import { ApiError, unauthenticated } from './errors.ts';
import { limitHeaders } from './limit-headers.ts';
import type { Access, AppEnv } from './router.ts';

/**
 * 401 for a caller that is not known, 403 for one that comes from elsewhere or lacks the permission: before anything else
 * is told. With `deferKey` the handler's admission checks an API key; a request that is refused before it gets there is
 * checked here, so that what is wrong with it is told only to those who may know.
 */
export function authorize(
  access: Exclude<Access, 'public'>,
  options: CallerOptions & { readonly external: ExternalOperation | null },
) {
  const { external } = options;
  return createMiddleware<AppEnv>(async (c, next) => {
    const principal = await identify(c, options);
    if (principal.kind === 'api_key' || principal.kind === 'external_agent') {
      for (const [name, value] of Object.entries(limitHeaders(principal.limits ?? []))) c.header(name, value);
    }
    if (principal.kind !== 'unchecked_key') requireAccess(principal, access, external);
    // Nothing on this route's way asks whether an external agent's key is good.
    else if (principal.form === 'external_agent' && external === null) await refuseExternal(c, access);
    c.set('principal', principal);
    c.set('log', c.get('log').with({ organization_id: principal.organization_id, principal: principal.kind }));
    await next();
    if (principal.kind === 'unchecked_key' && c.error !== undefined && c.get('admissionAsked') !== true) {
      const checked = await identify(c);
      if (checked.kind !== 'unchecked_key') requireAccess(checked, access, external);
    }
  });
}

async function refuseExternal(c: Context<AppEnv>, access: Exclude<Access, 'public'>): Promise<void> {
  const checked = await identify(c);
  if (checked.kind !== 'unchecked_key') requireAccess(checked, access);
}

/** See `Operation`. */
interface CallerOptions {
  readonly deferKey: boolean;
  readonly anyAddress: boolean;
  /** The key that stands behind another credential of the request, instead of what its headers say. */
  readonly heldKey?: string | null;
}

/** The caller; or a thrown 401, or 403 for one whose address the organization does not let in. */
export async function identify(
  c: Context<AppEnv>,
  { deferKey, anyAddress, heldKey = null }: CallerOptions = { deferKey: false, anyAddress: false },
): Promise<Caller | UncheckedKeyPrincipal> {
  const principal = await c.get('authenticate')({
    env: c.env,
    authorization: heldKey === null ? c.req.header('authorization') : `Bearer ${heldKey}`,
    apiKey: c.req.header('x-api-key'),
    claimed: c.req.header(EXTERNAL_AGENT_HEADER),
    ip: c.get('ip'),
    country: c.get('country'),
    deferKey,
    anyAddress,
  });
  if (principal === null) throw unauthenticated();
  return principal;
}

/** `external`: what an external agent has to be allowed here; null where none may come. */
export function requireAccess(
  principal: Caller,
  access: Exclude<Access, 'public'>,
  external: ExternalOperation | null = null,
): asserts principal is Principal | ExternalAgentPrincipal {
  if (principal.kind === 'external_agent') {
    if (external !== null && principal.operations.includes(external)) return;
    throw new ApiError(
      'forbidden',
      external === null
        ? 'The key of an external agent cannot do this.'
        : `The external agent does not have the operation ${external}.`,
    );
  }
  if (access === 'external') throw new ApiError('forbidden', 'This is for the keys of external agents.');
  if (access === 'signed_in') return;
  if (isAllowed(principal, access)) return;
  throw new ApiError(
    'forbidden',
    principal.kind === 'user'
      ? `The role ${principal.role} does not have the permission ${access}.`
      : `The API key does not have the scope ${access}.`,
  );
}

export function isAllowed(principal: Caller, permission: Permission): boolean {
  if (principal.kind === 'external_agent') return false;
  return principal.kind === 'user' ? roleAllows(principal.role, permission) : principal.scopes.includes(permission);
}

/** What a service needs of the request. Only for routes whose principal is checked: all but those with `deferKey`. */
export function requestContext(c: Context<AppEnv>): RequestContext {
  const principal: Caller | UncheckedKeyPrincipal = c.get('principal');
  if (principal.kind === 'unchecked_key') throw new Error('this route must check its API key through admission');
  if (principal.kind === 'external_agent') throw new Error('this route must ask for its caller by callerContext');
  return { ...aroundRequest(c), organizationId: principal.organization_id, principal, actor: actorOf(principal) };
}

/** The same on routes that external agents may call, too. */
export function callerContext(c: Context<AppEnv>): Omit<RequestContext, 'principal'> & { readonly principal: Caller } {
  const principal = c.get('principal');
  if (principal.kind === 'unchecked_key') throw new Error('this route must check its API key through admission');
  return { ...aroundRequest(c), organizationId: principal.organization_id, principal, actor: actorOf(principal) };
}

function aroundRequest(c: Context<AppEnv>): Omit<RequestContext, 'organizationId' | 'principal' | 'actor'> {
  return {
    env: c.env,
    requestId: c.get('requestId'),
    trace: c.get('trace'),
    ip: c.get('ip'),
    userAgent: (c.req.header('user-agent') ?? '').slice(0, 400),
    log: c.get('log'),
    now: Date.now,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
}
