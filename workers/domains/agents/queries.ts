import type { ConcurrencyPolicy } from '@agentflow/contracts';
import { and, desc, eq, gt, inArray, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { agentDrafts, agents, agentVersions } from '../../db/schema/agents.ts';

export type AgentRow = typeof agents.$inferSelect;
export type DraftRow = typeof agentDrafts.$inferSelect;
export type VersionRow = typeof agentVersions.$inferSelect;
export type VersionSummaryRow = Omit<VersionRow, 'definition'>;

/** An agent's row with the concurrency that its live version allows, and what it wants beyond: the desk's head is made of it. */
export interface AgentHeadRow extends AgentRow {
  readonly max_concurrency: number | null;
  readonly concurrency_policy: ConcurrencyPolicy | null;
}

const agentColumns = {
  id: agents.id,
  organization_id: agents.organization_id,
  name: agents.name,
  description: agents.description,
  status: agents.status,
  live_version: agents.live_version,
  latest_version: agents.latest_version,
  tags: agents.tags,
  revision: agents.revision,
  created_at: agents.created_at,
  created_by: agents.created_by,
  updated_at: agents.updated_at,
};

function thisAgent(organizationId: string, agentId: string): SQL | undefined {
  return and(eq(agents.organization_id, organizationId), eq(agents.id, agentId));
}

export function selectAgent(db: Database, organizationId: string, agentId: string) {
  return db.select().from(agents).where(thisAgent(organizationId, agentId)).limit(1);
}

export function selectAgentHead(db: Database, organizationId: string, agentId: string) {
  return db
    .select({
      ...agentColumns,
      max_concurrency: sql<number | null>`json_extract(${agentVersions.definition}, '$.settings.max_concurrency')`.as(
        'max_concurrency',
      ),
      concurrency_policy:
        sql<ConcurrencyPolicy | null>`json_extract(${agentVersions.definition}, '$.settings.concurrency_policy')`.as(
          'concurrency_policy',
        ),
    })
    .from(agents)
    .leftJoin(
      agentVersions,
      and(
        eq(agentVersions.organization_id, agents.organization_id),
        eq(agentVersions.agent_id, agents.id),
        eq(agentVersions.version, agents.live_version),
      ),
    )
    .where(thisAgent(organizationId, agentId))
    .limit(1);
}

/**
 * Agents with a JSON list of those that their live versions call, by a node or as a tool of a model; texts that hold
 * expressions are left out.
 */
export function selectCalls(db: Database, organizationId: string, ids: readonly string[]) {
  const calls = sql<string>`(SELECT json_group_array(DISTINCT json_extract(called.value, '$.agent_id'))
    FROM json_each(${agentVersions.definition}, '$.nodes') AS node,
      json_each(CASE json_extract(node.value, '$.type')
        WHEN 'agent.call' THEN json_array(json_set(json_extract(node.value, '$.config'), '$.kind', 'agent'))
        WHEN 'ai.agent' THEN json_extract(node.value, '$.config.tools')
        ELSE '[]' END) AS called
    WHERE json_extract(called.value, '$.kind') = 'agent'
      AND json_extract(called.value, '$.agent_id') GLOB 'agt_*')`;
  return db
    .select({
      id: agents.id,
      name: agents.name,
      live_version: agents.live_version,
      calls: sql<string>`coalesce(${calls}, '[]')`,
    })
    .from(agents)
    .leftJoin(
      agentVersions,
      and(
        eq(agentVersions.organization_id, agents.organization_id),
        eq(agentVersions.agent_id, agents.id),
        eq(agentVersions.version, agents.live_version),
      ),
    )
    .where(and(eq(agents.organization_id, organizationId), inArray(agents.id, [...ids])));
}

/** Which of these are agents of the organization. */
export function selectExisting(db: Database, organizationId: string, ids: readonly string[]) {
  return db
    .select({ id: agents.id })
    .from(agents)
    .where(
      and(
        eq(agents.organization_id, organizationId),
        // One bound parameter, of which D1 takes 100.
        sql`${agents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    )
    .all();
}

/** Active agents with a live version, by id, with what their callers have to know; `ids` null for all. */
export function selectCallable(
  db: Database,
  organizationId: string,
  ids: readonly string[] | null,
  page: { readonly after: string | undefined; readonly limit: number },
) {
  return db
    .select({
      id: agents.id,
      name: agents.name,
      description: agents.description,
      input_schema: sql<string | null>`json_extract(${agentVersions.definition}, '$.input_schema')`,
    })
    .from(agents)
    .innerJoin(
      agentVersions,
      and(
        eq(agentVersions.organization_id, agents.organization_id),
        eq(agentVersions.agent_id, agents.id),
        eq(agentVersions.version, agents.live_version),
      ),
    )
    .where(
      and(
        eq(agents.organization_id, organizationId),
        eq(agents.status, 'active'),
        page.after === undefined ? undefined : gt(agents.id, page.after),
        ids === null ? undefined : sql`${agents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    )
    .orderBy(agents.id)
    .limit(page.limit)
    .all();
}

export function selectAgentsNamed(db: Database, organizationId: string, name: string) {
  return db
    .select({ id: agents.id })
    .from(agents)
    .where(and(eq(agents.organization_id, organizationId), eq(agents.name, name), ne(agents.status, 'archived')))
    .limit(2)
    .all();
}

export function insertAgent(db: Database, row: AgentRow) {
  return db.insert(agents).values(row);
}

export type AgentFields = Partial<
  Pick<AgentRow, 'name' | 'description' | 'tags' | 'status' | 'live_version' | 'latest_version'>
>;

/**
 * Changes an agent from revision `expected` to the next one. An agent that has moved on fails the statement, and with it
 * the whole batch (see `isStale`): what belongs to the change is then not written either.
 */
export function updateAgentAt(
  db: Database,
  organizationId: string,
  agentId: string,
  expected: number,
  fields: AgentFields,
  now: number,
) {
  return db
    .update(agents)
    .set({
      ...fields,
      updated_at: now,
      revision: sql`iif(${agents.revision} = ${expected}, ${agents.revision} + 1, NULL)`,
    })
    .where(thisAgent(organizationId, agentId));
}

/** Whether a batch failed because an agent or its draft is no longer at the revision that the change was made for. */
export function isStale(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (
      /NOT NULL constraint failed: (agents\.revision|agent_drafts\.revision|agent_versions\.definition)/.test(
        cause.message,
      )
    ) {
      return true;
    }
  }
  return false;
}

function thisDraft(organizationId: string, agentId: string): SQL | undefined {
  return and(eq(agentDrafts.organization_id, organizationId), eq(agentDrafts.agent_id, agentId));
}

export function selectDraft(db: Database, organizationId: string, agentId: string) {
  return db.select().from(agentDrafts).where(thisDraft(organizationId, agentId)).limit(1);
}

/** The draft with its agent's name and description, for export. */
export function selectAgentWithDraft(db: Database, organizationId: string, agentId: string) {
  return db
    .select({ id: agents.id, name: agents.name, description: agents.description, definition: agentDrafts.definition })
    .from(agents)
    .innerJoin(
      agentDrafts,
      and(eq(agentDrafts.organization_id, agents.organization_id), eq(agentDrafts.agent_id, agents.id)),
    )
    .where(thisAgent(organizationId, agentId))
    .limit(1);
}

/** What saving a draft is decided on: without the definition, which may be large. */
export function selectDraftState(db: Database, organizationId: string, agentId: string) {
  return db
    .select({ status: agents.status, revision: agentDrafts.revision })
    .from(agents)
    .innerJoin(
      agentDrafts,
      and(eq(agentDrafts.organization_id, agents.organization_id), eq(agentDrafts.agent_id, agents.id)),
    )
    .where(thisAgent(organizationId, agentId))
    .limit(1);
}

export function insertDraft(db: Database, row: DraftRow) {
  return db.insert(agentDrafts).values(row);
}

/** Saves a draft; with `expected`, only at that revision (see `isStale`), else whatever it is now. */
export function updateDraft(
  db: Database,
  organizationId: string,
  agentId: string,
  draft: Pick<DraftRow, 'definition' | 'updated_at' | 'updated_by'>,
  expected: number | null,
) {
  const next =
    expected === null
      ? sql`${agentDrafts.revision} + 1`
      : sql`iif(${agentDrafts.revision} = ${expected}, ${agentDrafts.revision} + 1, NULL)`;
  return db
    .update(agentDrafts)
    .set({ ...draft, revision: next })
    .where(thisDraft(organizationId, agentId))
    .returning({ revision: agentDrafts.revision });
}

/**
 * Publishes the draft at revision `draftRevision` as a version: the definition is copied inside the database, and a draft
 * that has moved on fails the batch (see `isStale`), so that only what was validated is ever published.
 */
export function insertVersionFromDraft(db: Database, row: VersionSummaryRow, draftRevision: number) {
  const draft = db
    .select({ definition: agentDrafts.definition })
    .from(agentDrafts)
    .where(and(thisDraft(row.organization_id, row.agent_id), eq(agentDrafts.revision, draftRevision)));
  return db.insert(agentVersions).values({ ...row, definition: sql`(${draft})` });
}

const versionSummary = {
  agent_id: agentVersions.agent_id,
  version: agentVersions.version,
  organization_id: agentVersions.organization_id,
  change_message: agentVersions.change_message,
  created_at: agentVersions.created_at,
  created_by: agentVersions.created_by,
};

/** Newest first, from below version `before`. */
export function selectVersions(
  db: Database,
  organizationId: string,
  agentId: string,
  before: number | undefined,
  limit: number,
) {
  return db
    .select(versionSummary)
    .from(agentVersions)
    .where(
      and(
        eq(agentVersions.organization_id, organizationId),
        eq(agentVersions.agent_id, agentId),
        before === undefined ? undefined : lt(agentVersions.version, before),
      ),
    )
    .orderBy(desc(agentVersions.version))
    .limit(limit);
}

export function selectVersion(db: Database, organizationId: string, agentId: string, version: number) {
  return db
    .select({ ...versionSummary, definition: agentVersions.definition, live_version: agents.live_version })
    .from(agentVersions)
    .innerJoin(
      agents,
      and(eq(agents.organization_id, agentVersions.organization_id), eq(agents.id, agentVersions.agent_id)),
    )
    .where(
      and(
        eq(agentVersions.organization_id, organizationId),
        eq(agentVersions.agent_id, agentId),
        eq(agentVersions.version, version),
      ),
    )
    .limit(1);
}
