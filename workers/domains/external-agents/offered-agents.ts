import { agentId, type PermittedAgent } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { ExternalAgentPrincipal } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { agentsNamed, callableAgents } from '../agents/index.ts';

const PAGE = 100;
/** More tools than this no client can offer a model. */
const MOST = 1000;

/** All agents that an external agent may call now, oldest first. */
export async function offeredAgents(env: Env, principal: ExternalAgentPrincipal): Promise<PermittedAgent[]> {
  const { organization_id, agents } = principal;
  const all: PermittedAgent[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const page = await callableAgents(db(env, organization_id), organization_id, agents, { after, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE || all.length >= MOST) return all;
  }
}

/** The one of them that an id or a name means; null where there is none. Throws `agent_ambiguous`. */
export async function offeredAgent(
  env: Env,
  principal: ExternalAgentPrincipal,
  idOrName: string,
): Promise<PermittedAgent | null> {
  const { organization_id, agents } = principal;
  const database = db(env, organization_id);
  const ids = agentId.safeParse(idOrName).success ? [idOrName] : await agentsNamed(database, organization_id, idOrName);
  const permitted = ids.filter((id) => agents?.includes(id) ?? true);
  if (permitted.length === 0) return null;
  const [agent, other] = await callableAgents(database, organization_id, permitted, { after: undefined, limit: 2 });
  if (other !== undefined)
    throw new ApiError('agent_ambiguous', `Several agents are called "${idOrName}": give the id.`);
  return agent ?? null;
}
