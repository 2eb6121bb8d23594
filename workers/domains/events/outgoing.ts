import { EVENT_CATALOGUE, type EventData, type EventType, eventType, type JsonValue } from '@agentflow/contracts';
import {
  type OrganizationStub,
  type OutgoingEvent,
  organizationDesk,
} from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { newId } from '../../platform/ids.ts';
import { deleteOutgoingRows, insertOutgoing, selectOutgoing } from './queries.ts';

const DESKS_AT_ONCE = 20;

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

/**
 * For the batch that writes what happened: the row by which the desk's log learns of it. Throws for data that is not the
 * type's. The batch has to be one of `tellingDesks`. `id`: of what may be written twice and is one event.
 */
export function outgoingEvent<T extends EventType>(
  database: Database,
  organizationId: string,
  type: T,
  data: EventData<T>,
  at: number,
  id: string = newId('event', at),
) {
  const checked = EVENT_CATALOGUE[type].data.parse(data);
  const row = { id, organization_id: organizationId, type, at, data: JSON.stringify(checked) };
  return insertOutgoing(database, row);
}

/**
 * Does `write`, a batch with rows of `outgoingEvent`: the desks of these organizations expect them before it, and collect
 * them after it. Should the Worker die in between, their alarms do.
 */
export async function tellingDesks<T>(
  { env, waitUntil }: Pick<RequestContext, 'env' | 'waitUntil'>,
  organizationIds: readonly string[],
  write: () => Promise<T>,
): Promise<T> {
  const desks = (tell: (desk: OrganizationStub, id: string) => Promise<void>) =>
    inTurns(organizationIds, (id) => tell(organizationDesk(env.ORGANIZATION, id), id));
  await desks((desk, id) => desk.expectEvents(id));
  const written = await write();
  // What is not collected now, an alarm collects.
  waitUntil(desks((desk) => desk.collectEvents()).catch(() => undefined));
  return written;
}

async function inTurns(ids: readonly string[], tell: (id: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < ids.length; from += DESKS_AT_ONCE) {
    await Promise.all(ids.slice(from, from + DESKS_AT_ONCE).map(tell));
  }
}
