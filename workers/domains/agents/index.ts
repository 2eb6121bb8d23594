import type { AgentDefinition, PermittedAgent } from '@agentflow/contracts';
import type { AgentHead } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { headOf } from './present.ts';
import { selectAgentHead, selectAgentsNamed, selectCallable, selectDraft, selectExisting } from './queries.ts';

export { createAgent, getAgent, requireAgent } from './agents.ts';
export { requireNotArchived } from './change-agent.ts';
export { checkDefinition } from './check-definition.ts';
export { checkDraftFiles, filesInvalid } from './draft-files.ts';
export { getDraft, replaceDraft } from './drafts.ts';
export { presentAgent } from './present.ts';
export { requireValid } from './publish-agent.ts';
export { isStale } from './queries.ts';
export { agentRoutes } from './routes.ts';
export { versionDefinition } from './versions.ts';

/** What the organization's desk keeps of an agent, read from its row; null where the organization has no such agent. */
export async function agentHead(db: Database, organizationId: string, agentId: string): Promise<AgentHead | null> {
  const [row] = await selectAgentHead(db, organizationId, agentId);
  return row === undefined ? null : headOf(row);
}

/** Active agents with a live version, oldest first; `ids` null for all. `after` is the id of the last one of the page before. */
export async function callableAgents(
  db: Database,
  organizationId: string,
  ids: readonly string[] | null,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<PermittedAgent[]> {
  const rows = await selectCallable(db, organizationId, ids, page);
  return rows.map((row) => ({ ...row, input_schema: row.input_schema === null ? null : JSON.parse(row.input_schema) }));
}

/** Which of these ids are agents of the organization. */
export async function existingAgents(
  db: Database,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set((await selectExisting(db, organizationId, ids)).map(({ id }) => id));
}

/** Ids of agents of this name that are not archived, at most two. */
export async function agentsNamed(db: Database, organizationId: string, name: string): Promise<string[]> {
  return (await selectAgentsNamed(db, organizationId, name)).map(({ id }) => id);
}

/** The draft as it is now, mistakes included; null where the organization has no such agent. */
export async function draftDefinition(
  db: Database,
  organizationId: string,
  agentId: string,
): Promise<AgentDefinition | null> {
  const [row] = await selectDraft(db, organizationId, agentId);
  return row === undefined ? null : (JSON.parse(row.definition) as AgentDefinition);
}
