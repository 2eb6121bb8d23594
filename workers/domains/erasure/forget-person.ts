import { ERASED_PER_PAGE, type EraseObjects, type ErasurePage } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { forgetPersonInProposals } from '../refinements/index.ts';
import { clearAddress, clearOrigins, executionIdsNaming, forgetInEvents, renameActor } from './queries.ts';

/** What executions call a person who was erased. */
export const FORMER_MEMBER = 'Former member';
const ROWS_PER_STATEMENT = 500;
const EVENTS_PER_PAGE = 500;
/** Where a cursor is, once the executions are done. */
const EVENTS = 'evt_';

/**
 * One page of forgetting a person in an organization that goes on: executions lose their name, in the object and then in
 * D1; the audit log keeps the id of who acted, but not from where, nor the address in entries of invitations; events keep the
 * id as well, but neither name nor address.
 */
export async function forgetPerson(
  env: Env,
  organizationId: string,
  person: { readonly id: string; readonly email: string | null },
  cursor: string,
  objects: EraseObjects,
): Promise<ErasurePage> {
  const database = db(env, organizationId);
  const ids = cursor.startsWith(EVENTS)
    ? []
    : await executionIdsNaming(database, organizationId, person.id, FORMER_MEMBER, cursor, ERASED_PER_PAGE);
  const last = ids.at(-1);
  if (last !== undefined) {
    const forgotten = await objects(ids);
    await renameActor(database, organizationId, [...forgotten], FORMER_MEMBER);
    return { done: false, cursor: last, failed: forgotten.size < ids.length };
  }
  const origins = await clearOrigins(database, organizationId, person.id, ROWS_PER_STATEMENT);
  const addresses =
    person.email === null ? 0 : await clearAddress(database, organizationId, person.email, ROWS_PER_STATEMENT);
  if (Math.max(origins, addresses) === ROWS_PER_STATEMENT) return { done: false, cursor, failed: false };
  if (!cursor.startsWith(EVENTS)) await forgetPersonInProposals(env, organizationId, person.id, FORMER_MEMBER);
  const place = cursor.startsWith(EVENTS) ? cursor : EVENTS;
  const named = { id: person.id, email: person.email, name: FORMER_MEMBER };
  const end = await forgetInEvents(database, organizationId, named, place, EVENTS_PER_PAGE);
  return { done: end === null, cursor: end ?? place, failed: false };
}
