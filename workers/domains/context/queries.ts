import type { HandoffFilter, JsonValue } from '@agentflow/contracts';
import { CONTEXT_LIMITS } from '@agentflow/contracts';
import { and, asc, desc, eq, gt, inArray, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { nameContains } from '../../db/name-contains.ts';
import { contextEntries, handoffs, projects } from '../../db/schema/projects.ts';

export type ContextRow = typeof contextEntries.$inferSelect;
export type HandoffRow = typeof handoffs.$inferSelect;

/** D1 takes 100 bound parameters a statement. */
const KEYS_PER_STATEMENT = 90;

export interface ContextPlace {
  readonly organization_id: string;
  readonly project_id: string;
  readonly key: string;
}

export interface ContextWrite extends ContextPlace {
  readonly ttl_ms: number;
  readonly now: number;
  readonly by: string;
}

function inProject(organizationId: string, projectId: string): SQL | undefined {
  return and(eq(contextEntries.organization_id, organizationId), eq(contextEntries.project_id, projectId));
}

export function selectEntry(db: Database, place: ContextPlace, now: number): Promise<ContextRow | undefined> {
  return db
    .select()
    .from(contextEntries)
    .where(
      and(
        inProject(place.organization_id, place.project_id),
        eq(contextEntries.key, place.key),
        gt(contextEntries.expires_at, now),
      ),
    )
    .get();
}

/** How much of a value's JSON a list shows. */
const PREVIEW_CHARACTERS = 200;

export type ContextSummaryRow = Omit<ContextRow, 'organization_id' | 'value'> & {
  readonly preview: string;
  readonly characters: number;
};

/** In the order of the keys. */
export function selectSummaries(
  db: Database,
  organizationId: string,
  projectId: string,
  page: { readonly search: string | undefined; readonly after: string | undefined; readonly limit: number },
  now: number,
): Promise<ContextSummaryRow[]> {
  return db
    .select({
      project_id: contextEntries.project_id,
      key: contextEntries.key,
      version: contextEntries.version,
      expires_at: contextEntries.expires_at,
      updated_at: contextEntries.updated_at,
      updated_by: contextEntries.updated_by,
      preview: sql<string>`substr(${contextEntries.value}, 1, ${PREVIEW_CHARACTERS})`,
      characters: sql<number>`length(${contextEntries.value})`,
    })
    .from(contextEntries)
    .where(
      and(
        inProject(organizationId, projectId),
        gt(contextEntries.expires_at, now),
        page.search === undefined ? undefined : nameContains(contextEntries.key, page.search),
        page.after === undefined ? undefined : gt(contextEntries.key, page.after),
      ),
    )
    .orderBy(asc(contextEntries.key))
    .limit(page.limit);
}

/** Condition: the key is there, at version `expected` or with null at any. */
export function entryIsAt(place: ContextPlace, expected: number | null, now: number): SQL {
  const here = and(
    inProject(place.organization_id, place.project_id),
    eq(contextEntries.key, place.key),
    gt(contextEntries.expires_at, now),
    expected === null ? undefined : eq(contextEntries.version, expected),
  );
  return sql`EXISTS (SELECT 1 FROM ${contextEntries} WHERE ${here})`;
}

export function deleteKey(db: Database, { organization_id, project_id, key }: ContextPlace) {
  return db.delete(contextEntries).where(and(inProject(organization_id, project_id), eq(contextEntries.key, key)));
}

/** Values by key; of the whole context as many as fit into the bound, in the order of their keys. */
export async function selectValues(
  db: Database,
  organizationId: string,
  projectId: string,
  keys: readonly string[] | 'all',
  now: number,
): Promise<{ key: string; value: string }[]> {
  const live = and(inProject(organizationId, projectId), gt(contextEntries.expires_at, now));
  const columns = { key: contextEntries.key, value: contextEntries.value };
  if (keys === 'all') {
    const sizes = db
      .select({
        ...columns,
        before: sql<number>`sum(length(${contextEntries.value})) over (order by ${contextEntries.key})`.as('before'),
      })
      .from(contextEntries)
      .where(live)
      .as('sizes');
    return db
      .select({ key: sizes.key, value: sizes.value })
      .from(sizes)
      .where(lte(sizes.before, CONTEXT_LIMITS.read_characters));
  }
  const found = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_STATEMENT) {
    const some = keys.slice(from, from + KEYS_PER_STATEMENT);
    found.push(
      db
        .select(columns)
        .from(contextEntries)
        .where(and(live, inArray(contextEntries.key, some))),
    );
  }
  return (await Promise.all(found)).flat();
}

const entry = contextEntries;
const isLive = (now: number) => sql`${entry.expires_at} > ${now}`;

/** Only into a project of this organization that is there and has room; an entry that is there needs none. */
function mayWrite({ organization_id, project_id, key, now }: ContextWrite): SQL {
  return sql`EXISTS (SELECT 1 FROM ${projects} WHERE ${projects.organization_id} = ${organization_id}
      AND ${projects.id} = ${project_id} AND ${projects.archived_at} IS NULL)
    AND ((SELECT count(*) FROM ${entry} WHERE ${entry.organization_id} = ${organization_id} AND ${entry.project_id} = ${project_id}
      AND ${isLive(now)} AND ${entry.key} <> ${key}) < ${CONTEXT_LIMITS.keys})`;
}

const STAMP = {
  expires_at: sql`excluded.expires_at`,
  updated_at: sql`excluded.updated_at`,
  updated_by: sql`excluded.updated_by`,
};

/** The beginning of an INSERT … SELECT, in the order of the table's columns. */
function rowOf({ organization_id, project_id, key, now, ttl_ms, by }: ContextWrite, value: SQL, version: SQL): SQL {
  return sql`SELECT ${organization_id}, ${project_id}, ${key}, ${value}, ${version}, ${now + ttl_ms}, ${now}, ${by}`;
}

/** What has expired of a project goes with its next write. */
export function deleteExpired(db: Database, { organization_id, project_id, now }: ContextWrite) {
  return db.delete(entry).where(and(inProject(organization_id, project_id), lte(entry.expires_at, now)));
}

/**
 * Sets a key in one statement; `expected` is the version that it must be at (0: not there), null for any. `only` is one
 * more condition. No row comes back where it was not set.
 */
export function upsertValue(
  db: Database,
  write: ContextWrite,
  value: JsonValue,
  expected: number | null,
  only: SQL = sql`1`,
) {
  const version = sql`(SELECT coalesce(max(${entry.version}), 0) FROM ${entry} WHERE ${entry.organization_id} = ${write.organization_id}
    AND ${entry.project_id} = ${write.project_id} AND ${entry.key} = ${write.key} AND ${isLive(write.now)})`;
  const guard = expected === null ? sql`1` : sql`${version} = ${expected}`;
  const row = rowOf(write, sql`${JSON.stringify(value)}`, sql`${version} + 1`);
  return db
    .insert(entry)
    .select(sql`${row} WHERE ${mayWrite(write)} AND ${guard} AND ${only}`)
    .onConflictDoUpdate({
      target: [entry.organization_id, entry.project_id, entry.key],
      set: { value: sql`excluded.value`, version: sql`excluded.version`, ...STAMP },
    })
    .returning();
}

/** Appends in one statement, so that appends at the same time are all kept. No row comes back where it was not done. */
export function appendItem(db: Database, write: ContextWrite, item: JsonValue) {
  const text = JSON.stringify(item);
  const live = isLive(write.now);
  const appended = sql`json_insert(${entry.value}, '$[#]', json(${text}))`;
  return db
    .insert(entry)
    .select(sql`${rowOf(write, sql`json_array(json(${text}))`, sql`1`)} WHERE ${mayWrite(write)}`)
    .onConflictDoUpdate({
      target: [entry.organization_id, entry.project_id, entry.key],
      set: {
        value: sql`iif(${live}, ${appended}, excluded.value)`,
        version: sql`iif(${live}, ${entry.version} + 1, 1)`,
        ...STAMP,
      },
      setWhere: sql`NOT (${live}) OR (json_type(${entry.value}) = 'array'
        AND length(${appended}) <= ${CONTEXT_LIMITS.value_characters})`,
    })
    .returning();
}

/** Recorded once: a second handoff of the same id changes nothing. */
export function insertHandoff(db: Database, row: HandoffRow) {
  return db.insert(handoffs).values(row).onConflictDoNothing();
}

export function handoffIsNew(id: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${handoffs} WHERE ${handoffs.id} = ${id})`;
}

/** Newest first. */
export function selectHandoffs(
  db: Database,
  organizationId: string,
  filter: HandoffFilter,
  before: string | undefined,
  limit: number,
): Promise<HandoffRow[]> {
  return db
    .select()
    .from(handoffs)
    .where(
      and(
        eq(handoffs.organization_id, organizationId),
        filter.to_agent_id === undefined ? undefined : eq(handoffs.to_agent_id, filter.to_agent_id),
        filter.project_id === undefined ? undefined : eq(handoffs.project_id, filter.project_id),
        before === undefined ? undefined : lt(handoffs.id, before),
      ),
    )
    .orderBy(desc(handoffs.id))
    .limit(limit);
}
