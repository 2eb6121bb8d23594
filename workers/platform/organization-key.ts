import { eq } from 'drizzle-orm';
import { db } from '../db/client.ts';
import { organizations } from '../db/schema/accounts.ts';
import type { Env } from './env.ts';
import { type DataKey, unwrapKey } from './vault.ts';

const MAX_CACHED = 1000;
/** Values, not promises: a promise belongs to the request that made it and may never settle for another one. */
const keys = new Map<string, DataKey>();

/** The organization's data key: one row read and one unwrap, then kept in the isolate's memory (not extractable). */
export async function organizationKey(env: Env, organizationId: string): Promise<DataKey> {
  const cached = keys.get(organizationId);
  if (cached !== undefined) return cached;
  const row = await db(env, organizationId)
    .select({ wrapped_key: organizations.wrapped_key })
    .from(organizations)
    .where(eq(organizations.id, organizationId))
    .get();
  if (row === undefined) throw new Error(`organization ${organizationId} has no row`);
  const key = await unwrapKey(env.VAULT_KEYS, organizationId, row.wrapped_key);
  if (keys.size >= MAX_CACHED) keys.clear();
  keys.set(organizationId, key);
  return key;
}
