import { and, asc, eq, gt, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { invocations } from '../../db/schema/governance.ts';

/** Between two ids, oldest first; `movable` are those that have ended and whose payloads are still here. */
export function invocationsToArchive(
  database: Database,
  organizationId: string,
  { after, before, limit }: { after: string; before: string; limit: number },
) {
  return database
    .select({
      id: invocations.id,
      execution_id: invocations.execution_id,
      request_payload: invocations.request_payload,
      response_payload: invocations.response_payload,
      movable: sql<number>`${invocations.archive} is null and ${invocations.status} <> 'running'
        and coalesce(${invocations.request_payload}, ${invocations.response_payload}) is not null`,
    })
    .from(invocations)
    .where(and(eq(invocations.organization_id, organizationId), gt(invocations.id, after), lt(invocations.id, before)))
    .orderBy(asc(invocations.id))
    .limit(limit);
}

/** Takes the payloads out of these rows, which say from now on where they are. Gives the ids of the rows that do. */
export async function markArchived(
  database: Database,
  organizationId: string,
  moved: readonly { readonly id: string; readonly key: string }[],
): Promise<ReadonlySet<string>> {
  const keys = JSON.stringify(Object.fromEntries(moved.map(({ id, key }) => [id, key])));
  const rows = await database
    .update(invocations)
    .set({
      request_payload: null,
      response_payload: null,
      archive: sql`json_extract(${keys}, '$.' || ${invocations.id})`,
    })
    .where(
      and(
        eq(invocations.organization_id, organizationId),
        inArray(invocations.id, sql`(select value from json_each(${JSON.stringify(moved.map(({ id }) => id))}))`),
        isNull(invocations.archive),
        ne(invocations.request_state, 'expired'),
      ),
    )
    .returning({ id: invocations.id });
  return new Set(rows.map(({ id }) => id));
}

export function forgetPayloads(database: Database, organizationId: string, id: string) {
  return database
    .update(invocations)
    .set({
      request_payload: null,
      response_payload: null,
      request_state: 'expired',
      response_state: 'expired',
      archive: null,
    })
    .where(and(eq(invocations.organization_id, organizationId), eq(invocations.id, id)));
}
