import type { AgentDefinition } from '@agentflow/contracts';
import type { AgentHead } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { headOf } from './present.ts';
import { selectAgentHead, selectDraft } from './queries.ts';

export { createAgent, getAgent } from './agents.ts';
export { getDraft } from './drafts.ts';
export { presentAgent } from './present.ts';
export { requireValid } from './publish-agent.ts';
export { agentRoutes } from './routes.ts';
export { versionDefinition } from './versions.ts';

/** What the organization's desk keeps of an agent, read from its row; null where the organization has no such agent. */
export async function agentHead(db: Database, organizationId: string, agentId: string): Promise<AgentHead | null> {
  const [row] = await selectAgentHead(db, organizationId, agentId);
  return row === undefined ? null : headOf(row);
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
