import { and, desc, eq, gt, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships, organizations, sessions, users } from '../../db/schema/accounts.ts';
import type { SessionRow, UserRow } from './queries.ts';

function alive(userId: string, now: number) {
  return and(eq(sessions.user_id, userId), isNull(sessions.revoked_at), gt(sessions.expires_at, now));
}

/** A person's sessions that are neither revoked nor expired, newest first; one row more than `limit`. */
export function listActiveSessions(
  database: Database,
  userId: string,
  page: { limit: number; before: string | undefined },
  now: number,
): Promise<SessionRow[]> {
  return database
    .select()
    .from(sessions)
    .where(and(alive(userId, now), page.before === undefined ? undefined : lt(sessions.id, page.before)))
    .orderBy(desc(sessions.id))
    .limit(page.limit + 1)
    .all();
}

/** An active session of this person; undefined for anybody else's. */
export function findActiveSession(database: Database, userId: string, sessionId: string, now: number) {
  return database
    .select()
    .from(sessions)
    .where(and(alive(userId, now), eq(sessions.id, sessionId)))
    .get();
}

/** Ends every active session of a person but this one; the batch's result tells which. */
export function revokeOtherSessions(database: Database, userId: string, currentId: string, now: number) {
  return database
    .update(sessions)
    .set({ revoked_at: now })
    .where(and(alive(userId, now), ne(sessions.id, currentId)))
    .returning({ id: sessions.id });
}

export function findUser(database: Database, userId: string): Promise<UserRow | undefined> {
  return database.select().from(users).where(eq(users.id, userId)).get();
}

/** Replaces a password hash while it still is `expected`, else fails the whole batch (see `isPasswordChanged`). */
export function replacePassword(
  database: Database,
  userId: string,
  change: { expected: string; next: string; now: number },
) {
  return database
    .update(users)
    .set({
      password_hash: sql`iif(${users.password_hash} = ${change.expected}, ${change.next}, NULL)`,
      updated_at: change.now,
    })
    .where(eq(users.id, userId));
}

/** First statement of a batch that a password opened: fails it when the password has been changed meanwhile. */
export function requirePassword(database: Database, userId: string, expected: string) {
  return database
    .update(users)
    .set({ password_hash: sql`iif(${users.password_hash} = ${expected}, ${users.password_hash}, NULL)` })
    .where(eq(users.id, userId));
}

/**
 * The same for founding an organization with an account that has none: fails the batch, too, when the person has become a
 * member somewhere meanwhile.
 */
export function requireHomeless(database: Database, userId: string, expected: string) {
  const belongs = sql`exists (select 1 from ${memberships} inner join ${organizations} on ${eq(organizations.id, memberships.organization_id)} where ${eq(memberships.user_id, userId)} and ${isNull(organizations.erased_at)})`;
  return database
    .update(users)
    .set({
      password_hash: sql`iif(${users.password_hash} = ${expected} and not ${belongs}, ${users.password_hash}, NULL)`,
    })
    .where(eq(users.id, userId));
}

/** Condition: the person's session is neither revoked nor expired. */
export function isActiveSession(userId: string, sessionId: string, now: number): SQL {
  return sql`exists (select 1 from ${sessions} where ${alive(userId, now)} and ${eq(sessions.id, sessionId)})`;
}

/** Moves a session to another organization; its refresh token goes on. */
export function moveSession(database: Database, sessionId: string, organizationId: string) {
  return database.update(sessions).set({ organization_id: organizationId }).where(eq(sessions.id, sessionId));
}

/** Whether a batch failed because the password was changed between the check and the write. */
export function isPasswordChanged(error: unknown): boolean {
  return says(error, 'NOT NULL constraint failed: users.password_hash');
}

/** Whether a new session failed because its person or organization was erased between the check and the write. */
export function isOwnerErased(error: unknown): boolean {
  return says(error, 'FOREIGN KEY constraint failed');
}

function says(error: unknown, words: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes(words)) return true;
  }
  return false;
}
