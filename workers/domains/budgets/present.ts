import { type BudgetState, type BudgetStates, microusdToUsd } from '@agentflow/contracts';
import type { BudgetStanding } from '../../../durable-objects/organization/client.ts';

/** What can still be spent, in micro-dollars; below 0 after an overrun. */
export function roomOf({ limit, top_up, spent, reserved }: BudgetStanding): number {
  return limit + top_up - spent - reserved;
}

export function budgetStateOf(standing: BudgetStanding): BudgetState {
  const { period, limit, top_up, spent, reserved, resets_at, on_exceeded } = standing;
  return {
    period,
    limit_usd: microusdToUsd(limit),
    top_up_usd: microusdToUsd(top_up),
    spent_usd: microusdToUsd(spent),
    reserved_usd: microusdToUsd(reserved),
    remaining_usd: microusdToUsd(Math.max(0, roomOf(standing))),
    resets_at: resets_at === null ? null : new Date(resets_at).toISOString(),
    on_exceeded,
  };
}

const ORDER = ['day', 'month', 'total'];

export function presentBudgets(standings: readonly BudgetStanding[]): BudgetStates {
  return {
    data: [...standings]
      .sort((one, other) => ORDER.indexOf(one.period) - ORDER.indexOf(other.period))
      .map(budgetStateOf),
  };
}
