import { and, desc, eq, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { nameContains } from '../../db/name-contains.ts';
import { apiKeys, memberships } from '../../db/schema/accounts.ts';
import { agents } from '../../db/schema/agents.ts';
import { externalAgents, policies, policyVersions } from '../../db/schema/governance.ts';
import { projects } from '../../db/schema/projects.ts';

export type PolicyRow = typeof policies.$inferSelect;
export type PolicyVersionRow = typeof policyVersions.$inferSelect;

/** Retold and late projections change nothing. */
export function upsertPolicy(db: Database, row: PolicyRow) {
  return db
    .insert(policies)
    .values(row)
    .onConflictDoUpdate({
      target: policies.id,
      set: {
        name: row.name,
        effect: row.effect,
        priority: row.priority,
        is_active: row.is_active,
        document: row.document,
        version: row.version,
        updated_at: row.updated_at,
        deleted_at: row.deleted_at,
        revision: row.revision,
      },
      setWhere: sql`${policies.organization_id} = ${row.organization_id} AND ${policies.revision} < ${row.revision}`,
    });
}

export function insertPolicyVersion(db: Database, row: PolicyVersionRow) {
  return db.insert(policyVersions).values(row).onConflictDoNothing();
}

export interface PolicyListFilter {
  readonly effect: string | undefined;
  readonly active: boolean | undefined;
  readonly search: string | undefined;
  /** Id of the last policy of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** The highest priority first, of equals the newest. */
export function selectPolicies(db: Database, organizationId: string, filter: PolicyListFilter): Promise<PolicyRow[]> {
  const { effect, active, search, after } = filter;
  const place = sql`(SELECT ${policies.priority}, ${policies.id} FROM ${policies}
    WHERE ${policies.organization_id} = ${organizationId} AND ${policies.id} = ${after})`;
  const conditions: (SQL | undefined)[] = [
    eq(policies.organization_id, organizationId),
    isNull(policies.deleted_at),
    effect === undefined ? undefined : eq(policies.effect, effect),
    active === undefined ? undefined : eq(policies.is_active, active ? 1 : 0),
    search === undefined ? undefined : nameContains(policies.name, search),
    after === undefined ? undefined : sql`(${policies.priority}, ${policies.id}) < ${place}`,
  ];
  return db
    .select()
    .from(policies)
    .where(and(...conditions))
    .orderBy(desc(policies.priority), desc(policies.id))
    .limit(filter.limit);
}

/** Newest first, from below version `before`. */
export function selectPolicyVersions(
  db: Database,
  organizationId: string,
  policyId: string,
  before: number | undefined,
  limit: number,
): Promise<PolicyVersionRow[]> {
  return db
    .select()
    .from(policyVersions)
    .where(
      and(
        eq(policyVersions.organization_id, organizationId),
        eq(policyVersions.policy_id, policyId),
        before === undefined ? undefined : lt(policyVersions.version, before),
      ),
    )
    .orderBy(desc(policyVersions.version))
    .limit(limit);
}

const NAMED = {
  agent: { table: agents, id: agents.id, organization: agents.organization_id },
  user: { table: memberships, id: memberships.user_id, organization: memberships.organization_id },
  api_key: { table: apiKeys, id: apiKeys.id, organization: apiKeys.organization_id },
  external_agent: { table: externalAgents, id: externalAgents.id, organization: externalAgents.organization_id },
  project: { table: projects, id: projects.id, organization: projects.organization_id },
} as const;

export type NamedKind = keyof typeof NAMED;

/** Which of these ids the organization has. */
export async function selectKnownIds(
  db: Database,
  organizationId: string,
  kind: NamedKind,
  ids: readonly string[],
): Promise<Set<string>> {
  const { table, id, organization } = NAMED[kind];
  const rows = await db
    .select({ id })
    .from(table)
    // As one parameter: D1 takes 100 a statement.
    .where(and(eq(organization, organizationId), sql`${id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`));
  return new Set(rows.map((row) => row.id));
}

/** The platform of an external agent of the organization. */
export function selectPlatform(db: Database, organizationId: string, externalAgentId: string) {
  return db
    .select({ platform: externalAgents.platform })
    .from(externalAgents)
    .where(and(eq(externalAgents.organization_id, organizationId), eq(externalAgents.id, externalAgentId)))
    .get();
}
