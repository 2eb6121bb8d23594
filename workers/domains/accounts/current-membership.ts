import { type Role, role } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { type Allowlist, allowlistOf } from '../../platform/ip-networks.ts';
import { currentRole, findMember } from './queries.ts';

/** How long another isolate may still honour a role, a session or an address that was taken away. */
const CACHE_MS = 5000;
const MAX_CACHED = 5000;

/** What a session gives its person in an organization, and the addresses from which. */
export interface Membership {
  readonly role: Role;
  readonly addresses: Allowlist;
}

interface Known {
  readonly membership: Membership;
  readonly until: number;
}

const known = new Map<string, Known>();

function cacheKey(organizationId: string, userId: string, sessionId: string): string {
  return `${sessionId}|${userId}|${organizationId}`;
}

/**
 * What a session is good for right now; null when the session was revoked or has expired, or the person is no longer a
 * member. Kept per isolate for 5 s, so that requests in a row cost one D1 read; a refusal is not kept, since a session may
 * come back to an organization that it has left.
 */
export async function currentMembership(
  env: Env,
  organizationId: string,
  identity: { user_id: string; session_id: string },
  now: number,
): Promise<Membership | null> {
  const at = cacheKey(organizationId, identity.user_id, identity.session_id);
  const cached = known.get(at);
  if (cached !== undefined && cached.until > now) return cached.membership;
  const row = await currentRole(db(env, organizationId), organizationId, identity, now);
  if (row === undefined) {
    known.delete(at);
    return null;
  }
  const membership = { role: role.parse(row.role), addresses: addressesOf(row.ip_allowlist) };
  if (known.size >= MAX_CACHED) known.clear();
  known.set(at, { membership, until: now + CACHE_MS });
  return membership;
}

/** A member as they are now, who acts without a session of their own; null for who is none. */
export async function memberNow(
  env: Env,
  organizationId: string,
  userId: string,
): Promise<(Membership & { readonly user_id: string; readonly name: string }) | null> {
  const row = await findMember(db(env, organizationId), organizationId, userId);
  if (row === undefined) return null;
  const { user, organization } = row;
  const addresses = addressesOf(organization.ip_allowlist);
  return { user_id: user.id, name: user.name, role: role.parse(row.role), addresses };
}

function addressesOf(projected: string | null): Allowlist {
  if (projected === null) return allowlistOf([]);
  // Written by the desk's projection alone, from normalised networks.
  const { networks } = JSON.parse(projected) as { networks: string[] };
  return allowlistOf(networks);
}

/** Drops what this isolate knows of a session, of a person (in an organization), of an organization, or (tests) everything. */
export function forgetMemberships(
  of?: { session_id: string } | { organization_id: string; user_id?: string } | { user_id: string },
): void {
  if (of === undefined) {
    known.clear();
    return;
  }
  for (const key of known.keys()) {
    const [session, user, organization] = key.split('|');
    const matches =
      'session_id' in of
        ? session === of.session_id
        : (of.user_id === undefined || user === of.user_id) &&
          (!('organization_id' in of) || organization === of.organization_id);
    if (matches) known.delete(key);
  }
}
