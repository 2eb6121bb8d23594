import type { EventType } from '@agentflow/contracts';
import { and, desc, eq, lt } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { events } from '../../db/schema/events.ts';

/** An event is written once: telling it again changes nothing. */
export function insertEvent(database: Database, row: typeof events.$inferInsert) {
  return database.insert(events).values(row).onConflictDoNothing();
}

export function selectEvents(
  database: Database,
  organizationId: string,
  filter: { readonly type: EventType | undefined },
  page: { readonly before: string | undefined; readonly limit: number },
) {
  return database
    .select()
    .from(events)
    .where(
      and(
        eq(events.organization_id, organizationId),
        filter.type === undefined ? undefined : eq(events.type, filter.type),
        page.before === undefined ? undefined : lt(events.id, page.before),
      ),
    )
    .orderBy(desc(events.id))
    .limit(page.limit + 1)
    .all();
}
