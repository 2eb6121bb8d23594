import {
  loginRequest,
  me,
  ROLE_PERMISSIONS,
  role,
  session,
  signupRequest,
  switchOrganizationRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { db, globalDb } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { notFound, unauthenticated } from '../../platform/errors.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { findOrganization, presentOrganization } from '../organizations/index.ts';
import { clientOf } from './client.ts';
import { CSRF_HEADER, clearRefreshCookie, refreshCookie, requireCsrfHeader, setRefreshCookie } from './cookies.ts';
import { ipAllowlistRoutes } from './ip-allowlist-routes.ts';
import { logIn } from './login.ts';
import { memberRoutes } from './member-routes.ts';
import { ownSessionRoutes } from './own-session-routes.ts';
import { presentUser } from './present.ts';
import { findMember, organizationsOf } from './queries.ts';
import { endSessionOf, refreshSession } from './sessions.ts';
import { signUp } from './signup.ts';
import { switchOrganization } from './switch-organization.ts';

const csrfHeaders = z.object({ [CSRF_HEADER]: z.string().optional().describe('Must be 1') });

const postSignup = operation({
  method: 'post',
  path: '/auth/signup',
  operationId: 'signUp',
  access: 'public',
  tags: ['Accounts'],
  summary: 'Sign up',
  description:
    'Creates a user with an organization of their own and signs them in. An account that belongs to no organization gets a new one, with its password; 409 for every other registered address.',
  request: { body: { content: json(signupRequest) } },
  responses: {
    201: { description: 'Signed in', content: json(session) },
    409: refusal('The address is registered', 'email_taken'),
    429: refusal('Too many failed attempts of this account or from this address', 'rate_limited'),
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
    'Signs in to the organization of the newest session, or else to that of the oldest membership. After 10 failures of an account or 50 from a client address within 15 minutes, further attempts get 429 with `Retry-After`.',
  request: { body: { content: json(loginRequest) } },
  responses: {
    200: { description: 'Signed in', content: json(session) },
    401: refusal('The address or the password is wrong', 'invalid_credentials'),
    403: refusal(
      'The password is right, but the person belongs to no organization (`no_organization`)',
      'no_organization',
    ),
    429: refusal('Too many failed attempts of this account or from this address', 'rate_limited'),
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
    401: refusal('The session has ended', 'unauthenticated'),
    403: refusal('The CSRF header is missing', 'csrf_failed'),
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
  responses: { 204: { description: 'Signed out' }, 403: refusal('The CSRF header is missing', 'csrf_failed') },
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

const postSwitch = operation({
  method: 'post',
  path: '/auth/switch',
  operationId: 'switchOrganization',
  anyAddress: true,
  access: 'signed_in',
  tags: ['Accounts'],
  summary: 'Go to another organization',
  description:
    'Moves the session to another organization of the person. The refresh cookie stays as it is; access tokens for the former organization are refused from then on. API keys belong to one organization: 403.',
  request: { body: { content: json(switchOrganizationRequest) } },
  responses: {
    200: { description: 'Signed in there', content: json(session) },
    404: refusal('The person belongs to no such organization', 'not_found'),
  },
});

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
    const refreshed = token === undefined ? null : await refreshSession(c.env, token, clientOf(c), Date.now());
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
  .openapi(postSwitch, async (c) => c.json(await switchOrganization(requestContext(c), c.req.valid('json')), 200))
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
