import { plan } from '@agentflow/contracts';
import { db } from '../../workers/db/client.ts';
import { agentHead } from '../../workers/domains/agents/index.ts';
import { findOrganization, planLimits, projectApiKey } from '../../workers/domains/organizations/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import type { AgentHead, KeyProjection, PlanLimits } from './client.ts';

/** The plan's limits as D1 has them; null for an organization that does not exist. */
export async function readPlan(env: Env, organizationId: string): Promise<PlanLimits | null> {
  const organization = await findOrganization(db(env, organizationId), organizationId);
  return organization === undefined ? null : planLimits(plan.parse(organization.plan));
}

export function readAgentHead(env: Env, organizationId: string, agentId: string): Promise<AgentHead | null> {
  return agentHead(db(env, organizationId), organizationId, agentId);
}

/** Writes a key's row, and the audit row of its change, in one batch. Retelling changes nothing. */
export function projectKey(env: Env, message: KeyProjection): Promise<void> {
  return projectApiKey(db(env, message.organization_id), message);
}
