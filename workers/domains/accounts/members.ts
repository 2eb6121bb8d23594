import { type Role, role, roleAtLeast } from '@agentflow/contracts';
import { and, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import { requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound, unauthenticated } from '../../platform/errors.ts';
import { type AuditEntry, auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import { ROLE_OF_KEYS, requireRoleWithin } from './caller-role.ts';
import { forgetMemberships } from './current-membership.ts';
import {
  deleteMembership,
  findMemberRow,
  forgetOwnSettings,
  hasOtherOwner,
  hasRole,
  leaveTeams,
  type MemberRow,
  revokeSessionsIn,
  rolesOf,
  updateRole,
} from './member-queries.ts';

/** In every round at least one of the competing writers gets through. */
const ROUNDS = 12;

interface MemberChange {
  /** Written together with the audit row, or not at all. */
  readonly writes: readonly BatchItem<'sqlite'>[];
  readonly entry: Pick<AuditEntry, 'action' | 'details'>;
}

/**
 * Gives a member another role, from the next request on. Nobody touches a person above their own role or gives a role
 * above it (`forbidden`), and the last owner stays one (`last_owner`). Throws `not_found` for who is no member.
 */
export async function setMemberRole(ctx: RequestContext, userId: string, wanted: Role): Promise<MemberRow> {
  const { organizationId } = ctx;
  await changeMember(ctx, userId, wanted, (database, current) =>
    current === wanted
      ? null
      : {
          writes: [updateRole(database, organizationId, userId, wanted)],
          entry: { action: 'member.role_changed', details: { role: wanted, previous_role: current } },
        },
  );
  const row = await findMemberRow(db(ctx.env, organizationId), organizationId, userId);
  if (row === undefined) throw notFound('member', userId);
  return row;
}

/** Takes a person out of the organization and its teams, and ends their sessions there. Refuses like `setMemberRole`. */
export async function removeMember(ctx: RequestContext, userId: string): Promise<void> {
  const { organizationId } = ctx;
  const member = await findMemberRow(db(ctx.env, organizationId), organizationId, userId);
  if (member === undefined) throw notFound('member', userId);
  const told = { user_id: userId, email: member.email, removed_by: ctx.actor.id };
  await changeMember(ctx, userId, null, (database, current, now) => ({
    writes: [
      revokeSessionsIn(database, organizationId, userId, now),
      leaveTeams(database, organizationId, userId),
      ...forgetOwnSettings(database, organizationId, userId),
      deleteMembership(database, organizationId, userId),
      outgoingEvent(database, organizationId, 'member.removed', told, now),
    ],
    entry: { action: 'member.removed', details: { role: current } },
  }));
}

/**
 * Decides on the roles as D1 has them now, the caller's own included, and writes only while they still are: a batch that
 * meets others is decided anew. `wanted` is the role after the change, null for none.
 */
async function changeMember(
  ctx: RequestContext,
  userId: string,
  wanted: Role | null,
  change: (database: Database, current: Role, now: number) => MemberChange | null,
): Promise<void> {
  const { organizationId, principal } = ctx;
  const database = db(ctx.env, organizationId);
  const callerId = principal.kind === 'user' ? principal.user_id : null;
  for (let round = 0; round < ROUNDS; round++) {
    const rows = await rolesOf(database, organizationId, callerId === null ? [userId] : [userId, callerId]);
    const roles = new Map(rows.map((row) => [row.user_id, role.parse(row.role)]));
    const own = callerId === null ? ROLE_OF_KEYS : roles.get(callerId);
    if (own === undefined) throw unauthenticated();
    if (principal.kind === 'user') requireAccess({ ...principal, role: own }, 'members:manage');
    const current = roles.get(userId);
    if (current === undefined) throw notFound('member', userId);
    requireReach(own, current, wanted);

    const losesOwner = current === 'owner' && wanted !== 'owner';
    if (losesOwner && ![...roles].some(([id, each]) => each === 'owner' && id !== userId)) {
      throw new ApiError('last_owner', 'Make somebody else an owner first.');
    }
    const now = ctx.now();
    const decided = change(database, current, now);
    if (decided === null) return;
    const conditions: (SQL | undefined)[] = [
      hasRole(organizationId, userId, current),
      callerId === null ? undefined : hasRole(organizationId, callerId, own),
      losesOwner ? hasOtherOwner(organizationId, userId) : undefined,
    ];
    const entry = { ...decided.entry, resource_type: 'member', resource_id: userId };
    try {
      await tellingDesks(ctx, wanted === null ? [organizationId] : [], () =>
        database.batch([
          guard(database, organizationId, and(...conditions) as SQL),
          ...decided.writes,
          auditRow(database, organizationId, auditOrigin(ctx), entry, now),
        ]),
      );
    } catch (error) {
      if (!isGuarded(error)) throw error;
      continue;
    }
    forgetMemberships({ organization_id: organizationId, user_id: userId });
    ctx.waitUntil(organizationDesk(ctx.env.ORGANIZATION, organizationId).renewFeed(userId));
    return;
  }
  throw new ApiError('conflict', 'Others are changing the members at the same time. Try again.');
}

function requireReach(own: Role, current: Role, wanted: Role | null): void {
  if (!roleAtLeast(own, current)) {
    throw new ApiError('forbidden', `You cannot change somebody with the role ${current}, which is above yours.`);
  }
  if (wanted !== null) requireRoleWithin(own, wanted);
}
