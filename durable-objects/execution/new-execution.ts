import { ENGINE_VERSION, type Plan } from '@agentflow/engine';
import type { StartRequest } from './client.ts';
import { planOf } from './plan-cache.ts';
import type { ExecutionRow, Facts } from './store/rows.ts';

/** The row of an execution that begins now, or that is queued, and the plan that it follows. */
export function newExecution(request: StartRequest, now: number): { row: ExecutionRow; plan: Plan } {
  const { given, recorded, queued = false } = request;
  const facts: Facts = {
    organization_id: request.organization_id,
    execution_id: request.execution_id,
    agent_id: request.agent_id,
    agent_name: request.agent_name,
    version: request.version,
    mode: request.mode,
    trigger: request.trigger,
    triggered_by: request.triggered_by,
    project_id: request.project_id,
    lineage: request.lineage,
    lease_id: request.lease_id,
    traceparent: request.traceparent,
    request_id: request.request_id,
    engine_version: ENGINE_VERSION,
    ...(request.budget_of == null ? {} : { budget_of: request.budget_of }),
    ...(request.announce === true ? { announce: true } : {}),
    ...(request.external === undefined ? {} : { external: request.external }),
    ...(given === undefined ? {} : { given: { from: given.from, only: given.only, configs: given.configs } }),
    ...(recorded === undefined ? {} : { shadow_of: recorded.from }),
  };
  const plan = planOf(request.agent_id, request.version, () => request.definition);
  const row: ExecutionRow = {
    facts,
    status: queued ? 'queued' : 'running',
    waiting_reason: null,
    error: null,
    created_at: now,
    started_at: queued ? null : now,
    finished_at: null,
    deadline_at: now + plan.timeout_ms,
    remaining_ms: queued ? plan.timeout_ms : null,
    revision: 1,
    projected_revision: 0,
    settled: false,
    told: false,
    parked: false,
    expires_at: null,
  };
  return { row, plan };
}
