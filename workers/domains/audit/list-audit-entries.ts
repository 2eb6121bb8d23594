import { type AuditEntry, type AuditQuery, auditActorType, jsonObject } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { type AuditRow, selectAuditEntries } from './queries.ts';

/** A page of the organization's audit log, newest first. */
export async function listAuditEntries(
  ctx: RequestContext,
  { limit, cursor, ...filter }: AuditQuery,
): Promise<{ data: AuditEntry[]; next_cursor: string | null }> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const rows = await selectAuditEntries(database, organizationId, filter, decodeCursor(cursor), limit + 1);
  const { data, next_cursor } = pageOf(rows, limit);
  return { data: data.map(present), next_cursor };
}

function present(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    actor: { type: auditActorType.parse(row.actor_type), id: row.actor_id, name: row.actor_name },
    action: row.action,
    resource: { type: row.resource_type, id: row.resource_id },
    details: jsonObject.parse(JSON.parse(row.details)),
    ip: row.ip,
    user_agent: row.user_agent,
    request_id: row.request_id,
  };
}
