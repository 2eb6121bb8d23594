import { role, type Session, type SwitchOrganizationRequest } from '@agentflow/contracts';
import { and, type SQL } from 'drizzle-orm';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound, unauthenticated } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import { forgetMemberships } from './current-membership.ts';
import { hasRole } from './member-queries.ts';
import { requireUser } from './own-sessions.ts';
import { findMember } from './queries.ts';
import { isActiveSession, moveSession } from './session-queries.ts';
import { presentSession } from './sessions.ts';

/** In every round a competing change of the person's role has gone through. */
const ROUNDS = 5;

/**
 * Moves the caller's session to another organization of theirs: the refresh token goes on, access tokens for the former
 * organization end. Throws `not_found` where the person is no member, `forbidden` for an API key.
 */
export async function switchOrganization(ctx: RequestContext, request: SwitchOrganizationRequest): Promise<Session> {
  const { user_id, session_id } = requireUser(ctx);
  const target = request.organization_id;
  const database = db(ctx.env, target);
  const now = ctx.now();
  const entry = { action: 'session.switched_here', resource_type: 'session', resource_id: session_id };
  for (let round = 0; round < ROUNDS; round++) {
    const member = await findMember(database, target, user_id);
    if (member === undefined) throw notFound('organization', target);
    const signedIn = { ...member, role: role.parse(member.role) };
    if (target !== ctx.organizationId) {
      const stillSo = and(hasRole(target, user_id, member.role), isActiveSession(user_id, session_id, now)) as SQL;
      try {
        await database.batch([
          guard(database, target, stillSo),
          moveSession(database, session_id, target),
          auditRow(database, target, auditOrigin(ctx), entry, now),
        ]);
      } catch (error) {
        if (!isGuarded(error)) throw error;
        continue;
      }
      forgetMemberships({ session_id });
    }
    return presentSession(ctx.env, signedIn, session_id, now);
  }
  throw unauthenticated('The session has ended. Sign in again.');
}
