import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import type { Env } from '../platform/env.ts';

export type Database = DrizzleD1Database;

/**
 * The one way to an organization's rows. All organizations share one D1 database today; a later split by organization
 * happens here and nowhere else.
 */
export function db(env: Env, _organizationId: string): Database {
  return drizzle(env.DB);
}

/** Tables that belong to no organization: users, sessions, memberships by user. */
export function globalDb(env: Env): Database {
  return drizzle(env.DB);
}
