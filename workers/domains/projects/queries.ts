import { and, desc, eq, gte, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { nameContains } from '../../db/name-contains.ts';
import { agents } from '../../db/schema/agents.ts';
import { costRecords, executions } from '../../db/schema/executions.ts';
import { contextEntries, projects } from '../../db/schema/projects.ts';

export type ProjectRow = typeof projects.$inferSelect;

function thisProject(organizationId: string, projectId: string): SQL | undefined {
  return and(eq(projects.organization_id, organizationId), eq(projects.id, projectId));
}

export function selectProject(
  db: Database,
  organizationId: string,
  projectId: string,
): Promise<ProjectRow | undefined> {
  return db.select().from(projects).where(thisProject(organizationId, projectId)).get();
}

/** Which of these ids are projects of the organization. */
export function selectExistingProjects(db: Database, organizationId: string, ids: readonly string[]) {
  return db
    .select({ id: projects.id })
    .from(projects)
    .where(
      and(
        eq(projects.organization_id, organizationId),
        // One bound parameter, of which D1 takes 100.
        sql`${projects.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
}

export interface ProjectListFilter {
  readonly archived: boolean;
  readonly search: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

export interface ProjectListRow {
  readonly project: ProjectRow;
  readonly context_keys: number;
  readonly last_execution_at: number | null;
}

/** With its table's name, which a column alone loses where one table is selected from. */
const outerId = sql`${projects}."id"`;

/** Newest first. */
export function selectProjects(
  db: Database,
  organizationId: string,
  page: ProjectListFilter,
  now: number,
): Promise<ProjectListRow[]> {
  return db
    .select({
      project: projects,
      context_keys: sql<number>`(SELECT count(*) FROM ${contextEntries}
        WHERE ${contextEntries.organization_id} = ${organizationId} AND ${contextEntries.project_id} = ${outerId}
        AND ${contextEntries.expires_at} > ${now})`,
      last_execution_at: sql<number | null>`(SELECT ${executions.created_at} FROM ${executions}
        WHERE ${executions.organization_id} = ${organizationId} AND ${executions.project_id} = ${outerId}
        ORDER BY ${executions.id} DESC LIMIT 1)`,
    })
    .from(projects)
    .where(
      and(
        eq(projects.organization_id, organizationId),
        page.archived ? isNotNull(projects.archived_at) : isNull(projects.archived_at),
        page.search === undefined ? undefined : nameContains(projects.name, page.search),
        page.before === undefined ? undefined : lt(projects.id, page.before),
      ),
    )
    .orderBy(desc(projects.id))
    .limit(page.limit);
}

export interface ProjectAgentRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly executions: number;
  readonly failed: number;
  readonly cost_microusd: number;
  readonly last_id: string;
  readonly last_status: string;
  readonly last_at: number;
}

/** Who ran in a project, told from the newest of its executions: an old project's whole past would be read otherwise. */
export function selectProjectAgents(
  db: Database,
  organizationId: string,
  projectId: string,
  newest: number,
): Promise<ProjectAgentRow[]> {
  const recent = db
    .select({
      id: executions.id,
      agent_id: executions.agent_id,
      status: executions.status,
      cost_microusd: executions.cost_microusd,
      created_at: executions.created_at,
    })
    .from(executions)
    .where(and(eq(executions.organization_id, organizationId), eq(executions.project_id, projectId)))
    .orderBy(desc(executions.id))
    .limit(newest)
    .as('recent');
  // SQLite takes the bare columns of a group from the row that holds its only max().
  const last = sql<string>`max(${recent.id})`.as('last_id');
  return db
    .select({
      id: agents.id,
      name: agents.name,
      status: agents.status,
      executions: sql<number>`count(*)`,
      failed: sql<number>`sum(${recent.status} = 'failed')`,
      cost_microusd: sql<number>`sum(${recent.cost_microusd})`,
      last_id: last,
      last_status: recent.status,
      last_at: recent.created_at,
    })
    .from(recent)
    .innerJoin(agents, and(eq(agents.organization_id, organizationId), eq(agents.id, recent.agent_id)))
    .groupBy(agents.id)
    .orderBy(desc(last));
}

/** Milliseconds since the epoch; `before` is not included. */
interface Span {
  readonly from: number;
  readonly before: number;
}

export interface SpendingRow {
  readonly cost_microusd: number;
  readonly calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

const DAY_MS = 86_400_000;
const spending = {
  cost_microusd: sql<number>`sum(${costRecords.cost_microusd})`.as('cost_microusd'),
  calls: sql<number>`count(*)`,
  input_tokens: sql<number>`sum(${costRecords.input_tokens})`,
  output_tokens: sql<number>`sum(${costRecords.output_tokens})`,
};

function ofProject(organizationId: string, projectId: string, { from, before }: Span): SQL | undefined {
  return and(
    eq(costRecords.organization_id, organizationId),
    eq(costRecords.project_id, projectId),
    gte(costRecords.at, from),
    lt(costRecords.at, before),
  );
}

/** By whole days since 1970, in UTC. */
export function selectCostsByDay(
  db: Database,
  organizationId: string,
  projectId: string,
  span: Span,
): Promise<(SpendingRow & { readonly day: number })[]> {
  const day = sql<number>`${costRecords.at} / ${sql.raw(String(DAY_MS))}`;
  return db
    .select({ day, ...spending })
    .from(costRecords)
    .where(ofProject(organizationId, projectId, span))
    .groupBy(day);
}

export function selectCostsByAgent(
  db: Database,
  organizationId: string,
  projectId: string,
  span: Span,
): Promise<(SpendingRow & { readonly agent_id: string; readonly name: string })[]> {
  return db
    .select({ agent_id: costRecords.agent_id, name: agents.name, ...spending })
    .from(costRecords)
    .innerJoin(agents, and(eq(agents.organization_id, organizationId), eq(agents.id, costRecords.agent_id)))
    .where(ofProject(organizationId, projectId, span))
    .groupBy(costRecords.agent_id)
    .orderBy(desc(sql`cost_microusd`));
}

export function selectCostsByModel(
  db: Database,
  organizationId: string,
  projectId: string,
  span: Span,
): Promise<(SpendingRow & { readonly provider: string; readonly model: string })[]> {
  return db
    .select({ provider: costRecords.provider, model: costRecords.model, ...spending })
    .from(costRecords)
    .where(ofProject(organizationId, projectId, span))
    .groupBy(costRecords.provider, costRecords.model)
    .orderBy(desc(sql`cost_microusd`));
}

export function insertProject(db: Database, row: ProjectRow) {
  return db.insert(projects).values(row);
}

/**
 * Changes a project from revision `expected` to the next one. One that has moved on fails the statement, and with it the
 * whole batch (see `isStale`).
 */
export function updateProjectAt(
  db: Database,
  organizationId: string,
  projectId: string,
  expected: number,
  fields: Partial<Pick<ProjectRow, 'name' | 'description' | 'archived_at'>>,
  now: number,
) {
  return db
    .update(projects)
    .set({
      ...fields,
      updated_at: now,
      revision: sql`iif(${projects.revision} = ${expected}, ${projects.revision} + 1, NULL)`,
    })
    .where(thisProject(organizationId, projectId))
    .returning();
}

export function deleteContext(db: Database, organizationId: string, projectId: string) {
  return db
    .delete(contextEntries)
    .where(and(eq(contextEntries.organization_id, organizationId), eq(contextEntries.project_id, projectId)));
}

function failedBy(error: unknown, rule: RegExp): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (rule.test(cause.message)) return true;
  return false;
}

/** Whether a batch failed because the project is no longer at the revision that the change was made for. */
export function isStale(error: unknown): boolean {
  return failedBy(error, /NOT NULL constraint failed: projects\.revision/);
}

/** Whether a batch failed because another project of the organization has the name. */
export function isNameTaken(error: unknown): boolean {
  return failedBy(error, /UNIQUE constraint failed: .*projects[._]name/);
}
