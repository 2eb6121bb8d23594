import { EVENT_ALIASES, typesOf } from '@agentflow/contracts';
import { and, desc, eq, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { subscriptions } from '../../db/schema/events.ts';

export type SubscriptionRow = typeof subscriptions.$inferSelect;

/** Older revisions never replace newer ones. */
export function upsertSubscription(database: Database, row: SubscriptionRow) {
  const { id: _id, organization_id: _organization, created_at: _at, created_by: _by, ...changing } = row;
  return database
    .insert(subscriptions)
    .values(row)
    .onConflictDoUpdate({
      target: subscriptions.id,
      set: changing,
      setWhere: sql`excluded.revision > ${subscriptions.revision} AND ${subscriptions.organization_id} = excluded.organization_id`,
    });
}

export interface SubscriptionFilter {
  readonly status?: 'active' | 'inactive' | undefined;
  /** A type or an alias: those that are told it. */
  readonly event?: string | undefined;
}

/** Of one kind, newest first. */
export function selectSubscriptions(
  database: Database,
  organizationId: string,
  kind: 'webhook' | 'channel',
  { status, event }: SubscriptionFilter,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<SubscriptionRow[]> {
  const conditions: (SQL | undefined)[] = [
    eq(subscriptions.organization_id, organizationId),
    eq(subscriptions.kind, kind),
    isNull(subscriptions.deleted_at),
    page.before === undefined ? undefined : lt(subscriptions.id, page.before),
    status === undefined ? undefined : eq(subscriptions.is_active, status === 'active' ? 1 : 0),
    event === undefined ? undefined : isTold(event),
  ];
  return database
    .select()
    .from(subscriptions)
    .where(and(...conditions))
    .orderBy(desc(subscriptions.id))
    .limit(page.limit);
}

/** By one of the patterns that name the type. */
function isTold(event: string): SQL {
  const type = EVENT_ALIASES[event] ?? event;
  const aliases = Object.keys(EVENT_ALIASES);
  const families = [type, ...aliases].map((name) => `${name.split('.')[0]}.*`);
  const patterns = ['*', type, ...aliases, ...families].filter((pattern) => typesOf(pattern).some((t) => t === type));
  return sql`EXISTS (SELECT 1 FROM json_each(${subscriptions.events})
    WHERE value IN (SELECT value FROM json_each(${JSON.stringify(patterns)})))`;
}
