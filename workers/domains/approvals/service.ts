import {
  type Approval,
  type ApprovalQuery,
  type ApprovalSummary,
  type Decider,
  type DecisionBarrier,
  type DecisionRequest,
  roleAllows,
} from '@agentflow/contracts';
import type { SQL } from 'drizzle-orm';
import {
  type ApprovalView,
  type DecideRequest,
  type DecideResult,
  executionObject,
} from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext, UserPrincipal } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { auditOrigin } from '../audit/index.ts';
import { forCaller, presentListed, presentRow } from './present.ts';
import { executionOfApproval, mayDecide, selectApproval, selectApprovals, teamsOf } from './queries.ts';

/** The caller as the object judges them: with the role and teams of this moment. */
async function deciderOf({ env, principal, actor, organizationId }: RequestContext): Promise<Decider> {
  if (principal.kind === 'user') return memberDecider(env, organizationId, principal);
  return { actor, role: null, teams: [], may_approve: principal.scopes.includes('approvals:approve') };
}

/** A member as the object judges them. */
export async function memberDecider(
  env: Env,
  organizationId: string,
  { user_id, name, role }: Pick<UserPrincipal, 'user_id' | 'name' | 'role'>,
): Promise<Decider> {
  const teams = await teamsOf(db(env, organizationId), organizationId, user_id);
  const actor = { type: 'user', id: user_id, name } as const;
  return { actor, role, teams, may_approve: roleAllows(role, 'approvals:approve') };
}

/** As it is at this moment, from the execution that asked; null where there is none, and for another organization's. */
export async function approvalNow(env: Env, organizationId: string, id: string): Promise<ApprovalView | null> {
  const executionId = await executionOfApproval(db(env, organizationId), organizationId, id);
  return executionId === undefined ? null : executionObject(env.EXECUTION, executionId).approval(organizationId, id);
}

/** Condition on rows of `approvals`: the caller may decide them, or might have. */
export async function mayDecideWhere(ctx: RequestContext): Promise<SQL | undefined> {
  return mayDecide(await deciderOf(ctx));
}

/** From D1: may lag the executions by a moment. */
export async function listApprovals(
  ctx: RequestContext,
  { limit, cursor, mine, ...filter }: ApprovalQuery,
): Promise<{ data: ApprovalSummary[]; next_cursor: string | null }> {
  const { organizationId } = ctx;
  const decider = await deciderOf(ctx);
  const rows = await selectApprovals(
    db(ctx.env, organizationId),
    organizationId,
    filter,
    mine === 'true' ? decider : null,
    decodeCursor(cursor),
    limit + 1,
  );
  const { data, next_cursor } = pageOf(rows, limit);
  return { data: data.map((row) => presentListed(row, decider)), next_cursor };
}

/** Reads D1 alone: the execution is not even woken, so that whatever opens the link of an approval changes nothing. */
export async function getApproval(ctx: RequestContext, id: string): Promise<Approval> {
  const row = await selectApproval(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  if (row === undefined) throw notFound('approval', id);
  return presentRow(row, await deciderOf(ctx));
}

export async function decideApproval(ctx: RequestContext, id: string, request: DecisionRequest): Promise<Approval> {
  const executionId = await executionOfApproval(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  if (executionId === undefined) throw notFound('approval', id);
  return decide(ctx, executionId, { approval_id: id }, request, () => notFound('approval', id));
}

/** By its execution: `stepId` is needed where several of its steps wait. */
export async function approveExecution(
  ctx: RequestContext,
  executionId: string,
  stepId: string | null,
  request: DecisionRequest,
): Promise<Approval> {
  const missing = () =>
    stepId === null ? notFound('execution', executionId) : notFound('approval of the step', stepId);
  return decide(ctx, executionId, { step_id: stepId }, request, missing);
}

async function decide(
  ctx: RequestContext,
  executionId: string,
  target: DecideRequest['target'],
  request: DecisionRequest,
  missing: () => ApiError,
): Promise<Approval> {
  return decideAs(ctx, await deciderOf(ctx), executionId, target, request, missing);
}

/** Decides on behalf of whoever `decider` says; the execution judges them. */
export async function decideAs(
  ctx: Pick<RequestContext, 'env' | 'organizationId' | 'actor' | 'ip' | 'userAgent' | 'requestId'>,
  decider: Decider,
  executionId: string,
  target: DecideRequest['target'],
  { decision, comment, form, action_hash }: DecisionRequest,
  missing: () => ApiError,
): Promise<Approval> {
  const result = await executionObject(ctx.env.EXECUTION, executionId).decide(ctx.organizationId, {
    target,
    decider,
    decision,
    comment,
    form: form ?? null,
    action_hash: action_hash ?? null,
    origin: auditOrigin(ctx),
  });
  if (result.outcome === 'decided') return forCaller(result.approval, decider);
  throw refusalOf(result, missing);
}

function refusalOf(result: Exclude<DecideResult, { outcome: 'decided' }>, missing: () => ApiError): ApiError {
  switch (result.outcome) {
    case 'not_found':
      return missing();
    case 'nothing_asked':
      return new ApiError('approval_decided', 'No step of this execution waits for a decision.');
    case 'ambiguous':
      return new ApiError('approval_ambiguous', `Name one of the steps that wait: ${result.steps.join(', ')}.`);
    case 'not_allowed':
      return new ApiError('forbidden', BARRIERS[result.barrier]);
    case 'decided_before': {
      const by = result.decided_by === null ? '' : ` by ${result.decided_by}`;
      return new ApiError('approval_decided', `The approval is ${result.status} already${by}.`);
    }
    case 'changed':
      return new ApiError('approval_changed', 'What waits is not what was shown: read it again, then decide.');
    case 'invalid':
      return invalid(result.errors, 'The decision does not fit what is asked.');
  }
}

const BARRIERS: Readonly<Record<DecisionBarrier, string>> = {
  own_execution: 'Whoever started the execution may not decide this.',
  not_named: 'This is for certain people, and the caller is none of them.',
  no_permission: 'The caller does not have the permission approvals:approve.',
};
