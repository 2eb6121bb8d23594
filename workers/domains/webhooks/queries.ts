import { sql } from 'drizzle-orm';
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
