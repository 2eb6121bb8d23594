import type { Scope } from './accounts.ts';
import type { AdmissionRequest } from './client.ts';
import type { Lease } from './store/leases.ts';

/** The accounts of a lease besides those of its organization, agent and external agent: those of its root. */
export interface LeaseSpending {
  readonly project_id: string | null;
  readonly budget_of: string | null;
}

export const ORGANIZATION_SCOPE: Scope = 'organization';

export function spendingOf({ spends }: AdmissionRequest): LeaseSpending | null {
  if (spends === undefined) return null;
  const { project_id, budget_of } = spends;
  return project_id === null && budget_of === null ? null : { project_id, budget_of };
}

/** The accounts that a lease spends from. */
export function scopesOf({
  agent_id,
  external_agent_id,
  spends,
}: Pick<Lease, 'agent_id' | 'external_agent_id' | 'spends'>): Scope[] {
  const scopes = [ORGANIZATION_SCOPE, `agent:${agent_id}`];
  if (external_agent_id !== null) scopes.push(`external_agent:${external_agent_id}`);
  if (spends === null) return scopes;
  const { project_id, budget_of } = spends;
  if (project_id !== null) scopes.push(`project:${project_id}`);
  if (budget_of !== null) scopes.push(executionScope(budget_of));
  return scopes;
}

/** The account of one execution's own budget: it goes with the last lease that names it. */
export function executionScope(executionId: string): Scope {
  return `execution:${executionId}`;
}
