import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';
import type { Env } from '../platform/env.ts';

export type Database = DrizzleD1Database;

/** One Drizzle instance for a binding: making one costs more than many a query's own work. */
const instances = new WeakMap<D1Database, Database>();

function instanceOf(binding: D1Database): Database {
  let instance = instances.get(binding);
  if (instance === undefined) {
    instance = drizzle(binding);
    instances.set(binding, instance);
  }
  return instance;
}

/**
 * The one way to an organization's rows. All organizations share one D1 database today; a later split by organization
 * happens here and nowhere else.
 */
export function db(env: Env, _organizationId: string): Database {
  return instanceOf(env.DB);
}

/** Tables that belong to no organization: users, sessions, memberships by user. */
export function globalDb(env: Env): Database {
  return instanceOf(env.DB);
}
