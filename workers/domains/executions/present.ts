import type { ExecutionSummary } from '@agentflow/contracts';
import { actionNeeded, executionSummary, microusdToUsd, type WaitingReason } from '@agentflow/contracts';
import type { ExecutionRow } from './queries.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

export function presentRow(row: ExecutionRow): ExecutionSummary {
  return executionSummary.parse({
    id: row.id,
    organization_id: row.organization_id,
    agent_id: row.agent_id,
    agent_name: row.agent_name,
    version: row.version,
    mode: row.mode,
    status: row.status,
    waiting_reason: row.waiting_reason,
    ...actionNeeded(row.waiting_reason as WaitingReason | null),
    trigger: row.trigger,
    triggered_by: { type: row.actor_type, id: row.actor_id, name: row.actor_name },
    parent_execution_id: row.parent_execution_id,
    root_execution_id: row.root_execution_id,
    project_id: row.project_id,
    error: row.error === null ? null : JSON.parse(row.error),
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    cost_usd: microusdToUsd(row.cost_microusd),
    step_count: row.step_count,
    created_at: iso(row.created_at),
    started_at: iso(row.started_at),
    finished_at: iso(row.finished_at),
    duration_ms: row.finished_at === null || row.started_at === null ? null : row.finished_at - row.started_at,
  });
}
