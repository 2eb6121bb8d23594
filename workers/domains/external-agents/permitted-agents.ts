import type { PermittedAgent } from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { Caller, ExternalAgentPrincipal, RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { notFound } from '../../platform/errors.ts';
import { pageOf } from '../../platform/pagination.ts';
import { callableAgents } from '../agents/index.ts';

/** A page of the agents that an external agent may call; itself sees its own alone. */
export async function listPermitted(
  { env, organizationId, principal }: Pick<RequestContext, 'env' | 'organizationId'> & { readonly principal: Caller },
  id: string,
  after: string | undefined,
  limit: number,
): Promise<{ data: PermittedAgent[]; next_cursor: string | null }> {
  const agents = principal.kind === 'external_agent' ? ownScope(principal, id) : await scopeOf(env, organizationId, id);
  const rows = await callableAgents(db(env, organizationId), organizationId, agents, { after, limit: limit + 1 });
  return pageOf(rows, limit);
}

function ownScope(principal: ExternalAgentPrincipal, id: string): readonly string[] | null {
  if (principal.external_agent_id !== id) throw notFound('external agent', id);
  return principal.agents;
}

async function scopeOf(env: Env, organizationId: string, id: string): Promise<readonly string[] | null> {
  const agent = await organizationDesk(env.ORGANIZATION, organizationId).externalAgent(id);
  if (agent === null) throw notFound('external agent', id);
  return agent.agents;
}
