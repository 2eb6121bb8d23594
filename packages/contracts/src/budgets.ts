import { z } from 'zod';
import { timestamp } from './common.ts';
import { executionId } from './ids.ts';

/** `day` and `month` are calendar days and months in UTC; `total` never begins anew. */
export const BUDGET_PERIODS = ['day', 'month', 'total'] as const;
export const budgetPeriod = z.enum(BUDGET_PERIODS);
export type BudgetPeriod = z.infer<typeof budgetPeriod>;

/**
 * What happens to a model call for which no money is left: its execution waits until there is some, or the step fails with
 * `budget_exceeded`.
 */
export const onExceeded = z.enum(['park', 'fail']);
export type OnExceeded = z.infer<typeof onExceeded>;

/** Percentages of a limit that are told when spending passes them, once in a period. */
export const BUDGET_THRESHOLDS = [50, 80, 100] as const;

export const MAX_BUDGET_USD = 1_000_000_000;
const MICRO_DOLLARS = /^\d+(\.\d{1,6})?$/;

/** Dollars that are a whole number of micro-dollars, more than none. */
export const usdAmount = z
  .number()
  .positive('must be more than 0')
  .max(MAX_BUDGET_USD, `must be at most ${MAX_BUDGET_USD}`)
  .refine((usd) => usd <= 0 || usd > MAX_BUDGET_USD || MICRO_DOLLARS.test(String(usd)), {
    error: 'must have at most six decimal places',
  });

export function usdToMicrousd(usd: number): number {
  return Math.round(usd * 1_000_000);
}

export const setBudgetRequest = z.strictObject({
  limit_usd: usdAmount.nullable().describe('null takes the limit of this period away'),
  period: budgetPeriod,
  on_exceeded: onExceeded.optional().describe('What a model call without money does; `park` where nothing was chosen'),
});
export type SetBudgetRequest = z.infer<typeof setBudgetRequest>;

export const topUpBudgetRequest = z.strictObject({
  amount_usd: usdAmount,
  period: budgetPeriod.optional().describe('Whose limit; may be left out where there is one alone'),
});
export type TopUpBudgetRequest = z.infer<typeof topUpBudgetRequest>;

export const topUpExecutionRequest = z.strictObject({ amount_usd: usdAmount });

export const budgetState = z.object({
  period: budgetPeriod,
  limit_usd: z.number(),
  top_up_usd: z.number().describe('What this period alone has on top of the limit'),
  spent_usd: z.number().describe('In this period'),
  reserved_usd: z.number().describe('Held for model calls under way, at the most that they can cost'),
  remaining_usd: z
    .number()
    .describe('What can still be spent: limit and top-up less spent and reserved, never below 0'),
  resets_at: timestamp.nullable().describe('When the period ends; null for `total`'),
  on_exceeded: onExceeded,
});
export type BudgetState = z.infer<typeof budgetState>;

export const budgetStates = z.object({ data: z.array(budgetState).describe('One for each period that has a limit') });
export type BudgetStates = z.infer<typeof budgetStates>;

export const BUDGET_SCOPES = ['organization', 'project', 'agent', 'external_agent', 'execution'] as const;
export const budgetScope = z.enum(BUDGET_SCOPES);
export type BudgetScope = z.infer<typeof budgetScope>;

/** A budget that an execution spends from. */
export const executionBudget = budgetState.extend({
  scope: budgetScope,
  id: z.string().describe('Of what the budget belongs to'),
  blocks: z.boolean().describe('Whether a step of the execution waits because of it'),
});
export type ExecutionBudget = z.infer<typeof executionBudget>;

export const executionBudgets = z.object({
  execution_id: executionId,
  data: z.array(executionBudget),
  waiting: z
    .array(z.object({ step_id: z.string(), needs_usd: z.number(), place: z.number().int() }))
    .describe('Steps that wait for money, what each needs at most, and how many in the organization asked before it'),
});
export type ExecutionBudgets = z.infer<typeof executionBudgets>;

const OWNERS: Readonly<Record<string, string>> = {
  organization: 'the organization',
  project: 'the project',
  agent: 'the agent',
  external_agent: 'the external agent',
  execution: 'the execution',
};
const SPANS = { day: ' for the day', month: ' for the month', total: '' } as const;

/** A budget by the name of its account, `organization` or `project:prj_…`: `budget of the project for the month`. */
export function budgetInWords(account: string, period: BudgetPeriod): string {
  const [kind = ''] = account.split(':');
  return `budget of ${OWNERS[kind] ?? kind}${SPANS[period]}`;
}

export const BUDGET_REMAINING_HEADER = 'X-Budget-Remaining-Usd';
