import type { Plan } from '@agentflow/contracts';
import type { PlanLimits } from '../../../durable-objects/organization/client.ts';

/** What each plan allows: starts in an hour (null: not limited) and executions alive at once. */
const LIMITS: Readonly<Record<Plan, Omit<PlanLimits, 'plan'>>> = {
  free: { starts_per_hour: 100, concurrent_executions: 5 },
  developer: { starts_per_hour: 1000, concurrent_executions: 25 },
  pro: { starts_per_hour: 10_000, concurrent_executions: 200 },
  enterprise: { starts_per_hour: null, concurrent_executions: 1000 },
};

/** Plan of a new organization. Nothing is sold without a payment provider, so everybody gets everything. */
export const INITIAL_PLAN: Plan = 'enterprise';

export function planLimits(plan: Plan): PlanLimits {
  return { plan, ...LIMITS[plan] };
}
