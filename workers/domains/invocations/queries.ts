import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { executions } from '../../db/schema/executions.ts';
import { invocations } from '../../db/schema/governance.ts';

type NewInvocation = typeof invocations.$inferInsert;

/** A row that is there moves forward only, and only within its organization. */
export function upsertInvocation(database: Database, row: NewInvocation) {
  return database
    .insert(invocations)
    .values(row)
    .onConflictDoUpdate({
      target: invocations.id,
      set: {
        status: sql`excluded.status`,
        error_code: sql`excluded.error_code`,
        error_message: sql`excluded.error_message`,
        request_payload: sql`excluded.request_payload`,
        request_state: sql`excluded.request_state`,
        response_payload: sql`excluded.response_payload`,
        response_state: sql`excluded.response_state`,
        latency_ms: sql`excluded.latency_ms`,
        finished_at: sql`excluded.finished_at`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`excluded.revision > ${invocations.revision} and excluded.organization_id = ${invocations.organization_id}`,
    });
}

/** The last count of a minute wins. */
export function upsertRefusals(database: Database, row: NewInvocation) {
  return database
    .insert(invocations)
    .values(row)
    .onConflictDoUpdate({
      target: invocations.id,
      set: {
        count: sql`excluded.count`,
        error_message: sql`excluded.error_message`,
        samples: sql`excluded.samples`,
        finished_at: sql`excluded.finished_at`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`excluded.count > ${invocations.count} and excluded.organization_id = ${invocations.organization_id}`,
    });
}

/** What the call's execution has cost with all that it started, as far as D1 knows. */
export function updateCost(database: Database, organizationId: string, invocationId: string, rootExecutionId: string) {
  const own = sql`(SELECT cost_microusd FROM ${executions}
    WHERE organization_id = ${organizationId} AND id = ${rootExecutionId})`;
  const below = sql`(SELECT sum(cost_microusd) FROM ${executions}
    WHERE organization_id = ${organizationId} AND root_execution_id = ${rootExecutionId})`;
  return database
    .update(invocations)
    .set({ cost_microusd: sql`coalesce(${own}, 0) + coalesce(${below}, 0)` })
    .where(and(eq(invocations.organization_id, organizationId), eq(invocations.id, invocationId)));
}
