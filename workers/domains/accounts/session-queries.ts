import { and, desc, eq, gt, isNull, lt, ne, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { sessions, users } from '../../db/schema/accounts.ts';
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

/** Whether a batch failed because the password was changed between the check and the write. */
export function isPasswordChanged(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('NOT NULL constraint failed: users.password_hash')) return true;
  }
  return false;
}
