import { type Database, db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { forgetPayloads, invocationsToArchive, markArchived } from './archive-queries.ts';
import type { Payloads } from './present.ts';
import { invocationIdOf } from './project-invocation.ts';

/** Invocations that one page looks at: a turn of the desk's alarm stays far from the limit of subrequests. */
const LOOKED_AT = 100;
/** Payloads that are written side by side: an invocation of the Worker may wait for six connections. */
const AT_ONCE = 6;

/**
 * Moves the payloads of a page of invocations to R2, those that run left out. R2 has them before the rows say so: what a
 * crash in between leaves there is written again, the same.
 */
export async function archiveInvocations(
  env: Env,
  organizationId: string,
  before: number,
  cursor: string,
): Promise<string | null> {
  const database = db(env, organizationId);
  const bound = firstIdAt('invocation', before);
  const rows = await invocationsToArchive(database, organizationId, { after: cursor, before: bound, limit: LOOKED_AT });
  const moved = rows.flatMap(({ id, execution_id, movable, request_payload, response_payload }) =>
    movable === 1 && execution_id !== null
      ? [{ id, key: archiveKey(organizationId, execution_id), request: request_payload, response: response_payload }]
      : [],
  );
  for (let from = 0; from < moved.length; from += AT_ONCE) {
    await Promise.all(
      moved.slice(from, from + AT_ONCE).map(({ key, request, response }) =>
        env.VALUES.put(key, JSON.stringify({ request, response } satisfies Payloads), {
          httpMetadata: { contentType: 'application/json' },
        }),
      ),
    );
  }
  if (moved.length > 0) {
    const marked = await markArchived(database, organizationId, moved);
    // Their executions' retention has ended meanwhile, and their payloads with it.
    const gone = moved.filter(({ id }) => !marked.has(id)).map(({ key }) => key);
    if (gone.length > 0) await env.VALUES.delete(gone);
  }
  return rows.length < LOOKED_AT ? null : (rows.at(-1)?.id ?? null);
}

/** Payloads that were archived; none where they have gone with their execution. */
export async function readArchived(env: Env, key: string): Promise<Payloads> {
  const object = await env.VALUES.get(key);
  return object === null ? { request: null, response: null } : await object.json<Payloads>();
}

/** For the batch that deletes the execution's row: what was asked and answered goes with it. */
export function payloadsGone(database: Database, organizationId: string, executionId: string) {
  return forgetPayloads(database, organizationId, invocationIdOf(executionId));
}

/** Under the organization's prefix, so that its erasure finds it, beside the execution's own values. */
export function archiveKey(organizationId: string, executionId: string): string {
  return `${organizationId}/${executionId}/invocation`;
}
