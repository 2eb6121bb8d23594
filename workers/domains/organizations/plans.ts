import type { Plan } from '@agentflow/contracts';
import type { PlanLimits } from '../../../durable-objects/organization/client.ts';

/**
 * What each plan allows (null: not limited). What people start counts apart from what programs start, and generously, so that
 * nobody's program shuts anybody out of the dashboard.
 */
const LIMITS: Readonly<Record<Plan, Required<Omit<PlanLimits, 'plan'>>>> = {
  free: {
    starts_per_hour: 100,
    user_starts_per_hour: 1000,
    user_starts_per_minute: 10,
    concurrent_executions: 5,
  },
  developer: {
    starts_per_hour: 1000,
    user_starts_per_hour: 10_000,
    user_starts_per_minute: null,
    concurrent_executions: 25,
  },
  pro: {
    starts_per_hour: 10_000,
    user_starts_per_hour: 100_000,
    user_starts_per_minute: null,
    concurrent_executions: 200,
  },
  enterprise: {
    starts_per_hour: null,
    user_starts_per_hour: null,
    user_starts_per_minute: null,
    concurrent_executions: 1000,
  },
};

/** Plan of a new organization. Nothing is sold without a payment provider, so everybody gets everything. */
export const INITIAL_PLAN: Plan = 'enterprise';

export function planLimits(plan: Plan): Required<PlanLimits> {
  return { plan, ...LIMITS[plan] };
}
