import type { ThreadState } from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { jobsAgentId } from './jobs.ts';
import { threadState } from './thread-state.ts';

/** Throws `not_found`. */
export async function getThread(ctx: RequestContext, threadId: string): Promise<ThreadState> {
  const state = await threadState(ctx.env, ctx.organizationId, threadId);
  if (state === null) throw notFound('thread', threadId);
  return state;
}

/**
 * Stops a job that brought its definition and erases what is kept of it; its costs stay. Throws `not_found`, and `conflict`
 * for an execution of an agent: that one is kept as long as the organization keeps them.
 */
export async function forgetThread(ctx: RequestContext, threadId: string): Promise<void> {
  const { env, organizationId } = ctx;
  const object = executionObject(env.EXECUTION, threadId);
  const execution = await object.get(organizationId);
  if (execution === null) throw notFound('thread', threadId);
  if (execution.agent_id !== (await jobsAgentId(organizationId))) {
    throw new ApiError('conflict', 'Only a job that brought its definition can be erased before its retention ends.');
  }
  await object.forget(organizationId);
  const entry = { action: 'execution.erased', resource_type: 'execution', resource_id: threadId };
  await auditRow(db(env, organizationId), organizationId, auditOrigin(ctx), entry, ctx.now());
}
