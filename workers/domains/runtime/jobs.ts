import { type JobRequest, LIMITS } from '@agentflow/contracts';
import { requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError } from '../../platform/errors.ts';
import { requestHash } from '../../platform/idempotency.ts';
import { derivedId, timeOfId } from '../../platform/ids.ts';
import { requireAgent, requireValid } from '../agents/index.ts';
import { type StartOutcome, startExecution } from '../executions/index.ts';

const JOBS_AGENT = {
  name: 'Runtime jobs',
  description: 'Lists, budgets and policies of jobs that brought their definition to the runtime of deep agents.',
};

/** The agent under which an organization's jobs with a definition run. */
export function jobsAgentId(organizationId: string): Promise<string> {
  return derivedId('agent', `runtime jobs ${organizationId}`, timeOfId(organizationId));
}

/**
 * Starts what a job names or brings. The same `key` by the same caller within 24 hours is the same start; with another job it
 * is refused.
 *
 * @param key of the job, or null where it has none
 * @throws ApiError as every start does; `definition_invalid` for a definition that could not be published
 */
export async function invokeJob(ctx: RequestContext, job: JobRequest, key: string | null): Promise<StartOutcome> {
  const { env, principal, ip, requestId } = ctx;
  const { agent_id, agent_definition, input_payload: input, trace_id } = job;
  const brought = agent_definition === undefined ? null : await agentForJobs(ctx, agent_definition);
  const { trace_id: _trace, ...asked } = job;
  return startExecution({
    env,
    principal,
    ip,
    requestId,
    trace: trace_id === undefined ? ctx.trace : { ...ctx.trace, trace_id },
    agentId: brought?.agentId ?? agent_id ?? '',
    mode: 'live',
    permission: 'agents:execute',
    version: null,
    projectId: null,
    input,
    idempotency: key === null ? null : { key, body_hash: await requestHash('JOB', '', JSON.stringify(asked)) },
    waitSeconds: 0,
    ...(brought === null ? {} : { definition: brought.definition, bringsDefinition: true }),
  });
}

async function agentForJobs(
  ctx: RequestContext,
  definition: NonNullable<JobRequest['agent_definition']>,
): Promise<{ agentId: string; definition: string }> {
  // Whoever may run a definition of their own may as well write it into an agent.
  requireAccess(ctx.principal, 'agents:write');
  const text = JSON.stringify(definition);
  if (text.length > LIMITS.definition_bytes) {
    throw new ApiError('payload_too_large', `The definition is larger than ${LIMITS.definition_bytes} bytes.`);
  }
  const agentId = await jobsAgentId(ctx.organizationId);
  await requireValid(ctx, agentId, definition);
  await requireAgent(ctx, agentId, JOBS_AGENT);
  return { agentId, definition: text };
}
