import {
  expireProposal,
  noteRunOf,
  proposalStatus,
  refinerJob,
  rulesAnswer,
  runBasis,
  settleRefinement,
} from '../../workers/domains/refinements/index.ts';
import { ownRuntime, type RuntimeClient, readFrame, remoteRuntime } from '../../workers/domains/runtime/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { outboundFetch } from '../../workers/platform/outbound.ts';
import type { RefinementJob } from './client.ts';

export { expireProposal, noteRunOf, proposalStatus, readFrame, refinerJob, rulesAnswer, runBasis, settleRefinement };

/** The runtime that works on this thread; one that the rules answer has none. */
export function runtimeFor(env: Env, ctx: DurableObjectState, job: RefinementJob): RuntimeClient {
  const { traceparent } = job;
  if (job.runtime === 'remote')
    return remoteRuntime(env, { fetch: outboundFetch(ctx.exports.Outbound) }, { traceparent });
  const { organization_id, caller, agent_id, agent_name, ip, request_id, created_at } = job;
  const asked = { organization_id, caller, agent_id, agent_name, ip, traceparent, request_id, created_at };
  return ownRuntime(env, { ...asked, trigger: 'refinement' });
}
