import { activeSession, changePasswordRequest, idSchema, page, pageQuery } from '@agentflow/contracts';
import { z } from 'zod';
import { globalDb } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { changePassword } from './change-password.ts';
import { endOtherSessions, endOwnSession, requireUser } from './own-sessions.ts';
import { presentActiveSession } from './present.ts';
import { listActiveSessions } from './session-queries.ts';

const tags = ['Accounts'];

const postPassword = operation({
  method: 'post',
  path: '/auth/password',
  operationId: 'changePassword',
  access: 'signed_in',
  anyAddress: true,
  tags,
  summary: 'Change the password',
  description: 'Signs the caller out everywhere else. Wrong guesses of the current password count like failed logins.',
  request: { body: { content: json(changePasswordRequest) } },
  responses: {
    204: { description: 'The new password holds' },
    401: refusal(
      'The current password is wrong (`invalid_credentials`), or the credential is not valid',
      'invalid_credentials',
    ),
    403: refusal('The caller is an API key', 'forbidden'),
    429: refusal('Too many failed attempts of this account or from this address', 'rate_limited'),
  },
});

const getSessions = operation({
  method: 'get',
  path: '/auth/sessions',
  operationId: 'listSessions',
  access: 'signed_in',
  anyAddress: true,
  tags,
  summary: 'List where one is signed in',
  description: 'The active sessions of the caller in all organizations, newest first. API keys have none: 403.',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of sessions', content: json(page(activeSession)) } },
});

const deleteSession = operation({
  method: 'delete',
  path: '/auth/sessions/{id}',
  operationId: 'revokeSession',
  access: 'signed_in',
  anyAddress: true,
  tags,
  summary: 'Sign out one of the own sessions',
  request: { params: z.object({ id: idSchema('session') }) },
  responses: { 204: { description: 'The session has ended' } },
});

const postRevokeOthers = operation({
  method: 'post',
  path: '/auth/sessions/revoke-others',
  operationId: 'revokeOtherSessions',
  access: 'signed_in',
  anyAddress: true,
  tags,
  summary: 'Sign out everywhere else',
  responses: {
    200: {
      description: 'How many sessions that ended',
      content: json(z.object({ revoked: z.number().int() })),
    },
  },
});

/** What people do with their own password and sessions, wherever they are: none of it is the organization's. */
export const ownSessionRoutes = createRouter()
  .openapi(postPassword, async (c) => {
    await changePassword(requestContext(c), c.req.valid('json'));
    return c.body(null, 204);
  })
  .openapi(getSessions, async (c) => {
    const ctx = requestContext(c);
    const { user_id, session_id } = requireUser(ctx);
    const { limit, cursor } = c.req.valid('query');
    const before = decodeCursor(cursor);
    const rows = await listActiveSessions(globalDb(ctx.env), user_id, { limit, before }, ctx.now());
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map((row) => presentActiveSession(row, session_id)), next_cursor }, 200);
  })
  .openapi(deleteSession, async (c) => {
    await endOwnSession(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(postRevokeOthers, async (c) => c.json({ revoked: await endOtherSessions(requestContext(c)) }, 200));
