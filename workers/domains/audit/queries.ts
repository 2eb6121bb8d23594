import type { AuditQuery } from '@agentflow/contracts';
import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { apiKeys, users } from '../../db/schema/accounts.ts';
import { auditLogs } from '../../db/schema/audit.ts';
import { externalAgents } from '../../db/schema/governance.ts';
import { firstIdAt } from '../../platform/ids.ts';

export type AuditFilter = Omit<AuditQuery, 'limit' | 'cursor'>;

const columns = {
  id: auditLogs.id,
  at: auditLogs.at,
  actor_type: auditLogs.actor_type,
  actor_id: auditLogs.actor_id,
  actor_name: sql<string | null>`coalesce(${users.name}, ${apiKeys.name}, ${externalAgents.name})`,
  action: auditLogs.action,
  resource_type: auditLogs.resource_type,
  resource_id: auditLogs.resource_id,
  details: auditLogs.details,
  ip: auditLogs.ip,
  user_agent: auditLogs.user_agent,
  request_id: auditLogs.request_id,
};

/**
 * Newest first, read in the order of an index and never sorted: that of the actor, the whole action or the resource where
 * one is asked for, else the organization's, in which everything else is looked through. Times are bounds of the id,
 * which begins with the entry's time.
 */
export function selectAuditEntries(
  database: Database,
  organizationId: string,
  filter: AuditFilter,
  before: string | undefined,
  limit: number,
) {
  const { actor_id, action, resource_type, resource_id, from, to } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(auditLogs.organization_id, organizationId),
    before === undefined ? undefined : lt(auditLogs.id, before),
    from === undefined ? undefined : gte(auditLogs.id, firstIdAt('audit', Date.parse(from))),
    to === undefined ? undefined : lt(auditLogs.id, firstIdAt('audit', Date.parse(to) + 1)),
    actor_id === undefined ? undefined : eq(auditLogs.actor_id, actor_id),
    action === undefined ? undefined : isAction(action),
    resource_type === undefined ? undefined : isResourceType(resource_type, resource_id !== undefined),
    resource_id === undefined ? undefined : eq(auditLogs.resource_id, resource_id),
  ];
  return database
    .select(columns)
    .from(auditLogs)
    .leftJoin(users, and(eq(auditLogs.actor_type, 'user'), eq(users.id, auditLogs.actor_id)))
    .leftJoin(
      apiKeys,
      and(
        eq(auditLogs.actor_type, 'api_key'),
        eq(apiKeys.id, auditLogs.actor_id),
        eq(apiKeys.organization_id, organizationId),
      ),
    )
    .leftJoin(
      externalAgents,
      and(
        eq(auditLogs.actor_type, 'external_agent'),
        eq(externalAgents.id, auditLogs.actor_id),
        eq(externalAgents.organization_id, organizationId),
      ),
    )
    .where(and(...conditions))
    .orderBy(desc(auditLogs.id))
    .limit(limit);
}

export type AuditRow = Awaited<ReturnType<typeof selectAuditEntries>>[number];

/** The unary plus keeps a range off the index of actions, which would have to be sorted. `/` is what follows `.`. */
function isAction(action: string): SQL | undefined {
  if (action.includes('.')) return eq(auditLogs.action, action);
  return and(gte(sql`+${auditLogs.action}`, `${action}.`), lt(sql`+${auditLogs.action}`, `${action}/`));
}

function isResourceType(type: string, withId: boolean): SQL {
  return withId ? eq(auditLogs.resource_type, type) : eq(sql`+${auditLogs.resource_type}`, type);
}
