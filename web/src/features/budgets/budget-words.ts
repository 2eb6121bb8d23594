import type { BudgetPeriod, BudgetState } from '@agentflow/contracts';
import { formatUsd } from '@/lib/format.ts';

export const PERIOD_NAMES: Readonly<Record<BudgetPeriod, string>> = { day: 'A day', month: 'A month', total: 'In all' };

export const AMOUNT_HINT = 'An amount above $0, with at most six decimal places';

/** `$3.20 of $50.00 spent`. */
export function spentInWords({ spent_usd, limit_usd, top_up_usd }: BudgetState): string {
  return `${formatUsd(spent_usd)} of ${formatUsd(limit_usd + top_up_usd)} spent`;
}

/** Of the limit with what was topped up, from 0 to 1. */
export function sharesOf({ spent_usd, reserved_usd, limit_usd, top_up_usd }: BudgetState) {
  const all = limit_usd + top_up_usd;
  const spent = Math.min(1, spent_usd / all);
  return { spent, reserved: Math.min(1 - spent, reserved_usd / all) };
}
