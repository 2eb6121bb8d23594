import type { EventProjection } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { insertEvent } from './queries.ts';

/** Writes an event that the desk tells. Retelling changes nothing. */
export async function projectEvent(database: Database, { organization_id, event }: EventProjection): Promise<void> {
  const { id, type, at, data } = event;
  await insertEvent(database, { id, organization_id, type, at, data: JSON.stringify(data) });
}
