import type { ExecutionError, ExecutionStatus, StepStatus, WaitingReason } from '@agentflow/contracts';
import type { StepError } from '../ports.ts';
import type { Plan, PlanNode } from './plan.ts';

/**
 * Identity of a step in its execution: node, iteration path (`2.0` in nested loops, empty outside), call (`t3.1` for a
 * tool call, empty for the node itself). Never reused, so a step's result is written once.
 */
export interface StepIdentity {
  readonly node_id: string;
  readonly path: string;
  readonly call: string;
}

export function stepKey(nodeId: string, path = '', call = ''): string {
  return `${nodeId}${path === '' ? '' : `@${path}`}${call === '' ? '' : `#${call}`}`;
}

/** Sent to outside services with every attempt of a step, so that one which honours it sees each effect once. */
export function idempotencyKey(executionId: string, step: StepIdentity): string {
  return `${executionId}:${step.node_id}:${step.path}:${step.call}`;
}

/** What the engine must know of a step to go on; inputs and outputs stay with the store. */
export interface StepState extends StepIdentity {
  readonly key: string;
  status: StepStatus;
  /** Attempts begun. A crash begins a new one without counting as a failure. */
  attempt: number;
  failures: number;
  /** Exit taken; null while open, when skipped, cancelled, or failed without an exit. */
  handle: string | null;
  /** When a waiting step goes on by itself, in milliseconds; null where something else wakes it. */
  wake_at: number | null;
  waiting_reason: WaitingReason | null;
}

/** Edges decided so far for one step that has not begun. */
interface Arrivals {
  decided: number;
  live: number;
}

/** State of one execution as the engine sees it. Mutable: `advance` alone changes it, and the store can rebuild it. */
export interface RunState {
  status: ExecutionStatus;
  readonly steps: Map<string, StepState>;
  readonly arrivals: Map<string, Arrivals>;
  /** Steps that are pending, running or waiting. */
  open: number;
}

/** What happened, in order: the store writes a row and the log an event for each, in one transaction. */
export type Change =
  | { readonly type: 'execution_started' }
  | { readonly type: 'step_started'; readonly step: StepState; readonly attempt: number }
  | { readonly type: 'step_completed'; readonly step: StepState }
  | { readonly type: 'step_failed'; readonly step: StepState; readonly error: StepError }
  | {
      readonly type: 'step_retrying';
      readonly step: StepState;
      readonly error: StepError;
      readonly delay_ms: number;
      readonly at: number;
    }
  | { readonly type: 'step_skipped'; readonly step: StepState }
  | { readonly type: 'step_cancelled'; readonly step: StepState }
  | { readonly type: 'execution_completed'; readonly output_of: readonly string[] }
  | { readonly type: 'execution_failed'; readonly error: ExecutionError }
  | { readonly type: 'execution_cancelled' };

export function newRun(): RunState {
  return { status: 'queued', steps: new Map(), arrivals: new Map(), open: 0 };
}

export function isOpen(status: StepStatus): boolean {
  return status === 'pending' || status === 'running' || status === 'waiting';
}

/**
 * Rebuilds a run from stored steps. The order of the rows does not matter: a step's row holds what it decided, and the
 * steps that became ready by it were written in the same transaction.
 */
export function restore(plan: Plan, status: ExecutionStatus, steps: Iterable<StepState>): RunState {
  const run: RunState = { ...newRun(), status };
  for (const step of steps) {
    run.steps.set(step.key, step);
    if (isOpen(step.status)) run.open++;
  }
  for (const step of run.steps.values()) {
    const node = plan.byId.get(step.node_id);
    if (node === undefined || isOpen(step.status)) continue;
    for (const edge of node.outgoing) noteArrival(run, edge.target, step.path, edge.handle === step.handle);
  }
  return run;
}

/** Records that an edge into a node is decided; gives back the arrivals so far. */
export function noteArrival(run: RunState, target: PlanNode, path: string, live: boolean): Arrivals {
  const key = stepKey(target.id, path);
  let arrivals = run.arrivals.get(key);
  if (arrivals === undefined) {
    arrivals = { decided: 0, live: 0 };
    run.arrivals.set(key, arrivals);
  }
  arrivals.decided++;
  if (live) arrivals.live++;
  return arrivals;
}
