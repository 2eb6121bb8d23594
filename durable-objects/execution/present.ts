import {
  actionNeeded,
  type Execution,
  type ExecutionSummary,
  type JsonValue,
  microusdToUsd,
} from '@agentflow/contracts';
import { traceIdOf } from '../../workers/platform/telemetry.ts';
import type { ExecutionRow } from './store/rows.ts';

/** Where results are from that a person pinned for a test. */
export const PINNED = 'pinned';

/** Sums over all attempts of all steps. */
export interface Totals {
  input_tokens: number;
  output_tokens: number;
  cost_microusd: number;
  /** Steps that ended, skipped ones left out. */
  step_count: number;
}

const iso = (at: number) => new Date(at).toISOString();

export function presentSummary(row: ExecutionRow, totals: Totals): ExecutionSummary {
  const { facts } = row;
  return {
    id: facts.execution_id,
    organization_id: facts.organization_id,
    agent_id: facts.agent_id,
    agent_name: facts.agent_name,
    version: facts.version,
    mode: facts.mode,
    status: row.status,
    waiting_reason: row.waiting_reason,
    ...actionNeeded(row.waiting_reason),
    trigger: facts.trigger,
    triggered_by: facts.triggered_by,
    parent_execution_id: facts.lineage?.parent_execution_id ?? null,
    root_execution_id: facts.lineage?.root_execution_id ?? null,
    project_id: facts.project_id,
    error: row.error,
    input_tokens: totals.input_tokens,
    output_tokens: totals.output_tokens,
    cost_usd: microusdToUsd(totals.cost_microusd),
    step_count: totals.step_count,
    created_at: iso(row.created_at),
    started_at: row.started_at === null ? null : iso(row.started_at),
    finished_at: row.finished_at === null ? null : iso(row.finished_at),
    duration_ms: row.finished_at === null || row.started_at === null ? null : row.finished_at - row.started_at,
  };
}

export function presentExecution(
  row: ExecutionRow,
  totals: Totals,
  input: JsonValue,
  output: JsonValue | null,
): Execution {
  return {
    ...presentSummary(row, totals),
    input,
    output,
    trace_id: traceIdOf(row.facts.traceparent),
    retry_of: row.facts.given === undefined || row.facts.given.from === PINNED ? null : row.facts.given.from,
    shadow_of: row.facts.shadow_of ?? null,
    parent_step: row.facts.lineage?.parent_step ?? null,
    depth: row.facts.lineage?.depth ?? 0,
  };
}
