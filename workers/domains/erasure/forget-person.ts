import { ERASED_PER_PAGE, type EraseObjects, type ErasurePage } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { clearAddress, clearOrigins, executionIdsNaming, renameActor } from './queries.ts';

/** What executions call a person who was erased. */
export const FORMER_MEMBER = 'Former member';
const ROWS_PER_STATEMENT = 500;

/**
 * One page of forgetting a person in an organization that goes on: executions lose their name, in the object and then in
 * D1; the audit log keeps the id of who acted, but not from where, nor the address in entries of invitations.
 */
export async function forgetPerson(
  env: Env,
  organizationId: string,
  person: { readonly id: string; readonly email: string | null },
  cursor: string,
  objects: EraseObjects,
): Promise<ErasurePage> {
  const database = db(env, organizationId);
  const ids = await executionIdsNaming(database, organizationId, person.id, FORMER_MEMBER, cursor, ERASED_PER_PAGE);
  const last = ids.at(-1);
  if (last !== undefined) {
    const forgotten = await objects(ids);
    await renameActor(database, organizationId, [...forgotten], FORMER_MEMBER);
    return { done: false, cursor: last, failed: forgotten.size < ids.length };
  }
  const origins = await clearOrigins(database, organizationId, person.id, ROWS_PER_STATEMENT);
  const addresses =
    person.email === null ? 0 : await clearAddress(database, organizationId, person.email, ROWS_PER_STATEMENT);
  return { done: Math.max(origins, addresses) < ROWS_PER_STATEMENT, cursor, failed: false };
}
