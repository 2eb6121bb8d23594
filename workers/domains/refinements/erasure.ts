import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { forgetInProposals, selectThreads } from './queries.ts';

/** Threads of proposals after the proposal `after`, of one author or (null) of all. */
export function threadsAfter(
  env: Env,
  organizationId: string,
  authorId: string | null,
  after: string,
  limit: number,
): Promise<{ id: string; thread_id: string }[]> {
  return selectThreads(db(env, organizationId), organizationId, authorId, after, limit);
}

/** A person who was erased is called `name` in what they asked for, decided and said. */
export async function forgetPersonInProposals(
  env: Env,
  organizationId: string,
  personId: string,
  name: string,
): Promise<void> {
  const database = db(env, organizationId);
  await database.batch([...forgetInProposals(database, organizationId, personId, name)]);
}
