import type {
  Actor,
  ExecutionError,
  ExecutionMode,
  ExecutionStatus,
  ExecutionTrigger,
  StepAttempt,
  WaitingReason,
} from '@agentflow/contracts';
import { microusdToUsd } from '@agentflow/contracts';
import type { ModelCall, StepState } from '@agentflow/engine';
import type { ExternalCall, ExternalOrigin } from '../../organization/client.ts';
import type { Given, Lineage } from '../client.ts';

export type Row = Record<string, SqlStorageValue>;

export interface Facts {
  readonly organization_id: string;
  readonly execution_id: string;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly version: number | null;
  readonly mode: ExecutionMode;
  readonly trigger: ExecutionTrigger;
  readonly triggered_by: Actor;
  readonly project_id: string | null;
  /** The execution whose own budget holds for this one. */
  readonly budget_of?: string;
  /** null for an execution that no other one started. */
  readonly lineage: Lineage | null;
  readonly lease_id: string;
  readonly traceparent: string;
  readonly request_id: string;
  readonly engine_version: string;
  /** The external agent on whose behalf it runs; with what is recorded where it is the call itself. */
  readonly external?: ExternalOrigin | ExternalCall;
  /** Somebody wants to be told that it has begun. */
  readonly announce?: boolean;
  /** Erased as soon as the books have what it cost, whatever its organization keeps. */
  readonly forgotten?: true;
  /** Of a shadow run: the execution that it repeats. */
  readonly shadow_of?: string;
  /** Of an execution that began with results: where they are from, which nodes may run, edited configurations. */
  readonly given?: { from: string; only: readonly string[] | null; configs: Given['configs'] };
}

/** The `execution` row. Times in milliseconds since the epoch. */
export interface ExecutionRow {
  /** Fixed, but for the name of a person who was erased. */
  facts: Facts;
  status: ExecutionStatus;
  error: ExecutionError | null;
  readonly created_at: number;
  started_at: number | null;
  finished_at: number | null;
  waiting_reason: WaitingReason | null;
  /** When the running time is over; while the execution waits or is queued it is not counted, and `remaining_ms` keeps what is left. */
  deadline_at: number;
  remaining_ms: number | null;
  /** Grows with every change that lists show. */
  revision: number;
  /** The revision that D1 has confirmed. */
  projected_revision: number;
  /** Whether the desk has confirmed the lease's end. */
  settled: boolean;
  /** Whether those who had to be told of the end have confirmed: the caller, the failure's handler. */
  told: boolean;
  /** What the desk has confirmed: whether the lease is parked, because the execution waits. */
  parked: boolean;
  /** When its retention ends; null for never, and before its end. */
  expires_at: number | null;
}

export interface StepRow {
  readonly ord: number;
  readonly state: StepState;
  readonly attempts: StepAttempt[];
  readonly blocked: boolean;
  readonly started_at: number | null;
  readonly finished_at: number | null;
}

export interface CostRow {
  readonly id: string;
  readonly node_id: string;
  readonly call: ModelCall;
  readonly at: number;
}

export function parse<T>(text: SqlStorageValue | undefined): T | null {
  return typeof text === 'string' ? (JSON.parse(text) as T) : null;
}

export function attemptTotals(attempts: readonly StepAttempt[]): {
  model: string | null;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
} {
  let inputTokens = 0;
  let outputTokens = 0;
  let microusd = 0;
  let model: string | null = null;
  for (const attempt of attempts) {
    inputTokens += attempt.input_tokens;
    outputTokens += attempt.output_tokens;
    microusd += Math.round(attempt.cost_usd * 1_000_000);
    model = attempt.model ?? model;
  }
  return { model, input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: microusdToUsd(microusd) };
}
