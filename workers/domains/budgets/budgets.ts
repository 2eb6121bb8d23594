import {
  type BudgetScope,
  type BudgetStates,
  type ExecutionBudgets,
  microusdToUsd,
  type SetBudgetRequest,
  type TopUpBudgetRequest,
  usdToMicrousd,
} from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { agentHead } from '../agents/index.ts';
import { auditOrigin } from '../audit/index.ts';
import { getProject, requireProject } from '../projects/index.ts';
import { budgetStateOf, presentBudgets, roomOf } from './present.ts';

/** Whose budget is meant; of the organization without an id. */
export interface BudgetOwner {
  readonly scope: Exclude<BudgetScope, 'execution'>;
  readonly id: string | null;
}

const accountOf = ({ scope, id }: BudgetOwner) => (id === null ? scope : `${scope}:${id}`);
const desk = (ctx: RequestContext) => organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);

/** Throws `not_found`. */
export async function getBudgets(ctx: RequestContext, owner: BudgetOwner): Promise<BudgetStates> {
  await requireOwner(ctx, owner, false);
  return presentBudgets(await desk(ctx).budgets(accountOf(owner)));
}

/** Throws `not_found`. */
export async function setBudget(
  ctx: RequestContext,
  owner: BudgetOwner,
  { limit_usd, period, on_exceeded }: SetBudgetRequest,
): Promise<BudgetStates> {
  await requireOwner(ctx, owner, true);
  const rule = limit_usd === null ? null : { limit: usdToMicrousd(limit_usd), on_exceeded: on_exceeded ?? null };
  const change = { period, rule };
  return presentBudgets(await desk(ctx).setBudget(ctx.organizationId, accountOf(owner), change, auditOrigin(ctx)));
}

/** Throws `not_found`, `conflict` where there is no limit, and `validation_failed` where it could be of several. */
export async function topUpBudget(
  ctx: RequestContext,
  owner: BudgetOwner,
  { amount_usd, period }: TopUpBudgetRequest,
): Promise<BudgetStates> {
  await requireOwner(ctx, owner, true);
  const account = accountOf(owner);
  const known = await desk(ctx).budgets(account);
  const [only] = known;
  if (only === undefined) throw unlimited();
  if (period === undefined && known.length > 1) {
    const periods = known.map((each) => each.period).join(', ');
    throw invalid([{ path: 'period', message: `there are several limits; say which: ${periods}` }]);
  }
  const change = { period: period ?? only.period, amount: usdToMicrousd(amount_usd) };
  const after = await desk(ctx).topUp(ctx.organizationId, account, change, auditOrigin(ctx));
  if (after === null) throw unlimited();
  return presentBudgets(after);
}

/** What an execution spends from, and which of its steps wait for money. Throws `not_found`. */
export async function executionMoney(ctx: RequestContext, executionId: string): Promise<ExecutionBudgets> {
  const { lease_id } = await leaseOf(ctx, executionId);
  const { budgets, waiting } = await desk(ctx).moneyOf({ lease_id });
  const least = Math.min(...waiting.map(({ amount }) => amount));
  return {
    execution_id: executionId,
    data: budgets.map((standing) => {
      const [scope = '', id = ctx.organizationId] = standing.scope.split(':');
      return {
        ...budgetStateOf(standing),
        scope: scope as BudgetScope,
        id,
        blocks: roomOf(standing) < least && least !== Number.POSITIVE_INFINITY,
      };
    }),
    waiting: waiting.map(({ step, amount, place }) => ({ step_id: step, needs_usd: microusdToUsd(amount), place })),
  };
}

/** More for the budget that an execution was started with, or its root was. Throws `not_found` and `conflict`. */
export async function topUpExecution(
  ctx: RequestContext,
  executionId: string,
  amountUsd: number,
): Promise<BudgetStates> {
  const { budget_of } = await leaseOf(ctx, executionId);
  if (budget_of === null) {
    throw new ApiError('conflict', 'The execution was started without a budget of its own.');
  }
  const change = { period: 'total' as const, amount: usdToMicrousd(amountUsd) };
  const account = `execution:${budget_of}`;
  const after = await desk(ctx).topUp(ctx.organizationId, account, change, auditOrigin(ctx));
  if (after === null) throw new ApiError('execution_finished', 'The execution has ended, and its budget with it.');
  return presentBudgets(after);
}

async function leaseOf(ctx: RequestContext, executionId: string) {
  const lease = await executionObject(ctx.env.EXECUTION, executionId).lease(ctx.organizationId);
  if (lease === null) throw notFound('execution', executionId);
  return lease;
}

async function requireOwner(ctx: RequestContext, { scope, id }: BudgetOwner, changes: boolean): Promise<void> {
  if (id === null) return;
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  if (scope === 'project' && !changes) await getProject(ctx, id);
  else if (scope === 'project') await requireProject(database, organizationId, id);
  if (scope === 'external_agent' && (await desk(ctx).externalAgent(id)) === null) {
    throw notFound('external agent', id);
  }
  if (scope === 'agent' && (await agentHead(database, organizationId, id)) === null) throw notFound('agent', id);
}

function unlimited(): ApiError {
  return new ApiError('conflict', 'There is no limit to be topped up: set a budget first.');
}
