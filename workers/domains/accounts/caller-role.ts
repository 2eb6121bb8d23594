import { type Permission, type Role, role, roleAtLeast } from '@agentflow/contracts';
import type { SQL } from 'drizzle-orm';
import { db } from '../../db/client.ts';
import { requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, unauthenticated } from '../../platform/errors.ts';
import { hasRole, rolesOf } from './member-queries.ts';

/** A key has no role. Only owners and admins can make one that manages members, so it counts as the lesser of the two. */
export const ROLE_OF_KEYS: Role = 'admin';

/** `holds`: the condition under which a batch may rely on the role; undefined for an API key, which the desk has checked. */
export interface CallerRole {
  readonly role: Role;
  readonly holds: SQL | undefined;
}

/**
 * The caller's role as D1 has it now; an API key counts as an admin. Throws `unauthenticated` for who is no member any more,
 * `forbidden` where the role of now lacks the permission.
 */
export async function callerRole(ctx: RequestContext, permission: Permission): Promise<CallerRole> {
  const { principal, organizationId } = ctx;
  if (principal.kind === 'api_key') return { role: ROLE_OF_KEYS, holds: undefined };
  const rows = await rolesOf(db(ctx.env, organizationId), organizationId, [principal.user_id]);
  const row = rows.find((each) => each.user_id === principal.user_id);
  if (row === undefined) throw unauthenticated();
  const current = role.parse(row.role);
  requireAccess({ ...principal, role: current }, permission);
  return { role: current, holds: hasRole(organizationId, principal.user_id, current) };
}

/** Nobody gives a role above their own. Throws `forbidden`. */
export function requireRoleWithin(own: Role, given: Role): void {
  if (roleAtLeast(own, given)) return;
  throw new ApiError('forbidden', `You cannot give the role ${given}, which is above yours.`);
}
