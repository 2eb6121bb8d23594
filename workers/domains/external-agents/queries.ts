import type { ExternalAgentFilter } from '@agentflow/contracts';
import { and, desc, eq, gt, gte, inArray, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { nameContains } from '../../db/name-contains.ts';
import { apiKeys } from '../../db/schema/accounts.ts';
import { externalAgents } from '../../db/schema/governance.ts';

export type ExternalAgentRow = typeof externalAgents.$inferSelect;
export type ExternalKeyRow = typeof apiKeys.$inferSelect;

/** The row as the desk tells it; an older revision than the stored one changes nothing. */
export function upsertExternalAgent(database: Database, row: ExternalAgentRow) {
  const { id, organization_id, created_at, created_by, ...moving } = row;
  return database
    .insert(externalAgents)
    .values(row)
    .onConflictDoUpdate({
      target: externalAgents.id,
      set: moving,
      setWhere: sql`excluded.revision > ${externalAgents.revision} and ${externalAgents.organization_id} = ${organization_id}`,
    });
}

/** Newest first; one row more than `limit` tells that there is a next page. */
export function selectExternalAgents(
  database: Database,
  organizationId: string,
  filter: ExternalAgentFilter,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<ExternalAgentRow[]> {
  const { platform, status, search, from, to } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(externalAgents.organization_id, organizationId),
    isNull(externalAgents.deleted_at),
    page.before === undefined ? undefined : lt(externalAgents.id, page.before),
    platform === undefined ? undefined : eq(externalAgents.platform, platform),
    status === undefined ? undefined : eq(externalAgents.is_active, status === 'active' ? 1 : 0),
    search === undefined || search === '' ? undefined : nameContains(externalAgents.name, search),
    from === undefined ? undefined : gte(externalAgents.created_at, Date.parse(from)),
    to === undefined ? undefined : lte(externalAgents.created_at, Date.parse(to)),
  ];
  return database
    .select()
    .from(externalAgents)
    .where(and(...conditions))
    .orderBy(desc(externalAgents.id))
    .limit(page.limit + 1)
    .all();
}

/** The newest working key of each of these external agents, as it is shown. */
export async function shownKeys(
  database: Database,
  organizationId: string,
  ids: readonly string[],
  now: number,
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await database
    .select({ external_agent_id: apiKeys.external_agent_id, prefix: apiKeys.prefix })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.organization_id, organizationId),
        inArray(apiKeys.external_agent_id, [...ids]),
        isNull(apiKeys.revoked_at),
        or(isNull(apiKeys.expires_at), gt(apiKeys.expires_at, now)),
      ),
    )
    .orderBy(apiKeys.id)
    .all();
  return new Map(rows.map(({ external_agent_id, prefix }) => [external_agent_id ?? '', prefix]));
}

/** Keys of one external agent, newest first: the revoked ones too. */
export function selectKeys(database: Database, organizationId: string, externalAgentId: string, limit: number) {
  return database
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.organization_id, organizationId), eq(apiKeys.external_agent_id, externalAgentId)))
    .orderBy(desc(apiKeys.id))
    .limit(limit)
    .all();
}
