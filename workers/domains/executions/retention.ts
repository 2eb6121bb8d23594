import type { Retention, SetRetentionRequest } from '@agentflow/contracts';
import {
  organizationDesk,
  type RetentionProjection,
  type RetentionRule,
} from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { endsOf } from './queries.ts';

const DAY_MS = 24 * 3_600_000;

export async function getRetention(ctx: RequestContext): Promise<Retention> {
  const desk = organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);
  const [rule, archiveDays] = await Promise.all([desk.retention(), desk.archiveDays()]);
  return present(ctx, rule, archiveDays);
}

/** Holds for what ends from now on, and for what has ended; deletes nothing for 24 hours. */
export async function setRetention(
  ctx: RequestContext,
  { days, invocation_archive_days }: SetRetentionRequest,
): Promise<Retention> {
  const desk = organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);
  const rule =
    days === undefined ? await desk.retention() : await desk.setRetention(ctx.organizationId, days, auditOrigin(ctx));
  const archiveDays =
    invocation_archive_days === undefined
      ? await desk.archiveDays()
      : await desk.setArchiveDays(ctx.organizationId, invocation_archive_days, auditOrigin(ctx));
  return present(ctx, rule, archiveDays);
}

async function present(
  ctx: RequestContext,
  { days, effective_at }: RetentionRule,
  invocation_archive_days: number,
): Promise<Retention> {
  if (days === null) return { days, next_deletion_at: null, executions: 0, invocation_archive_days };
  const { organizationId } = ctx;
  const from = Math.max(effective_at, ctx.now());
  const { ended_by, oldest_end } = await endsOf(db(ctx.env, organizationId), organizationId, from - days * DAY_MS);
  const first = ended_by > 0 ? from : oldest_end === null ? null : Math.max(from, oldest_end + days * DAY_MS);
  const next_deletion_at = first === null ? null : new Date(first).toISOString();
  return { days, next_deletion_at, executions: ended_by, invocation_archive_days };
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
