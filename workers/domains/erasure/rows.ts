import { ERASED_PER_PAGE, type EraseObjects, type ErasurePage } from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import { organizationTables } from '../../db/organization-tables.ts';
import { executions } from '../../db/schema/executions.ts';
import type { Env } from '../../platform/env.ts';
import {
  deleteErasedOrganization,
  deleteExecutions,
  deleteRows,
  executionIdsAfter,
  isOrganizationErased,
} from './queries.ts';

/** Rows that one statement deletes: a statement of D1 must end within seconds, indexes and all. */
const ROWS_PER_STATEMENT = 500;
const STATEMENTS_PER_PAGE = 40;

/**
 * Deletes one page of an erased organization's rows; after the last one the organization's own, so that its slug is free
 * and no foreign key lets a row of it in again. An execution's row goes when its object has confirmed that it is erased:
 * until then the row is what it is found by. Throws for an organization that is not marked as erased.
 */
export async function eraseRows(
  env: Env,
  organizationId: string,
  cursor: string,
  objects: EraseObjects,
): Promise<ErasurePage> {
  if (!(await isOrganizationErased(env, organizationId))) throw new Error(`${organizationId} is not to be erased`);
  const database = db(env, organizationId);
  let statements = 0;
  for (const each of organizationTables()) {
    if (each.table === executions) {
      const page = await eraseExecutions(database, organizationId, cursor, objects);
      if (page !== null) return page;
      continue;
    }
    let full = true;
    while (full) {
      if (statements++ >= STATEMENTS_PER_PAGE) return { done: false, cursor, failed: false };
      full = (await deleteRows(database, organizationId, each, ROWS_PER_STATEMENT)) === ROWS_PER_STATEMENT;
    }
  }
  await deleteErasedOrganization(database, organizationId);
  return { done: true, cursor: '', failed: false };
}

/** null when no execution is left. */
async function eraseExecutions(
  database: Database,
  organizationId: string,
  cursor: string,
  objects: EraseObjects,
): Promise<ErasurePage | null> {
  const ids = await executionIdsAfter(database, organizationId, cursor, ERASED_PER_PAGE);
  const last = ids.at(-1);
  if (last === undefined) {
    const left = cursor === '' ? [] : await executionIdsAfter(database, organizationId, '', 1);
    // Those whose objects did not answer; what they refer to has to wait with them.
    return left.length === 0 ? null : { done: true, cursor: '', failed: true };
  }
  const confirmed = await objects(ids);
  const erased = ids.filter((id) => confirmed.has(id));
  if (erased.length > 0) await deleteExecutions(database, organizationId, erased);
  return { done: false, cursor: last, failed: erased.length < ids.length };
}
