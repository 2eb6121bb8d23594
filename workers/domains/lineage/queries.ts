import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { executions } from '../../db/schema/executions.ts';
import { executionTouches, invocations } from '../../db/schema/governance.ts';

export type CallerRow = Pick<
  typeof invocations.$inferSelect,
  | 'external_agent_id'
  | 'external_agent_name'
  | 'webhook_delivery_status'
  | 'webhook_delivery_attempts'
  | 'webhook_delivery_error'
  | 'webhook_delivery_id'
>;

/** What is touched may grow while its execution's row does not move. */
export function upsertTouches(database: Database, row: typeof executionTouches.$inferInsert) {
  return database
    .insert(executionTouches)
    .values(row)
    .onConflictDoUpdate({
      target: executionTouches.execution_id,
      set: { touches: sql`excluded.touches`, revision: sql`excluded.revision` },
      setWhere: sql`excluded.revision >= ${executionTouches.revision} and excluded.organization_id = ${executionTouches.organization_id}`,
    });
}

export function deleteTouchesOf(database: Database, organizationId: string, executionId: string) {
  return database
    .delete(executionTouches)
    .where(and(eq(executionTouches.organization_id, organizationId), eq(executionTouches.execution_id, executionId)));
}

/** The execution at the root of the one that is asked for, and `limit` of those that this led to, by their indexes. */
function familyOf(organizationId: string, executionId: string, limit: number): SQL {
  const root = sql`coalesce((select root_execution_id from executions where organization_id = ${organizationId} and id = ${executionId}), ${executionId})`;
  return sql`(select ${root} union all select id from (select id from executions
    where organization_id = ${organizationId} and root_execution_id = ${root} order by id limit ${limit}))`;
}

/** One batch: the executions, the oldest first, the root's with its invocation; and what each touched. */
export async function readFamily(database: Database, organizationId: string, executionId: string, limit: number) {
  const family = familyOf(organizationId, executionId, limit);
  const [rows, touches] = await database.batch([
    database
      .select({
        id: executions.id,
        agent_id: executions.agent_id,
        agent_name: executions.agent_name,
        status: executions.status,
        parent_execution_id: executions.parent_execution_id,
        root_execution_id: executions.root_execution_id,
        error: executions.error,
        input_tokens: executions.input_tokens,
        output_tokens: executions.output_tokens,
        cost_microusd: executions.cost_microusd,
        created_at: executions.created_at,
        started_at: executions.started_at,
        finished_at: executions.finished_at,
        call: {
          external_agent_id: invocations.external_agent_id,
          external_agent_name: invocations.external_agent_name,
          webhook_delivery_status: invocations.webhook_delivery_status,
          webhook_delivery_attempts: invocations.webhook_delivery_attempts,
          webhook_delivery_error: invocations.webhook_delivery_error,
          webhook_delivery_id: invocations.webhook_delivery_id,
        },
      })
      .from(executions)
      .leftJoin(
        invocations,
        and(
          eq(invocations.organization_id, organizationId),
          eq(invocations.id, sql`'inv_' || substr(${executions.id}, 5)`),
        ),
      )
      .where(and(eq(executions.organization_id, organizationId), inArray(executions.id, family)))
      .orderBy(asc(executions.id)),
    database
      .select({ execution_id: executionTouches.execution_id, touches: executionTouches.touches })
      .from(executionTouches)
      .where(and(eq(executionTouches.organization_id, organizationId), inArray(executionTouches.execution_id, family))),
  ]);
  return { rows, touches };
}
