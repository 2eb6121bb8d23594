import { loginRequest, me, ROLE_PERMISSIONS, role, session, signupRequest } from '@agentflow/contracts';
import type { Context } from 'hono';
import { z } from 'zod';
import { db, globalDb } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { notFound, unauthenticated } from '../../platform/errors.ts';
import { type AppEnv, createRouter, json, operation, refusal } from '../../platform/router.ts';
import { findOrganization, presentOrganization } from '../organizations/index.ts';
import { CSRF_HEADER, clearRefreshCookie, refreshCookie, requireCsrfHeader, setRefreshCookie } from './cookies.ts';
import { ipAllowlistRoutes } from './ip-allowlist-routes.ts';
import { logIn } from './login.ts';
import { memberRoutes } from './member-routes.ts';
import { ownSessionRoutes } from './own-session-routes.ts';
import { presentUser } from './present.ts';
import { findMember, organizationsOf } from './queries.ts';
import { endSessionOf, refreshSession } from './sessions.ts';
import { signUp } from './signup.ts';

const csrfHeaders = z.object({ [CSRF_HEADER]: z.string().optional().describe('Must be 1') });

const postSignup = operation({
  method: 'post',
  path: '/auth/signup',
  operationId: 'signUp',
  access: 'public',
  tags: ['Accounts'],
  summary: 'Sign up',
  description:
    'Creates a user with an organization of their own and signs them in. 409 when the address is registered.',
  request: { body: { content: json(signupRequest) } },
  responses: {
    201: { description: 'Signed in', content: json(session) },
    409: refusal('The address is registered'),
  },
});

const postLogin = operation({
  method: 'post',
  path: '/auth/login',
  operationId: 'logIn',
  access: 'public',
  tags: ['Accounts'],
  summary: 'Log in',
  description:
    'After 10 failures of an account or 50 from a client address within 15 minutes, further attempts get 429 with `Retry-After`.',
  request: { body: { content: json(loginRequest) } },
  responses: {
    200: { description: 'Signed in', content: json(session) },
    401: refusal('The address or the password is wrong'),
    429: refusal('Too many failed attempts of this account or from this address'),
  },
});

const postRefresh = operation({
  method: 'post',
  path: '/auth/refresh',
  operationId: 'refreshSession',
  access: 'public',
  tags: ['Accounts'],
  summary: 'Get a new access token',
  description: 'Takes the refresh cookie and replaces it. A token that was replaced before ends the session.',
  request: { headers: csrfHeaders },
  responses: {
    200: { description: 'Signed in', content: json(session) },
    401: refusal('The session has ended'),
    403: refusal('The CSRF header is missing'),
  },
});

const postLogout = operation({
  method: 'post',
  path: '/auth/logout',
  operationId: 'logOut',
  access: 'public',
  tags: ['Accounts'],
  summary: 'Log out',
  description: 'Ends the session of the refresh cookie; its access tokens are refused too.',
  request: { headers: csrfHeaders },
  responses: { 204: { description: 'Signed out' }, 403: refusal('The CSRF header is missing') },
});

const getMe = operation({
  method: 'get',
  path: '/auth/me',
  operationId: 'getMe',
  access: 'signed_in',
  anyAddress: true,
  tags: ['Accounts'],
  summary: 'Who am I, and what may I do',
  responses: { 200: { description: 'The caller', content: json(me) } },
});

function clientOf(c: Context<AppEnv>) {
  return {
    ip: c.var.ip,
    user_agent: (c.req.header('user-agent') ?? '').slice(0, 400),
    request_id: c.var.requestId,
  };
}

export const accountRoutes = createRouter()
  .route('/', ownSessionRoutes)
  .route('/', memberRoutes)
  .route('/', ipAllowlistRoutes)
  .openapi(postSignup, async (c) => {
    const { session: answer, refresh_token } = await signUp(c.env, c.req.valid('json'), clientOf(c), Date.now());
    setRefreshCookie(c, refresh_token);
    return c.json(answer, 201);
  })
  .openapi(postLogin, async (c) => {
    const { session: answer, refresh_token } = await logIn(c.env, c.req.valid('json'), clientOf(c), Date.now());
    setRefreshCookie(c, refresh_token);
    return c.json(answer, 200);
  })
  .openapi(postRefresh, async (c) => {
    requireCsrfHeader(c);
    const token = refreshCookie(c);
    const refreshed = token === undefined ? null : await refreshSession(c.env, token, Date.now());
    if (refreshed === null) {
      clearRefreshCookie(c);
      throw unauthenticated('The session has ended. Sign in again.');
    }
    setRefreshCookie(c, refreshed.refresh_token);
    return c.json(refreshed.session, 200);
  })
  .openapi(postLogout, async (c) => {
    requireCsrfHeader(c);
    const token = refreshCookie(c);
    if (token !== undefined) await endSessionOf(c.env, token, Date.now());
    clearRefreshCookie(c);
    return c.body(null, 204);
  })
  .openapi(getMe, async (c) => {
    const { env, organizationId, principal } = requestContext(c);
    const database = db(env, organizationId);
    if (principal.kind === 'api_key') {
      const organization = await findOrganization(database, organizationId);
      if (organization === undefined) throw notFound('organization', organizationId);
      const permissions = [...principal.scopes];
      const { id, name, slug } = organization;
      return c.json(
        {
          user: null,
          organization: presentOrganization(organization),
          role: null,
          permissions,
          organizations: [{ id, name, slug, role: null }],
        },
        200,
      );
    }
    const [member, organizations] = await Promise.all([
      findMember(database, organizationId, principal.user_id),
      organizationsOf(globalDb(env), principal.user_id),
    ]);
    if (member === undefined) throw notFound('user', principal.user_id);
    return c.json(
      {
        user: presentUser(member.user),
        organization: presentOrganization(member.organization),
        role: principal.role,
        permissions: [...ROLE_PERMISSIONS[principal.role]],
        organizations: organizations.map((each) => ({ ...each, role: role.parse(each.role) })),
      },
      200,
    );
  });
