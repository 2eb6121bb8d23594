import type { Door } from '@agentflow/contracts';
import type { Context } from 'hono';
import { answeringNodeOf } from '../../domains/executions/index.ts';
import {
  abandonOwnRun,
  answerOwnRun,
  cancelOwnRun,
  followOwnRun,
  invokeAgent,
  type OwnRunContext,
  offeredAgent,
  offeredAgents,
  ownRun,
  questionOfOwnRun,
  readOwnRun,
  runStartedWith,
} from '../../domains/external-agents/index.ts';
import { identify } from '../../platform/auth.ts';
import type { ExternalAgentPrincipal, UncheckedKeyPrincipal } from '../../platform/context.ts';
import { ApiError, unauthenticated } from '../../platform/errors.ts';
import { limitHeaders } from '../../platform/limit-headers.ts';
import type { AppEnv } from '../../platform/router.ts';
import type { DoorCaller } from './caller.ts';

const CHECKED = { deferKey: false, anyAddress: false };

/**
 * The external agent whose key came with the request, or that the request's own credential stands for; a thrown 401 or 403
 * for everybody else.
 */
export async function doorCaller(c: Context<AppEnv>, door: Door, heldKey: string | null = null): Promise<DoorCaller> {
  const principal = await identify(c, { ...CHECKED, heldKey });
  if (principal.kind === 'unchecked_key') throw unauthenticated();
  if (principal.kind !== 'external_agent') {
    throw new ApiError('forbidden', 'This is for the keys of external agents (ea_…).');
  }
  const key = await identify(c, { ...CHECKED, deferKey: true, heldKey });
  if (key.kind !== 'unchecked_key') throw unauthenticated();
  return callerOf(c, door, principal, key);
}

function callerOf(
  c: Context<AppEnv>,
  door: Door,
  principal: ExternalAgentPrincipal,
  key: UncheckedKeyPrincipal,
): DoorCaller {
  const { env } = c;
  const around = {
    ip: c.var.ip,
    requestId: c.var.requestId,
    trace: c.var.trace,
  };
  const ctx: OwnRunContext = {
    ...around,
    env,
    principal,
    userAgent: (c.req.header('user-agent') ?? '').slice(0, 400),
    log: c.var.log,
    now: Date.now,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  };
  return {
    id: principal.external_agent_id,
    mayApprove: principal.operations.includes('approve'),
    agents: () => offeredAgents(env, principal),
    agent: (idOrName) => offeredAgent(env, principal, idOrName),
    start: async ({ agent, input, idempotency }) => {
      const invoked = await invokeAgent({
        ...around,
        env,
        principal: key,
        door,
        country: c.var.country(),
        agent,
        input,
        projectId: null,
        idempotency,
        waitSeconds: 0,
      });
      const { execution, invocation_id, replayed, limits } = invoked;
      const headers = { ...limitHeaders(limits), 'X-Invocation-Id': invocation_id };
      return { execution, invocation_id, headers: { ...headers, ...(replayed && { 'Idempotency-Replayed': 'true' }) } };
    },
    answeringNode: (execution) => answeringNodeOf(env, execution),
    follow: (id, after, signal) => followOwnRun(ctx, id, { after, signal }),
    result: (id) => ownRun(ctx, id),
    read: (id) => readOwnRun(ctx, id),
    question: (id, approvalId) => questionOfOwnRun(ctx, id, approvalId),
    answer: (id, approvalId, answer) => answerOwnRun(ctx, id, approvalId, answer),
    abandon: (id) => abandonOwnRun(ctx, id),
    cancel: (id) => cancelOwnRun(ctx, id),
    startedWith: (idempotencyKey) => runStartedWith(ctx, key.key_hash, idempotencyKey),
  };
}
