import { and, desc, eq, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships } from '../../db/schema/accounts.ts';
import { approvals } from '../../db/schema/approvals.ts';
import { events, notificationMarks, notificationReads } from '../../db/schema/events.ts';
import { firstIdAt } from '../../platform/ids.ts';

/** Whose bell it is, and what it tells. */
export interface Bell {
  readonly user_id: string;
  readonly types: readonly string[];
  /** Condition on a row of `approvals` for approvals to be told; undefined for all of them. */
  readonly decides: SQL | undefined;
  /** Everything up to this event is read. */
  readonly read_to: string;
}

/** The person's mark and settings; who has none has read everything that was before they joined. */
export async function selectMark(
  database: Database,
  organizationId: string,
  userId: string,
): Promise<{ read_to: string; settings: string | null }> {
  const row = await database
    .select({
      joined_at: memberships.created_at,
      read_to: notificationMarks.read_to,
      settings: notificationMarks.settings,
    })
    .from(memberships)
    .leftJoin(
      notificationMarks,
      and(eq(notificationMarks.organization_id, organizationId), eq(notificationMarks.user_id, userId)),
    )
    .where(and(eq(memberships.organization_id, organizationId), eq(memberships.user_id, userId)))
    .get();
  return { read_to: row?.read_to ?? firstIdAt('event', row?.joined_at ?? Date.now()), settings: row?.settings ?? null };
}

/** The approval that the event of the row asks for. */
const asked = sql`told.type = 'approval.requested' AND ${approvals.organization_id} = told.organization_id AND ${approvals.id} = told.data ->> 'approval_id'`;

/**
 * Ids of the newest events that the bell tells, so many of each type and each by one seek: those types are few among many
 * others.
 */
function newest(organizationId: string, bell: Bell, within: SQL | undefined, limit: number): SQL {
  const { types, decides } = bell;
  const mine =
    decides === undefined
      ? undefined
      : sql`(told.type <> 'approval.requested' OR EXISTS (SELECT 1 FROM ${approvals} WHERE ${asked} AND ${decides}))`;
  const conditions = and(sql`told.organization_id = ${organizationId}`, sql`told.type = wanted.value`, within, mine);
  return sql`SELECT newest.id FROM json_each(${JSON.stringify(types)}) AS wanted, ${events} AS newest
    WHERE newest.rowid IN (SELECT told.rowid FROM ${events} AS told WHERE ${conditions} ORDER BY told.id DESC LIMIT ${limit})`;
}

export interface BellRow {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly data: string;
  /** Of its approval. */
  readonly status: string | null;
  readonly is_read: boolean;
}

/** The newest first, one more than `limit`. */
export async function selectNotifications(
  database: Database,
  organizationId: string,
  bell: Bell,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<BellRow[]> {
  const within = page.before === undefined ? undefined : sql`told.id < ${page.before}`;
  const rows = await rowsOf(
    database,
    organizationId,
    bell,
    sql`${events.id} IN (${newest(organizationId, bell, within, page.limit + 1)})`,
    page.limit + 1,
  );
  return rows;
}

/** One event, where the bell tells it. */
export async function selectNotification(
  database: Database,
  organizationId: string,
  bell: Bell,
  id: string,
): Promise<BellRow | undefined> {
  const rows = await rowsOf(
    database,
    organizationId,
    bell,
    sql`${events.id} IN (${newest(organizationId, bell, sql`told.id = ${id}`, 1)})`,
    1,
  );
  return rows[0];
}

async function rowsOf(
  database: Database,
  organizationId: string,
  bell: Bell,
  chosen: SQL,
  limit: number,
): Promise<BellRow[]> {
  const rows = await database
    .select({
      id: events.id,
      type: events.type,
      at: events.at,
      data: events.data,
      status: approvals.status,
      read: notificationReads.event_id,
    })
    .from(events)
    .leftJoin(
      approvals,
      and(
        eq(events.type, 'approval.requested'),
        eq(approvals.id, sql`${events.data} ->> 'approval_id'`),
        eq(approvals.organization_id, organizationId),
      ),
    )
    .leftJoin(
      notificationReads,
      and(
        eq(notificationReads.organization_id, organizationId),
        eq(notificationReads.user_id, bell.user_id),
        eq(notificationReads.event_id, events.id),
      ),
    )
    .where(and(eq(events.organization_id, organizationId), chosen))
    .orderBy(desc(events.id))
    .limit(limit)
    .all();
  return rows.map(({ read, ...row }) => ({
    ...row,
    is_read: row.id <= bell.read_to || read !== null || (row.status !== null && row.status !== 'pending'),
  }));
}

/** How many are not read, up to `most`. */
export async function countUnread(
  database: Database,
  organizationId: string,
  bell: Bell,
  most: number,
): Promise<number> {
  const isRead = sql`SELECT 1 FROM ${notificationReads} WHERE ${and(
    eq(notificationReads.organization_id, organizationId),
    eq(notificationReads.user_id, bell.user_id),
    sql`${notificationReads.event_id} = told.id`,
  )}`;
  const isDecided = sql`SELECT 1 FROM ${approvals} WHERE ${asked} AND ${approvals.status} <> 'pending'`;
  const within = sql`told.id > ${bell.read_to} AND NOT EXISTS (${isRead}) AND NOT EXISTS (${isDecided})`;
  const row = await database
    .select({ count: sql<number>`count(*)` })
    .from(sql`(SELECT 1 FROM (${newest(organizationId, bell, within, most)}) LIMIT ${most})`)
    .get();
  return row?.count ?? 0;
}

/** One read; what is older than events are kept goes. */
export function insertRead(
  database: Database,
  organizationId: string,
  userId: string,
  eventId: string,
  oldest: string,
) {
  const row = { organization_id: organizationId, user_id: userId, event_id: eventId };
  return database.batch([
    database.insert(notificationReads).values(row).onConflictDoNothing(),
    deleteReads(database, organizationId, userId, lt(notificationReads.event_id, oldest)),
  ]);
}

/** Everything up to an event is read; the mark never goes back. */
export function moveMark(
  database: Database,
  organizationId: string,
  userId: string,
  eventId: string,
  settings: string,
) {
  const row = { organization_id: organizationId, user_id: userId, read_to: eventId, settings };
  return database.batch([
    database
      .insert(notificationMarks)
      .values(row)
      .onConflictDoUpdate({
        target: [notificationMarks.organization_id, notificationMarks.user_id],
        set: { read_to: sql`max(${notificationMarks.read_to}, excluded.read_to)` },
      }),
    deleteReads(database, organizationId, userId, lte(notificationReads.event_id, eventId)),
  ]);
}

export function upsertSettings(
  database: Database,
  organizationId: string,
  userId: string,
  settings: string,
  readTo: string,
) {
  return database
    .insert(notificationMarks)
    .values({ organization_id: organizationId, user_id: userId, read_to: readTo, settings })
    .onConflictDoUpdate({
      target: [notificationMarks.organization_id, notificationMarks.user_id],
      set: { settings },
    });
}

function deleteReads(database: Database, organizationId: string, userId: string, which: SQL) {
  return database
    .delete(notificationReads)
    .where(and(eq(notificationReads.organization_id, organizationId), eq(notificationReads.user_id, userId), which));
}
