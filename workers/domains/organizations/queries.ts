import { and, desc, eq, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { apiKeys, organizations } from '../../db/schema/accounts.ts';

export type OrganizationRow = typeof organizations.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Undefined, too, for one whose erasure has begun. */
export function findOrganization(database: Database, organizationId: string): Promise<OrganizationRow | undefined> {
  return database
    .select()
    .from(organizations)
    .where(and(eq(organizations.id, organizationId), isNull(organizations.erased_at)))
    .get();
}

export async function slugExists(database: Database, slug: string): Promise<boolean> {
  const row = await database
    .select({ id: organizations.id })
    .from(organizations)
    .where(eq(organizations.slug, slug))
    .get();
  return row !== undefined;
}

/** The insert of a new organization, for signup's batch. */
export function insertOrganization(database: Database, row: OrganizationRow) {
  return database.insert(organizations).values(row);
}

/**
 * Changes an organization; with `expected`, only while `updated_at` is that (see `isGuarded`). `updated_at` is the
 * revision too, so it moves on even within a millisecond.
 */
export function updateOrganization(
  database: Database,
  organizationId: string,
  fields: Pick<OrganizationRow, 'name'>,
  at: { now: number; expected: number | null },
) {
  const next = sql`max(${at.now}, ${organizations.updated_at} + 1)`;
  return database
    .update(organizations)
    .set({
      ...fields,
      updated_at: at.expected === null ? next : sql`iif(${organizations.updated_at} = ${at.expected}, ${next}, NULL)`,
    })
    .where(eq(organizations.id, organizationId))
    .returning();
}

/**
 * First statement of a batch that may only be written while `condition` holds: changes nothing, or breaks the row's NOT
 * NULL rule and with it the whole batch (see `isGuarded`).
 */
export function guard(database: Database, organizationId: string, condition: SQL) {
  return database
    .update(organizations)
    .set({ updated_at: sql`iif(${condition}, ${organizations.updated_at}, NULL)` })
    .where(eq(organizations.id, organizationId));
}

/** Whether a batch failed because its guard, or the revision that it was made for, no longer held. */
export function isGuarded(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('NOT NULL constraint failed: organizations.updated_at')) return true;
  }
  return false;
}

/** The networks as the desk tells them; an older revision than the stored one changes nothing. */
export function updateIpAllowlist(
  database: Database,
  organizationId: string,
  list: { readonly revision: number; readonly networks: readonly string[] },
) {
  const stored = sql`coalesce(json_extract(${organizations.ip_allowlist}, '$.revision'), 0)`;
  return database
    .update(organizations)
    .set({ ip_allowlist: JSON.stringify(list) })
    .where(and(eq(organizations.id, organizationId), sql`${stored} < ${list.revision}`));
}

/** Newest first; one row more than `limit` tells that there is a next page. */
export function listApiKeys(
  database: Database,
  organizationId: string,
  page: { limit: number; before: string | undefined },
): Promise<ApiKeyRow[]> {
  return database
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.organization_id, organizationId),
        isNull(apiKeys.external_agent_id),
        page.before === undefined ? undefined : lt(apiKeys.id, page.before),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1)
    .all();
}

/** As D1 has it, which may not know a key of this moment. */
export function findApiKey(
  database: Database,
  organizationId: string,
  keyId: string,
): Promise<Pick<ApiKeyRow, 'revoked_at' | 'expires_at'> | undefined> {
  return database
    .select({ revoked_at: apiKeys.revoked_at, expires_at: apiKeys.expires_at })
    .from(apiKeys)
    .where(and(eq(apiKeys.organization_id, organizationId), eq(apiKeys.id, keyId)))
    .get();
}

/** The insert of a key's row as the desk tells it; an older revision than the stored one changes nothing. */
export function upsertApiKey(database: Database, organizationId: string, row: Omit<ApiKeyRow, 'organization_id'>) {
  const { expires_at, last_used_at, revoked_at, replaced_by, revision } = row;
  const moving = { expires_at, last_used_at, revoked_at, replaced_by, revision };
  return database
    .insert(apiKeys)
    .values({ ...row, organization_id: organizationId })
    .onConflictDoUpdate({
      target: apiKeys.id,
      set: moving,
      setWhere: sql`excluded.revision > ${apiKeys.revision} and ${apiKeys.organization_id} = ${organizationId}`,
    });
}
