import { and, asc, eq, gt, inArray, ne, or, sql } from 'drizzle-orm';
import { ERASED_PER_PAGE, type EraseObjects, type ErasurePage } from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import { auditLogs } from '../../db/schema/audit.ts';
import { executions } from '../../db/schema/executions.ts';
import type { Env } from '../../platform/env.ts';

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
  const named = and(
    eq(executions.organization_id, organizationId),
    eq(executions.actor_id, person.id),
    ne(executions.actor_name, FORMER_MEMBER),
  );
  const rows = await database
    .select({ id: executions.id })
    .from(executions)
    .where(and(named, gt(executions.id, cursor)))
    .orderBy(asc(executions.id))
    .limit(ERASED_PER_PAGE)
    .all();
  const last = rows.at(-1);
  if (last !== undefined) {
    const forgotten = await objects(rows.map(({ id }) => id));
    await database
      .update(executions)
      .set({ actor_name: FORMER_MEMBER })
      .where(and(named, inArray(executions.id, [...forgotten])));
    return { done: false, cursor: last.id, failed: forgotten.size < rows.length };
  }
  const origins = await forgetOrigins(database, organizationId, person.id);
  const addresses = person.email === null ? 0 : await forgetAddress(database, organizationId, person.email);
  return { done: Math.max(origins, addresses) < ROWS_PER_STATEMENT, cursor, failed: false };
}

async function forgetOrigins(database: Database, organizationId: string, personId: string): Promise<number> {
  const page = database
    .select({ id: auditLogs.id })
    .from(auditLogs)
    .where(
      and(
        eq(auditLogs.organization_id, organizationId),
        eq(auditLogs.actor_id, personId),
        or(ne(auditLogs.ip, ''), ne(auditLogs.user_agent, '')),
      ),
    )
    .limit(ROWS_PER_STATEMENT);
  const { meta } = await database.update(auditLogs).set({ ip: '', user_agent: '' }).where(inArray(auditLogs.id, page));
  return meta.changes;
}

/** Details are written by JSON.stringify, so an address stands in them as JSON.stringify gives it. */
async function forgetAddress(database: Database, organizationId: string, email: string): Promise<number> {
  const quoted = JSON.stringify(email);
  const page = database
    .select({ id: auditLogs.id })
    .from(auditLogs)
    .where(
      and(
        eq(auditLogs.organization_id, organizationId),
        inArray(auditLogs.resource_type, ['invitation', 'member']),
        sql`instr(${auditLogs.details}, ${quoted}) > 0`,
      ),
    )
    .limit(ROWS_PER_STATEMENT);
  const { meta } = await database
    .update(auditLogs)
    .set({ details: sql`replace(${auditLogs.details}, ${quoted}, 'null')` })
    .where(inArray(auditLogs.id, page));
  return meta.changes;
}
