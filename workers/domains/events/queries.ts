import type { EventType } from '@agentflow/contracts';
import { and, asc, desc, eq, getTableColumns, inArray, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { eventOutbox, events } from '../../db/schema/events.ts';

export type EventRow = Omit<Required<typeof events.$inferInsert>, 'organization_id'>;

/** One bound parameter, however many rows: D1 takes 100 of them. `WHERE true` keeps `ON CONFLICT` from being read as a join. */
export function insertEvents(database: Database, organizationId: string, rows: readonly EventRow[]) {
  const columns = Object.keys(getTableColumns(events)).map((name) =>
    name === 'organization_id' ? sql`${organizationId}` : sql`value ->> ${sql.raw(`'$.${name}'`)}`,
  );
  return database
    .insert(events)
    .select(sql`SELECT ${sql.join(columns, sql`, `)} FROM json_each(${JSON.stringify(rows)}) WHERE true`)
    .onConflictDoNothing();
}

/** So many of those whose ids come before this one. */
export function deleteEventsBefore(database: Database, organizationId: string, id: string, limit: number) {
  const page = database
    .select({ id: events.id })
    .from(events)
    .where(and(eq(events.organization_id, organizationId), lt(events.id, id)))
    .orderBy(asc(events.id))
    .limit(limit);
  return database.delete(events).where(inArray(events.id, page));
}

export function selectEvents(
  database: Database,
  organizationId: string,
  filter: { readonly type: EventType | undefined },
  page: { readonly before: string | undefined; readonly limit: number },
) {
  return database
    .select()
    .from(events)
    .where(
      and(
        eq(events.organization_id, organizationId),
        filter.type === undefined ? undefined : eq(events.type, filter.type),
        page.before === undefined ? undefined : lt(events.id, page.before),
      ),
    )
    .orderBy(desc(events.id))
    .limit(page.limit + 1)
    .all();
}

export function selectOutgoing(database: Database, organizationId: string, limit: number) {
  return database
    .select()
    .from(eventOutbox)
    .where(eq(eventOutbox.organization_id, organizationId))
    .orderBy(asc(eventOutbox.id))
    .limit(limit)
    .all();
}

export function deleteOutgoingRows(database: Database, organizationId: string, ids: readonly string[]) {
  const named = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return database
    .delete(eventOutbox)
    .where(and(eq(eventOutbox.organization_id, organizationId), sql`${eventOutbox.id} IN ${named}`));
}
