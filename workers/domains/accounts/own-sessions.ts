import { globalDb } from '../../db/client.ts';
import type { RequestContext, UserPrincipal } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { forgetMemberships } from './current-membership.ts';
import { revokeSessionRow } from './queries.ts';
import { findActiveSession, revokeOtherSessions } from './session-queries.ts';

/** The person who asks. Throws `forbidden` for an API key, which has neither a password nor sessions. */
export function requireUser(ctx: RequestContext): UserPrincipal {
  if (ctx.principal.kind === 'user') return ctx.principal;
  throw new ApiError('forbidden', 'This is for people: sign in instead of sending an API key.');
}

/** Ends one of the caller's own sessions, the current one included. Throws `not_found` for anybody else's. */
export async function endOwnSession(ctx: RequestContext, sessionId: string): Promise<void> {
  const { principal, organizationId } = ctx;
  const now = ctx.now();
  const database = globalDb(ctx.env);
  const row =
    principal.kind === 'user'
      ? await findActiveSession(database, principal.user_id, sessionId, now)
      : // A key has no sessions, so there is none of this id for it.
        undefined;
  if (row === undefined) throw notFound('session', sessionId);
  const entry = { action: 'session.revoked', resource_type: 'session', resource_id: sessionId };
  await database.batch([
    revokeSessionRow(database, sessionId, now),
    auditRow(database, organizationId, auditOrigin(ctx), entry, now),
  ]);
  forgetMemberships({ session_id: sessionId });
}

/** Signs the caller out everywhere but here; returns how many sessions that ended. */
export async function endOtherSessions(ctx: RequestContext): Promise<number> {
  const { user_id, session_id } = requireUser(ctx);
  const now = ctx.now();
  const database = globalDb(ctx.env);
  const entry = { action: 'user.other_sessions_revoked', resource_type: 'user', resource_id: user_id };
  const [revoked] = await database.batch([
    revokeOtherSessions(database, user_id, session_id, now),
    auditRow(database, ctx.organizationId, auditOrigin(ctx), entry, now),
  ]);
  for (const { id } of revoked) forgetMemberships({ session_id: id });
  return revoked.length;
}
