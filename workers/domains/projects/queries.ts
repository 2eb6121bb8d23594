import { and, desc, eq, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
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

/** Newest first. */
export function selectProjects(
  db: Database,
  organizationId: string,
  page: { readonly archived: boolean; readonly before: string | undefined; readonly limit: number },
): Promise<ProjectRow[]> {
  return db
    .select()
    .from(projects)
    .where(
      and(
        eq(projects.organization_id, organizationId),
        page.archived ? isNotNull(projects.archived_at) : isNull(projects.archived_at),
        page.before === undefined ? undefined : lt(projects.id, page.before),
      ),
    )
    .orderBy(desc(projects.id))
    .limit(page.limit);
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
