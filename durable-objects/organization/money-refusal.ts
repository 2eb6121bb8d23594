import { budgetInWords } from '@agentflow/contracts';
import type { Admission } from './client.ts';
import type { Shortage } from './ledger.ts';

/** The refusal of a start for which there is no money. Amounts are told to those who may read budgets. */
export function noMoney(
  { account, budget, resume_at }: Shortage,
  now: number,
): Extract<Admission, { outcome: 'deny' }> {
  const until = resume_at === null ? '' : ` It begins anew at ${new Date(resume_at).toISOString()}.`;
  return {
    outcome: 'deny',
    code: 'budget_exceeded',
    detail: `The ${budgetInWords(account.scope, budget.period)} is used up.${until}`,
    retry_after_seconds: resume_at === null ? null : Math.max(1, Math.ceil((resume_at - now) / 1000)),
    limits: [],
    remaining_microusd: 0,
  };
}
