import { eventType, type JsonValue } from '@agentflow/contracts';
import type { OutgoingEvent } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { deleteOutgoingRows, selectOutgoing } from './queries.ts';

/** What D1 has to tell the desk's log, the oldest first. */
export async function collectOutgoing(
  database: Database,
  organizationId: string,
  limit: number,
): Promise<OutgoingEvent[]> {
  const rows = await selectOutgoing(database, organizationId, limit);
  return rows.map(({ id, type, at, data }) => ({
    id,
    type: eventType.parse(type),
    at,
    data: JSON.parse(data) as Record<string, JsonValue>,
  }));
}

/** The desk has them. */
export async function deleteOutgoing(database: Database, organizationId: string, ids: readonly string[]) {
  await deleteOutgoingRows(database, organizationId, ids);
}
