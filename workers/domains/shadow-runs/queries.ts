import { and, asc, desc, eq, inArray, lt } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { shadowComparisons, shadowRuns } from '../../db/schema/shadow-runs.ts';

export type ShadowRunRow = typeof shadowRuns.$inferSelect;
export type ComparisonRow = typeof shadowComparisons.$inferSelect;

/** D1 takes 100 bound parameters a statement; a comparison has 9. */
const COMPARISONS_PER_STATEMENT = 10;
const OPEN = ['waiting', 'running'];

export function insertShadowRun(database: Database, row: ShadowRunRow) {
  return database.insert(shadowRuns).values(row);
}

export function insertComparisons(database: Database, rows: readonly ComparisonRow[]) {
  const statements = [];
  for (let from = 0; from < rows.length; from += COMPARISONS_PER_STATEMENT) {
    statements.push(database.insert(shadowComparisons).values(rows.slice(from, from + COMPARISONS_PER_STATEMENT)));
  }
  return statements;
}

const listed = {
  id: shadowRuns.id,
  organization_id: shadowRuns.organization_id,
  agent_id: shadowRuns.agent_id,
  status: shadowRuns.status,
  draft_revision: shadowRuns.draft_revision,
  created_at: shadowRuns.created_at,
  created_by: shadowRuns.created_by,
  finished_at: shadowRuns.finished_at,
};
export type ListedShadowRun = Omit<ShadowRunRow, 'definition'>;

export function selectShadowRuns(
  database: Database,
  organizationId: string,
  agentId: string,
  before: string | undefined,
  limit: number,
): Promise<ListedShadowRun[]> {
  return database
    .select(listed)
    .from(shadowRuns)
    .where(
      and(
        eq(shadowRuns.organization_id, organizationId),
        eq(shadowRuns.agent_id, agentId),
        before === undefined ? undefined : lt(shadowRuns.id, before),
      ),
    )
    .orderBy(desc(shadowRuns.id))
    .limit(limit)
    .all();
}

export function selectShadowRun(database: Database, organizationId: string, agentId: string, id: string) {
  return database
    .select(listed)
    .from(shadowRuns)
    .where(and(eq(shadowRuns.organization_id, organizationId), eq(shadowRuns.agent_id, agentId), eq(shadowRuns.id, id)))
    .get();
}

/** What a shadow run tries, in JSON; null for one that has ended, and for none. */
export async function selectDefinition(database: Database, organizationId: string, id: string): Promise<string | null> {
  const row = await database
    .select({ definition: shadowRuns.definition })
    .from(shadowRuns)
    .where(and(eq(shadowRuns.organization_id, organizationId), eq(shadowRuns.id, id), eq(shadowRuns.status, 'running')))
    .get();
  return row?.definition ?? null;
}

export function selectComparisons(
  database: Database,
  organizationId: string,
  runIds: readonly string[],
): Promise<ComparisonRow[]> {
  return database
    .select()
    .from(shadowComparisons)
    .where(
      and(eq(shadowComparisons.organization_id, organizationId), inArray(shadowComparisons.shadow_run_id, [...runIds])),
    )
    .orderBy(asc(shadowComparisons.shadow_run_id), asc(shadowComparisons.place))
    .all();
}

export function selectOpenComparisons(
  database: Database,
  organizationId: string,
  runId: string,
): Promise<ComparisonRow[]> {
  return database
    .select()
    .from(shadowComparisons)
    .where(and(ofRun(organizationId, runId), inArray(shadowComparisons.status, OPEN)))
    .orderBy(asc(shadowComparisons.place))
    .all();
}

function ofRun(organizationId: string, runId: string) {
  return and(eq(shadowComparisons.organization_id, organizationId), eq(shadowComparisons.shadow_run_id, runId));
}

/** Changes a comparison that is still open; false when it is not. */
export async function changeComparison(
  database: Database,
  { organization_id, shadow_run_id, place }: ComparisonRow,
  change: Partial<Pick<ComparisonRow, 'shadow_execution_id' | 'status' | 'error' | 'outcome' | 'renamed'>>,
): Promise<boolean> {
  const changed = await database
    .update(shadowComparisons)
    .set(change)
    .where(
      and(
        ofRun(organization_id, shadow_run_id),
        eq(shadowComparisons.place, place),
        inArray(shadowComparisons.status, OPEN),
      ),
    )
    .returning({ place: shadowComparisons.place });
  return changed.length > 0;
}

export function cancelOpenComparisons(database: Database, organizationId: string, runId: string) {
  return database
    .update(shadowComparisons)
    .set({ status: 'cancelled' })
    .where(and(ofRun(organizationId, runId), inArray(shadowComparisons.status, OPEN)))
    .returning({ shadow_execution_id: shadowComparisons.shadow_execution_id });
}

/** The definition goes with the end: what was tried is the draft's, or that of whoever asked. */
export function endShadowRun(
  database: Database,
  organizationId: string,
  id: string,
  status: 'completed' | 'cancelled',
  now: number,
) {
  return database
    .update(shadowRuns)
    .set({ status, finished_at: now, definition: null })
    .where(and(eq(shadowRuns.organization_id, organizationId), eq(shadowRuns.id, id), eq(shadowRuns.status, 'running')))
    .returning({ id: shadowRuns.id });
}

/** Shadow runs of an agent that began before a time and have ended. */
export async function endedBefore(
  database: Database,
  organizationId: string,
  agentId: string,
  firstId: string,
  limit: number,
): Promise<string[]> {
  const rows = await database
    .select({ id: shadowRuns.id })
    .from(shadowRuns)
    .where(
      and(
        eq(shadowRuns.organization_id, organizationId),
        eq(shadowRuns.agent_id, agentId),
        lt(shadowRuns.id, firstId),
        inArray(shadowRuns.status, ['completed', 'cancelled']),
      ),
    )
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

export function deleteShadowRuns(database: Database, organizationId: string, ids: readonly string[]) {
  return [
    database
      .delete(shadowComparisons)
      .where(
        and(eq(shadowComparisons.organization_id, organizationId), inArray(shadowComparisons.shadow_run_id, [...ids])),
      ),
    database
      .delete(shadowRuns)
      .where(and(eq(shadowRuns.organization_id, organizationId), inArray(shadowRuns.id, [...ids]))),
  ] as const;
}
