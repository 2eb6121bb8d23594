import type { AgentDefinition, ExecutionTrigger, JsonValue } from '@agentflow/contracts';
import type { StepError } from '@agentflow/engine';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import {
  type AdmissionCaller,
  type AdmissionRequest,
  organizationDesk,
} from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { requestHash } from '../../platform/idempotency.ts';
import { admit, checkInput } from './start.ts';

/** A run in test mode of a definition that the platform made, in the name of an agent and of whoever asked for it. */
export interface JobStart {
  readonly organization_id: string;
  /** Derived from what asks for it: asking twice starts one execution. */
  readonly execution_id: string;
  readonly agent_id: string;
  readonly caller: AdmissionCaller;
  readonly definition: AgentDefinition;
  readonly input: JsonValue;
  readonly trigger: ExecutionTrigger;
  readonly ip: string;
  readonly traceparent: string;
  readonly request_id: string;
}

export type JobStarted = { readonly ok: true } | { readonly ok: false; readonly error: StepError };

/** Starts it, or finds it where it was started before. Refusals are values: limits may pass, everything else will come again. */
export async function startJob(env: Env, start: JobStart): Promise<JobStarted> {
  const { organization_id, execution_id, agent_id } = start;
  const object = executionObject(env.EXECUTION, execution_id);
  if ((await object.get(organization_id)) !== null) return { ok: true };
  const definition = JSON.stringify(start.definition);
  const input = JSON.stringify(start.input);
  try {
    checkInput(start.definition, start.input);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refused(error.code, error.message);
  }
  const request: AdmissionRequest = {
    organization_id,
    caller: start.caller,
    permission: 'agents:write',
    agent_id,
    version: null,
    mode: 'test',
    execution_id,
    // Whoever asked before may have died between admission and start: its lease is found by this.
    idempotency: { key: execution_id, body_hash: await requestHash('JOB', execution_id, `${definition}\n${input}`) },
    ip: start.ip,
    spends: { project_id: null, budget_of: null },
    shown: { trigger: start.trigger, project_id: null },
  };
  const admission = await admit(
    organizationDesk(env.ORGANIZATION, organization_id),
    request,
    start.input,
    async () => undefined,
  );
  // Started, and not kept any more.
  if (admission.outcome === 'replay') return refused('not_found', 'The run is not kept any more.');
  if (admission.outcome === 'deny') {
    const { code, detail, retry_after_seconds } = admission;
    const retryable = code === 'concurrency_limited' || code === 'rate_limited';
    const wait = retry_after_seconds === null ? {} : { retry_after_ms: retry_after_seconds * 1000 };
    return { ok: false, error: { code, message: detail, retryable, ...wait } };
  }
  const execution = await object.start({
    organization_id,
    execution_id,
    agent_id,
    agent_name: admission.agent.name,
    version: null,
    definition,
    mode: 'test',
    trigger: start.trigger,
    triggered_by: admission.caller,
    input: start.input,
    project_id: null,
    lineage: null,
    lease_id: admission.lease_id,
    start_by: admission.start_by,
    queued: admission.queued,
    traceparent: start.traceparent,
    request_id: start.request_id,
    wait_seconds: 0,
  });
  switch (execution) {
    case 'late': {
      const message = 'The start took too long and was not made.';
      return { ok: false, error: { code: 'call_unavailable', message, retryable: true } };
    }
    case 'stopped':
      return refused('stopped', 'The start was stopped before it was made.');
    case 'erased':
      return refused('not_found', 'The organization is being erased.');
    default:
      return { ok: true };
  }
}

function refused(code: string, message: string): JobStarted {
  return { ok: false, error: { code, message, retryable: false } };
}
