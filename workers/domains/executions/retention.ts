import type { Retention, SetRetentionRequest } from '@agentflow/contracts';
import { and, asc, count, eq, gt, isNotNull, lt, lte } from 'drizzle-orm';
import {
  organizationDesk,
  type RetentionProjection,
  type RetentionRule,
} from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import { executions } from '../../db/schema/executions.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';

const DAY_MS = 24 * 3_600_000;

export async function getRetention(ctx: RequestContext): Promise<Retention> {
  return present(ctx, await organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).retention());
}

/** Holds for what ends from now on, and for what has ended; deletes nothing for 24 hours. */
export async function setRetention(ctx: RequestContext, { days }: SetRetentionRequest): Promise<Retention> {
  const desk = organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);
  return present(ctx, await desk.setRetention(ctx.organizationId, days, auditOrigin(ctx)));
}

async function present(ctx: RequestContext, { days, effective_at }: RetentionRule): Promise<Retention> {
  if (days === null) return { days, next_deletion_at: null, executions: 0 };
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const ended = and(eq(executions.organization_id, organizationId), isNotNull(executions.finished_at));
  const from = Math.max(effective_at, ctx.now());
  const tooOld = from - days * DAY_MS;
  // What ended by then began by then: ids bound what is read.
  const old = and(ended, lte(executions.finished_at, tooOld), lt(executions.id, firstIdAt('execution', tooOld + 1)));
  const [counted, [oldest]] = await database.batch([
    database.select({ executions: count() }).from(executions).where(old),
    database.select({ at: executions.finished_at }).from(executions).where(ended).orderBy(asc(executions.id)).limit(1),
  ]);
  const number = counted[0]?.executions ?? 0;
  const first = number > 0 ? from : oldest?.at == null ? null : Math.max(from, oldest.at + days * DAY_MS);
  return { days, next_deletion_at: first === null ? null : new Date(first).toISOString(), executions: number };
}

/** The audit row of a change; the desk is where the setting stands. Retelling changes nothing. */
export async function projectRetention(
  database: Database,
  { organization_id, retention, audit }: RetentionProjection,
): Promise<void> {
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'organization',
    resource_id: organization_id,
    details: retention,
  };
  await auditRow(database, organization_id, audit.origin, entry, audit.at);
}

/** Executions that have ended, oldest first. */
export async function endedExecutions(
  env: Env,
  organizationId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db(env, organizationId)
    .select({ id: executions.id })
    .from(executions)
    .where(
      and(eq(executions.organization_id, organizationId), gt(executions.id, after), isNotNull(executions.finished_at)),
    )
    .orderBy(asc(executions.id))
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

/** The row of an execution whose time is over; what it cost stays. */
export async function deleteExecutionRow(env: Env, organizationId: string, executionId: string): Promise<void> {
  await db(env, organizationId)
    .delete(executions)
    .where(and(eq(executions.organization_id, organizationId), eq(executions.id, executionId)));
}
