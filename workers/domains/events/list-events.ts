import { type EventType, eventType, type OrganizationEvent } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { pageOf } from '../../platform/pagination.ts';
import { selectEvents } from './queries.ts';

export async function listEvents(
  { env, organizationId }: RequestContext,
  type: EventType | undefined,
  before: string | undefined,
  limit: number,
): Promise<{ data: OrganizationEvent[]; next_cursor: string | null }> {
  const rows = await selectEvents(db(env, organizationId), organizationId, { type }, { before, limit });
  const { data, next_cursor } = pageOf(rows, limit);
  const events = data.map((row) => ({
    id: row.id,
    type: eventType.parse(row.type),
    at: new Date(row.at).toISOString(),
    data: JSON.parse(row.data) as OrganizationEvent['data'],
  }));
  return { data: events, next_cursor };
}
