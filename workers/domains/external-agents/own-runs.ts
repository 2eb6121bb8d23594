import type { DecisionRequest, Execution, ExecutionEvent, ExternalOperation } from '@agentflow/contracts';
import { type ApprovalView, executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { actorOf, type ExternalAgentPrincipal, type RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { decideAs } from '../approvals/index.ts';
import { cancelExecution, followExecution } from '../executions/index.ts';

/** What an external agent does with the executions that it started itself; those of others are `not_found`. */
export type OwnRunContext = Omit<RequestContext, 'principal' | 'actor' | 'organizationId'> & {
  readonly principal: ExternalAgentPrincipal;
};

function allow({ operations }: ExternalAgentPrincipal, operation: ExternalOperation): void {
  if (operations.includes(operation)) return;
  throw new ApiError('forbidden', `The external agent does not have the operation ${operation}.`);
}

function isOwn({ triggered_by }: Pick<Execution, 'triggered_by'>, principal: ExternalAgentPrincipal): boolean {
  return triggered_by.type === 'external_agent' && triggered_by.id === principal.external_agent_id;
}

/** Whoever may start a run gets its answer, so `read` is not asked for. */
export async function ownRun({ env, principal }: OwnRunContext, id: string): Promise<Execution> {
  const execution = await executionObject(env.EXECUTION, id).get(principal.organization_id);
  if (execution === null || !isOwn(execution, principal)) throw notFound('execution', id);
  return execution;
}

/** Later, and not by the request that started it. */
export async function readOwnRun(ctx: OwnRunContext, id: string): Promise<Execution> {
  allow(ctx.principal, 'read');
  return ownRun(ctx, id);
}

/** `after` as in `followExecution`; the caller has checked that it is its own. */
export function followOwnRun(
  { env, principal }: OwnRunContext,
  id: string,
  reading: { after: number; signal: AbortSignal },
): AsyncGenerator<ExecutionEvent> {
  return followExecution(env, principal.organization_id, id, reading);
}

/** By the one that waits for it and goes away: nobody would get its answer. Nothing happens to one that has ended. */
export async function abandonOwnRun(ctx: OwnRunContext, id: string): Promise<void> {
  const execution = await ownRun(ctx, id);
  if (execution.finished_at === null) await cancelOwn(ctx, id);
}

/** Throws `execution_finished`. */
export async function cancelOwnRun(ctx: OwnRunContext, id: string): Promise<Execution> {
  allow(ctx.principal, 'cancel');
  await ownRun(ctx, id);
  return cancelOwn(ctx, id);
}

async function cancelOwn(ctx: OwnRunContext, id: string): Promise<Execution> {
  const { principal } = ctx;
  return cancelExecution({ ...ctx, organizationId: principal.organization_id, actor: actorOf(principal) }, id);
}

/** What a step of it asked; null where it asked no such thing. */
export async function questionOfOwnRun(
  ctx: OwnRunContext,
  id: string,
  approvalId: string,
): Promise<ApprovalView | null> {
  const question = await executionObject(ctx.env.EXECUTION, id).approval(ctx.principal.organization_id, approvalId);
  return question !== null && isOwn({ triggered_by: question.requested_by }, ctx.principal) ? question : null;
}

/** The decision of a person behind the external agent. Where certain people are named, or whoever started it may not, it is refused. */
export async function answerOwnRun(
  ctx: OwnRunContext,
  id: string,
  approvalId: string,
  decision: DecisionRequest,
): Promise<void> {
  const { principal } = ctx;
  allow(principal, 'approve');
  if ((await questionOfOwnRun(ctx, id, approvalId)) === null) throw notFound('approval', approvalId);
  const actor = actorOf(principal);
  await decideAs(
    { ...ctx, organizationId: principal.organization_id, actor },
    { actor, role: null, teams: [], may_approve: true },
    id,
    { approval_id: approvalId },
    decision,
    () => notFound('approval', approvalId),
  );
}

/** The execution that a call with this idempotency key began; null where there is none. */
export async function runStartedWith(ctx: OwnRunContext, keyHash: string, key: string): Promise<string | null> {
  return organizationDesk(ctx.env.ORGANIZATION, ctx.principal.organization_id).startedWith(keyHash, key);
}
