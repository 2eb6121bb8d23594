import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships, organizations, sessions, users } from '../../db/schema/accounts.ts';

export type UserRow = typeof users.$inferSelect;
/** More than anybody switches between. */
const MOST_ORGANIZATIONS = 100;

export type SessionRow = typeof sessions.$inferSelect;

/** Users and sessions are global: a person may belong to several organizations. */
export function findUserByEmail(database: Database, email: string): Promise<UserRow | undefined> {
  return database.select().from(users).where(eq(users.email, email)).get();
}

export function insertUser(database: Database, row: UserRow) {
  return database.insert(users).values(row);
}

export function insertMembership(database: Database, row: typeof memberships.$inferInsert) {
  return database.insert(memberships).values(row);
}

export function insertSession(database: Database, row: SessionRow) {
  return database.insert(sessions).values(row);
}

/**
 * The organization that a person lands in, with their role there: that of their newest session if they still belong to it,
 * else the one that they belong to the longest; undefined where they belong to none.
 */
export function firstMembership(database: Database, userId: string) {
  const newest = database
    .select({ organization_id: sessions.organization_id })
    .from(sessions)
    .where(eq(sessions.user_id, userId))
    .orderBy(desc(sessions.id))
    .limit(1);
  return database
    .select({ role: memberships.role, organization: organizations })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.organization_id))
    .where(and(eq(memberships.user_id, userId), isNull(organizations.erased_at)))
    .orderBy(
      desc(sql`${memberships.organization_id} = (${newest})`),
      asc(memberships.created_at),
      asc(memberships.organization_id),
    )
    .limit(1)
    .get();
}

/** Where a person is a member, by name: what the organization switcher offers. */
export function organizationsOf(database: Database, userId: string) {
  return database
    .select({ id: organizations.id, name: organizations.name, slug: organizations.slug, role: memberships.role })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.organization_id))
    .where(and(eq(memberships.user_id, userId), isNull(organizations.erased_at)))
    .orderBy(asc(organizations.name), asc(organizations.id))
    .limit(MOST_ORGANIZATIONS)
    .all();
}

/** A person with their role in one organization; undefined for strangers, and where it is being erased. */
export function findMember(database: Database, organizationId: string, userId: string) {
  return database
    .select({ user: users, role: memberships.role, organization: organizations })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .innerJoin(organizations, eq(organizations.id, memberships.organization_id))
    .where(
      and(
        eq(memberships.organization_id, organizationId),
        eq(memberships.user_id, userId),
        isNull(organizations.erased_at),
      ),
    )
    .get();
}

/**
 * The current role behind a session that is neither revoked nor expired, in an organization that is not being erased, and
 * from where it may be used; one read, since every request makes it.
 */
export function currentRole(
  database: Database,
  organizationId: string,
  identity: { user_id: string; session_id: string },
  now: number,
): Promise<{ role: string; ip_allowlist: string | null } | undefined> {
  return database
    .select({ role: memberships.role, ip_allowlist: organizations.ip_allowlist })
    .from(sessions)
    .innerJoin(
      memberships,
      and(eq(memberships.organization_id, sessions.organization_id), eq(memberships.user_id, sessions.user_id)),
    )
    .innerJoin(organizations, eq(organizations.id, sessions.organization_id))
    .where(
      and(
        eq(sessions.id, identity.session_id),
        eq(sessions.organization_id, organizationId),
        eq(sessions.user_id, identity.user_id),
        isNull(sessions.revoked_at),
        gt(sessions.expires_at, now),
        isNull(organizations.erased_at),
      ),
    )
    .get();
}

export function findSession(database: Database, sessionId: string): Promise<SessionRow | undefined> {
  return database.select().from(sessions).where(eq(sessions.id, sessionId)).get();
}

/** Rotates the refresh token if `current` still is the session's; false when another request was first. */
export async function rotateSession(
  database: Database,
  sessionId: string,
  rotation: { current: string; next: string; now: number; expires_at: number },
): Promise<boolean> {
  const rotated = await database
    .update(sessions)
    .set({
      token_hash: rotation.next,
      previous_hash: rotation.current,
      rotated_at: rotation.now,
      expires_at: rotation.expires_at,
    })
    .where(
      and(
        eq(sessions.id, sessionId),
        eq(sessions.token_hash, rotation.current),
        isNull(sessions.revoked_at),
        gt(sessions.expires_at, rotation.now),
      ),
    )
    .returning({ id: sessions.id })
    .all();
  return rotated.length === 1;
}

export function revokeSessionRow(database: Database, sessionId: string, now: number) {
  return database
    .update(sessions)
    .set({ revoked_at: now })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revoked_at)));
}
