import { type Role, role } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { currentRole } from './queries.ts';

/** How long another isolate may still honour a role or a session that was taken away. */
const CACHE_MS = 5000;
const MAX_CACHED = 5000;

interface Known {
  readonly role: Role;
  readonly until: number;
}

const known = new Map<string, Known>();

function cacheKey(organizationId: string, userId: string, sessionId: string): string {
  return `${sessionId}|${userId}|${organizationId}`;
}

/**
 * The role that a session has right now; null when the session was revoked or has expired, or the person is no longer a
 * member. Kept per isolate for 5 s, so that requests in a row cost one D1 read; a refusal is
 * not kept, since a session may come back to an organization that it has left.
 */
export async function currentMembership(
  env: Env,
  organizationId: string,
  identity: { user_id: string; session_id: string },
  now: number,
): Promise<Role | null> {
  const at = cacheKey(organizationId, identity.user_id, identity.session_id);
  const cached = known.get(at);
  if (cached !== undefined && cached.until > now) return cached.role;
  const row = await currentRole(db(env, organizationId), organizationId, identity, now);
  if (row === undefined) {
    known.delete(at);
    return null;
  }
  const current = role.parse(row.role);
  if (known.size >= MAX_CACHED) known.clear();
  known.set(at, { role: current, until: now + CACHE_MS });
  return current;
}

/** Drops what this isolate knows of a session, of a person in an organization, or (tests) everything. */
export function forgetMemberships(of?: { session_id: string } | { organization_id: string; user_id: string }): void {
  if (of === undefined) {
    known.clear();
    return;
  }
  for (const key of known.keys()) {
    const matches =
      'session_id' in of ? key.startsWith(`${of.session_id}|`) : key.endsWith(`|${of.user_id}|${of.organization_id}`);
    if (matches) known.delete(key);
  }
}
