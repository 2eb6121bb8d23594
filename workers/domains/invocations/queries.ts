import { and, eq, lt, or, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { executions } from '../../db/schema/executions.ts';
import { externalAgents, invocations } from '../../db/schema/governance.ts';

type NewInvocation = typeof invocations.$inferInsert;

/**
 * A row that is there moves forward only, and only within its organization. How far its result is on the way is written
 * here once, when the call has ended; from then on by `updateDelivery` alone. The row's delivery is that which there is
 * if the external agent has a webhook.
 */
export function upsertInvocation(database: Database, row: NewInvocation) {
  const { webhook_delivery_id: id } = row;
  const hasWebhook = sql`EXISTS (SELECT 1 FROM ${externalAgents}
    WHERE ${externalAgents.organization_id} = ${row.organization_id} AND ${externalAgents.id} = ${row.external_agent_id}
    AND ${externalAgents.webhook_sealed} IS NOT NULL AND ${externalAgents.webhook_disabled} IS NULL
    AND ${externalAgents.deleted_at} IS NULL)`;
  const delivery =
    id == null
      ? {}
      : {
          webhook_delivery_status: sql`CASE WHEN ${hasWebhook} THEN 'pending' ELSE 'none' END`,
          webhook_delivery_id: sql`CASE WHEN ${hasWebhook} THEN ${id} END`,
        };
  return database
    .insert(invocations)
    .values({ ...row, ...delivery })
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
        webhook_delivery_status: sql`CASE ${invocations.webhook_delivery_status}
          WHEN 'none' THEN excluded.webhook_delivery_status ELSE ${invocations.webhook_delivery_status} END`,
        webhook_delivery_id: sql`coalesce(${invocations.webhook_delivery_id}, excluded.webhook_delivery_id)`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`excluded.revision > ${invocations.revision} and excluded.organization_id = ${invocations.organization_id}`,
    });
}

const DELIVERY_RANKS = { none: 0, pending: 1, failed: 2, delivered: 3 } as const;
export type DeliveryNoteStatus = Exclude<keyof typeof DELIVERY_RANKS, 'none'>;

/** Moves forward only: an older state or fewer attempts change nothing. */
export function updateDelivery(
  database: Database,
  organizationId: string,
  invocationId: string,
  note: {
    readonly webhook_delivery_status: DeliveryNoteStatus;
    readonly webhook_delivery_attempts: number;
    readonly webhook_delivery_error: string | null;
    readonly webhook_delivery_id: string;
  },
) {
  const ranks = sql.join(
    Object.entries(DELIVERY_RANKS).map(([status, rank]) => sql`WHEN ${status} THEN ${rank}`),
    sql` `,
  );
  const stored = sql`CASE ${invocations.webhook_delivery_status} ${ranks} END`;
  const told = DELIVERY_RANKS[note.webhook_delivery_status];
  return database
    .update(invocations)
    .set(note)
    .where(
      and(
        eq(invocations.organization_id, organizationId),
        eq(invocations.id, invocationId),
        or(
          sql`${stored} < ${told}`,
          and(sql`${stored} = ${told}`, lt(invocations.webhook_delivery_attempts, note.webhook_delivery_attempts)),
        ),
      ),
    );
}

/** Empty where D1 does not have the call. */
export function selectKnown(database: Database, organizationId: string, invocationId: string) {
  return database
    .select({ id: invocations.id })
    .from(invocations)
    .where(and(eq(invocations.organization_id, organizationId), eq(invocations.id, invocationId)));
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
