import { EVENT_TYPES, type EventFilter, type EventType } from '@agentflow/contracts';
import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { eventOutbox, events } from '../../db/schema/events.ts';
import { firstIdAt } from '../../platform/ids.ts';

const { organization_id, ...LISTED } = getTableColumns(events);

export type EventRow = Omit<typeof events.$inferSelect, 'organization_id'>;

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

/**
 * A page of the events of these types, newest first. One seek in the index of an agent, a project or the organization; where
 * some types alone are wanted, one for each of them, so that rare ones are found among many others.
 */
export function selectEvents(
  database: Database,
  organizationId: string,
  types: readonly EventType[],
  { agent_id, project_id, from, to }: Omit<EventFilter, 'type'>,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<EventRow[]> {
  const place: (SQL | undefined)[] = [
    eq(events.organization_id, organizationId),
    page.before === undefined ? undefined : lt(events.id, page.before),
    from === undefined ? undefined : gte(events.id, firstIdAt('event', Date.parse(from))),
    to === undefined ? undefined : lt(events.id, firstIdAt('event', Date.parse(to) + 1)),
  ];
  const isWanted = and(
    ...place,
    agent_id === undefined ? undefined : eq(events.agent_id, agent_id),
    project_id === undefined ? undefined : eq(events.project_id, project_id),
    // The plus keeps the index of types out of it, by which rows would have to be sorted.
    sql`+${events.type} IN (SELECT value FROM json_each(${JSON.stringify(types)}))`,
  );
  const isOneOfTheNewest = sql`${events}.rowid IN (SELECT newest.rowid FROM json_each(${JSON.stringify(types)}) AS wanted, ${events} AS newest
    WHERE newest.rowid IN (SELECT rowid FROM ${events} WHERE ${and(...place)} AND type = wanted.value ORDER BY id DESC LIMIT ${page.limit + 1}))`;
  const bySeek = types.length === EVENT_TYPES.length || agent_id !== undefined || project_id !== undefined;
  return database
    .select(LISTED)
    .from(events)
    .where(bySeek ? isWanted : isOneOfTheNewest)
    .orderBy(desc(events.id))
    .limit(page.limit + 1)
    .all();
}

export function findEvent(database: Database, organizationId: string, id: string): Promise<EventRow | undefined> {
  return database
    .select(LISTED)
    .from(events)
    .where(and(eq(events.organization_id, organizationId), eq(events.id, id)))
    .get();
}

export function insertOutgoing(database: Database, row: typeof eventOutbox.$inferInsert) {
  return database.insert(eventOutbox).values(row).onConflictDoNothing();
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
