import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { apiKeys, organizations } from '../../db/schema/accounts.ts';

export type OrganizationRow = typeof organizations.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;

export function findOrganization(database: Database, organizationId: string): Promise<OrganizationRow | undefined> {
  return database.select().from(organizations).where(eq(organizations.id, organizationId)).get();
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
        page.before === undefined ? undefined : lt(apiKeys.id, page.before),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1)
    .all();
}

/** The insert of a key's row as the desk tells it; an older revision than the stored one changes nothing. */
export function upsertApiKey(database: Database, organizationId: string, row: Omit<ApiKeyRow, 'organization_id'>) {
  const moving = { last_used_at: row.last_used_at, revoked_at: row.revoked_at, revision: row.revision };
  return database
    .insert(apiKeys)
    .values({ ...row, organization_id: organizationId })
    .onConflictDoUpdate({
      target: apiKeys.id,
      set: moving,
      setWhere: sql`excluded.revision > ${apiKeys.revision} and ${apiKeys.organization_id} = ${organizationId}`,
    });
}
