import type { JsonValue } from '@agentflow/contracts';
import type { AuditOrigin } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditLogs } from '../../db/schema/audit.ts';
import type { RequestContext } from '../../platform/context.ts';
import { newId } from '../../platform/ids.ts';

export interface AuditEntry {
  /** Of an entry that may be told twice: the second time changes nothing. */
  readonly id?: string;
  /** `<resource>.<what happened>`, as in `agent.published`. */
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string;
  /** What changed; never a credential. */
  readonly details?: Readonly<Record<string, JsonValue>>;
}

/** Who asks and from where, in the form that audit rows and the organization's desk take. */
export function auditOrigin(ctx: Pick<RequestContext, 'actor' | 'ip' | 'userAgent' | 'requestId'>): AuditOrigin {
  return {
    actor_type: ctx.actor.type,
    actor_id: ctx.actor.id,
    ip: ctx.ip,
    user_agent: ctx.userAgent,
    request_id: ctx.requestId,
  };
}

/** The insert of one audit row, to stand in the same batch as the change that it tells. */
export function auditRow(
  database: Database,
  organizationId: string,
  origin: AuditOrigin,
  entry: AuditEntry,
  at: number = Date.now(),
) {
  return database
    .insert(auditLogs)
    .values({
      id: entry.id ?? newId('audit', at),
      organization_id: organizationId,
      at,
      actor_type: origin.actor_type,
      actor_id: origin.actor_id,
      action: entry.action,
      resource_type: entry.resource_type,
      resource_id: entry.resource_id,
      details: JSON.stringify(entry.details ?? {}),
      ip: origin.ip,
      user_agent: origin.user_agent,
      request_id: origin.request_id,
    })
    .onConflictDoNothing();
}
