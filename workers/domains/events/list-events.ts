import { eventType, type OrganizationEvent } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { pageOf } from '../../platform/pagination.ts';
import { selectEvents } from './queries.ts';

export async function listEvents(
  { env, organizationId }: RequestContext,
  type: string | undefined,
  before: string | undefined,
  limit: number,
): Promise<{ data: OrganizationEvent[]; next_cursor: string | null }> {
  const rows = await selectEvents(db(env, organizationId), organizationId, { type: type as never }, { before, limit });
  const { data, next_cursor } = pageOf(rows, limit);
  const events = data.map((row) => ({
    id: row.id,
    type: eventType.parse(row.type),
    version: row.version,
    timestamp: new Date(row.at).toISOString(),
    organization_id: organizationId,
    data: JSON.parse(row.data) as OrganizationEvent['data'],
  }));
  return { data: events, next_cursor };
}
