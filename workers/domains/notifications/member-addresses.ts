import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { normalizeEmail } from '../accounts/index.ts';
import { addressesOfMembers } from './channel-queries.ts';

/** Those of the addresses that belong to members at this moment, as they were given: nobody else is sent anything. */
export async function memberAddresses(
  env: Env,
  organizationId: string,
  addresses: readonly string[],
): Promise<string[]> {
  const normalized = addresses.map(normalizeEmail);
  const found = await addressesOfMembers(db(env, organizationId), organizationId, normalized);
  return addresses.filter((_, at) => found.has(normalized[at] ?? ''));
}
