import type { Actor, JobRequest } from '@agentflow/contracts';
import { executionObject, type FrameWatcher } from '../../../durable-objects/execution/client.ts';
import type { AdmissionCaller } from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { derivedId } from '../../platform/ids.ts';
import { memberDecider } from '../approvals/index.ts';
import { openFrames, startJob } from '../executions/index.ts';
import type { OwnRuntimeContext, RuntimeClient, RuntimeFailure } from './port.ts';
import { threadState } from './thread-state.ts';

/**
 * This installation's own runtime for what the platform itself asks of it: definitions run in test mode under an agent,
 * in the name of whoever asked, and are erased when they have served.
 */
export function ownRuntime(env: Env, context: OwnRuntimeContext): RuntimeClient {
  const { organization_id } = context;
  return {
    async invoke({ job_id, agent_definition, input_payload }: JobRequest & { job_id: string }) {
      if (agent_definition === undefined) return failure('validation_failed', 'The job brings no definition.');
      const thread_id = await derivedId('execution', `job ${organization_id} ${job_id}`, context.created_at);
      const { agent_id, caller, trigger, ip, traceparent, request_id } = context;
      const definition = agent_definition;
      const run = { organization_id, execution_id: thread_id, agent_id, caller, definition, input: input_payload };
      const started = await startJob(env, { ...run, trigger, ip, traceparent, request_id });
      return started.ok ? { ok: true, thread_id } : started;
    },
    async state(threadId) {
      const state = await threadState(env, organization_id, threadId);
      return state === null ? unknown(threadId) : { ok: true, state };
    },
    async open(threadId, after) {
      const response = await openFrames(env, threadId, after, await watcherOf(env, context));
      const socket = response?.webSocket ?? null;
      return socket === null ? unknown(threadId) : { ok: true, socket };
    },
    async forget(threadId) {
      await executionObject(env.EXECUTION, threadId).forget(organization_id);
    },
  };
}

/** The person or key in whose name it runs: what is passed on was checked by whoever passes it on. */
async function watcherOf(
  env: Env,
  { organization_id, caller, ip, request_id }: OwnRuntimeContext,
): Promise<FrameWatcher> {
  const actor = actorOfCaller(caller);
  const decider =
    caller.kind === 'user' && caller.role !== undefined
      ? await memberDecider(env, organization_id, { ...caller, role: caller.role })
      : { actor, role: null, teams: [], may_approve: mayApprove(caller) };
  const origin = { actor_type: actor.type, actor_id: actor.id, ip, user_agent: '', request_id };
  return { organization_id, actor, may_steer: true, may_stop: true, decider, origin, vouched: true };
}

function actorOfCaller(caller: AdmissionCaller): Actor {
  switch (caller.kind) {
    case 'user':
      return { type: 'user', id: caller.user_id, name: caller.name };
    case 'checked_key':
      return { type: 'api_key', id: caller.key_id, name: caller.name };
    case 'execution':
      return caller.actor;
    case 'api_key':
      throw new Error('whoever hands work to the runtime is known');
  }
}

function mayApprove(caller: AdmissionCaller): boolean {
  return caller.kind === 'checked_key' && caller.scopes.includes('approvals:approve');
}

function unknown(threadId: string): RuntimeFailure {
  return failure('runtime_thread_unknown', `There is no thread ${threadId}.`);
}

function failure(code: string, message: string): RuntimeFailure {
  return { ok: false, error: { code, message, retryable: false } };
}
