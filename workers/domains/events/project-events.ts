import { EVENT_CATALOGUE, type JsonValue, subjectOf } from '@agentflow/contracts';
import type { LoggedEvent } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { deleteEventsBefore, type EventRow, insertEvents } from './queries.ts';

/** How long an event is listed. */
export const EVENT_DAYS = 30;

/** Of one statement's parameter: D1 takes values of 2 MB, and a character may be three bytes. */
const CHUNK_CHARACTERS = 400_000;

/**
 * Writes events of the desk's log into the list, in one batch. Retelling changes nothing. What an external agent was
 * answered is left out: its invocation has it.
 */
export async function projectEvents(
  database: Database,
  organizationId: string,
  logged: readonly LoggedEvent[],
): Promise<void> {
  const [first, ...rest] = chunks(logged.map(rowOf)).map((rows) => insertEvents(database, organizationId, rows));
  if (first !== undefined) await database.batch([first, ...rest]);
}

/** Deletes so many events that happened before a time, in milliseconds. True when some may be left. */
export async function deleteOldEvents(
  database: Database,
  organizationId: string,
  before: number,
  limit: number,
): Promise<boolean> {
  const { meta } = await deleteEventsBefore(database, organizationId, firstIdAt('event', before), limit);
  return meta.changes === limit;
}

function rowOf({ id, type, at, data }: LoggedEvent): EventRow {
  const listed = type === 'external_agent.invoked' ? withoutResult(data) : data;
  return { id, type, version: EVENT_CATALOGUE[type].version, at, ...subjectOf(data), data: JSON.stringify(listed) };
}

function withoutResult(data: LoggedEvent['data']): Readonly<Record<string, JsonValue>> {
  const { result = null, result_truncated = false } = data;
  return { ...data, result: null, result_truncated: result_truncated === true || result !== null };
}

function chunks(rows: readonly EventRow[]): EventRow[][] {
  const found: EventRow[][] = [];
  let characters = CHUNK_CHARACTERS;
  for (const row of rows) {
    if (characters + row.data.length > CHUNK_CHARACTERS) {
      found.push([]);
      characters = 0;
    }
    found.at(-1)?.push(row);
    characters += row.data.length;
  }
  return found;
}
