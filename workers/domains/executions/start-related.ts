import type { Actor, Execution, ExecutionMode, ExecutionTrigger, JsonValue } from '@agentflow/contracts';
import type { StepError } from '@agentflow/engine';
import { executionObject, type Lineage } from '../../../durable-objects/execution/client.ts';
import {
  type AdmissionRequest,
  type ExternalOrigin,
  organizationDesk,
} from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { admit, checkInput, definitionOf, textOf } from './start.ts';

/** A start by another execution of the organization, on behalf of whoever started that one. */
export interface RelatedStart {
  readonly organization_id: string;
  /** Derived from what asks for it: asking twice starts one execution. */
  readonly execution_id: string;
  readonly agent_id: string;
  /** null: the live version; in test mode the draft where nothing is live. */
  readonly version: number | null;
  readonly mode: ExecutionMode;
  readonly trigger: ExecutionTrigger;
  readonly actor: Actor;
  readonly input: JsonValue;
  readonly project_id: string | null;
  /** The execution whose own budget holds for it. */
  readonly budget_of: string | null;
  readonly lineage: Lineage;
  readonly traceparent: string;
  readonly request_id: string;
  /** The external agent on whose behalf it runs. */
  readonly external?: ExternalOrigin;
}

export type RelatedStarted =
  | { readonly ok: true; readonly execution: Execution }
  | { readonly ok: false; readonly error: StepError };

/**
 * Starts an execution that another one asks for, or finds it where it was started before. Refusals are values: limits may
 * pass, everything else will come again.
 */
export async function startRelated(env: Env, start: RelatedStart): Promise<RelatedStarted> {
  const { organization_id, execution_id, agent_id, lineage } = start;
  const object = executionObject(env.EXECUTION, execution_id);
  const before = await object.get(organization_id);
  if (before !== null) return { ok: true, execution: before };
  const desk = organizationDesk(env.ORGANIZATION, organization_id);
  const request: AdmissionRequest = {
    organization_id,
    caller: { kind: 'execution', actor: start.actor },
    permission: 'agents:execute',
    agent_id,
    version: start.version,
    mode: start.mode,
    execution_id,
    idempotency: null,
    ip: '',
    spends: { project_id: start.project_id, budget_of: start.budget_of },
    lineage: {
      root_execution_id: lineage.root_execution_id,
      parent_execution_id: lineage.parent_execution_id,
      ...(start.external === undefined ? {} : { external: start.external }),
    },
    shown: { trigger: start.trigger, project_id: start.project_id },
  };
  const checked = async (version: number | null) => {
    const definition = await definitionOf(env, organization_id, agent_id, version);
    checkInput(definition, start.input);
    return definition;
  };
  let leaseId: string | null = null;
  try {
    const admission = await admit(desk, request, start.input, (_agentId, version) => checked(version));
    if (admission.outcome === 'replay') throw new Error('a start without an idempotency key was replayed');
    if (admission.outcome === 'deny') {
      const { code, detail, retry_after_seconds } = admission;
      const retryable = code === 'concurrency_limited' || code === 'rate_limited';
      const wait = retry_after_seconds === null ? {} : { retry_after_ms: retry_after_seconds * 1000 };
      return { ok: false, error: { code, message: detail, retryable, ...wait } };
    }
    leaseId = admission.lease_id;
    const definition = await checked(admission.version);
    const execution = await object.start({
      organization_id,
      execution_id,
      agent_id,
      agent_name: admission.agent.name,
      version: admission.version,
      definition: textOf(definition),
      mode: start.mode,
      trigger: start.trigger,
      triggered_by: start.actor,
      input: start.input,
      project_id: start.project_id,
      budget_of: start.budget_of,
      lineage,
      lease_id: admission.lease_id,
      start_by: admission.start_by,
      queued: admission.queued,
      announce: admission.announce ?? false,
      traceparent: start.traceparent,
      request_id: start.request_id,
      wait_seconds: 0,
      ...(start.external === undefined ? {} : { external: start.external }),
    });
    if (execution === 'late') {
      const message = 'The start took too long and was not made.';
      return { ok: false, error: { code: 'call_unavailable', message, retryable: true } };
    }
    if (execution === 'stopped') {
      const message = 'The start was stopped before it was made.';
      return { ok: false, error: { code: 'stopped', message, retryable: false } };
    }
    if (execution !== 'erased') return { ok: true, execution };
    const message = 'The organization is being erased.';
    return { ok: false, error: { code: 'not_found', message, retryable: false } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // What was refused here never started. An unknown outcome of `start` is left to the lease.
    if (leaseId !== null) await desk.forgo({ lease_id: leaseId });
    const fields = (error.errors ?? []).map(({ path, message }) => ` ${path} ${message}.`).join('');
    return { ok: false, error: { code: error.code, message: `${error.message}${fields}`, retryable: false } };
  }
}
