import { plan } from '@agentflow/contracts';
import { db } from '../../workers/db/client.ts';
import { agentHead } from '../../workers/domains/agents/index.ts';
import {
  findOrganization,
  planLimits,
  projectApiKey,
  projectIpAllowlist,
} from '../../workers/domains/organizations/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import type { AgentHead, PlanLimits, Projection } from './client.ts';

/** The plan's limits as D1 has them; null for an organization that does not exist. */
export async function readPlan(env: Env, organizationId: string): Promise<PlanLimits | null> {
  const organization = await findOrganization(db(env, organizationId), organizationId);
  return organization === undefined ? null : planLimits(plan.parse(organization.plan));
}

export function readAgentHead(env: Env, organizationId: string, agentId: string): Promise<AgentHead | null> {
  return agentHead(db(env, organizationId), organizationId, agentId);
}

/** Writes what the desk tells, and the audit row of its change, in one batch. Retelling changes nothing. */
export function project(env: Env, message: Projection): Promise<void> {
  const database = db(env, message.organization_id);
  return 'key' in message ? projectApiKey(database, message) : projectIpAllowlist(database, message);
}
