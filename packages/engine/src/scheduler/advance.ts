import type { ExecutionError } from '@agentflow/contracts';
import type { StepError } from '../ports.ts';
import { failureExit, type Plan, type PlanNode } from './plan.ts';
import { retryDelay } from './retry.ts';
import { type Change, isOpen, noteArrival, type RunState, type StepState, stepKey } from './state.ts';

/** What the engine is told. `now` is milliseconds since the epoch, `random` is in [0, 1). */
export type Signal =
  | { readonly type: 'start' }
  | { readonly type: 'step_completed'; readonly key: string; readonly attempt: number; readonly handle: string }
  | {
      readonly type: 'step_failed';
      readonly key: string;
      readonly attempt: number;
      readonly error: StepError;
      readonly now: number;
      readonly random: number;
    }
  /** A step that ends the execution itself (logic.stop). */
  | {
      readonly type: 'step_stopped';
      readonly key: string;
      readonly attempt: number;
      readonly error: ExecutionError | null;
    }
  /** Steps whose time has come begin their next attempt. */
  | { readonly type: 'timer'; readonly now: number }
  /** The process that ran these steps is gone: they run again, with the same idempotency keys. */
  | { readonly type: 'interrupted' }
  | { readonly type: 'timeout' }
  | { readonly type: 'cancel' };

/** A step interrupted this often is taken for the cause of the crashes. */
export const MAX_ATTEMPTS = 25;

/**
 * The scheduler: takes one signal, changes the run, and tells what happened. Pure apart from `run`: the same run and
 * signal always give the same changes. A signal that no longer applies (a late result, a second cancel) changes nothing,
 * so that alarms and messages may arrive twice.
 */
export function advance(plan: Plan, run: RunState, signal: Signal): Change[] {
  const changes: Change[] = [];
  if (run.status === 'completed' || run.status === 'failed' || run.status === 'cancelled') return changes;
  switch (signal.type) {
    case 'start':
      if (run.status !== 'queued') return changes;
      run.status = 'running';
      changes.push({ type: 'execution_started' });
      for (const trigger of plan.triggers) begin(run, trigger, '', changes);
      break;
    case 'step_completed': {
      const step = current(run, signal.key, signal.attempt);
      if (step === undefined) return changes;
      close(run, step, 'completed', signal.handle);
      changes.push({ type: 'step_completed', step });
      leave(plan, run, step, changes);
      break;
    }
    case 'step_failed': {
      const step = current(run, signal.key, signal.attempt);
      if (step === undefined) return changes;
      fail(plan, run, step, signal.error, signal.now, signal.random, changes);
      break;
    }
    case 'step_stopped': {
      const step = current(run, signal.key, signal.attempt);
      if (step === undefined) return changes;
      close(run, step, 'completed', null);
      changes.push({ type: 'step_completed', step });
      end(run, signal.error === null ? 'completed' : 'failed', changes, signal.error, [step.key]);
      return changes;
    }
    case 'timer':
      for (const step of run.steps.values()) {
        if (step.status === 'waiting' && step.wake_at !== null && step.wake_at <= signal.now) again(step, changes);
      }
      return changes;
    case 'interrupted':
      for (const step of run.steps.values()) {
        if (step.status !== 'running') continue;
        if (step.attempt >= MAX_ATTEMPTS) {
          const error = {
            code: 'interrupted',
            message: `The step was interrupted ${step.attempt} times.`,
            retryable: false,
          };
          fail(plan, run, step, error, 0, 0, changes);
        } else {
          again(step, changes);
        }
      }
      break;
    case 'timeout':
      end(
        run,
        'failed',
        changes,
        { code: 'execution_timeout', message: 'The execution ran longer than its time limit.' },
        [],
      );
      return changes;
    case 'cancel':
      end(run, 'cancelled', changes, null, []);
      return changes;
  }
  if (run.open === 0 && run.status === 'running') end(run, 'completed', changes, null, leaves(plan, run));
  return changes;
}

/** The step, if this attempt of it is the one that is running. */
function current(run: RunState, key: string, attempt: number): StepState | undefined {
  const step = run.steps.get(key);
  return step !== undefined && step.status === 'running' && step.attempt === attempt ? step : undefined;
}

function begin(run: RunState, node: PlanNode, path: string, changes: Change[]): void {
  const key = stepKey(node.id, path);
  const step: StepState = {
    key,
    node_id: node.id,
    path,
    call: '',
    status: 'running',
    attempt: 1,
    failures: 0,
    handle: null,
    wake_at: null,
    waiting_reason: null,
  };
  run.steps.set(key, step);
  run.open++;
  changes.push({ type: 'step_started', step, attempt: 1 });
}

function again(step: StepState, changes: Change[]): void {
  step.status = 'running';
  step.attempt++;
  step.wake_at = null;
  step.waiting_reason = null;
  changes.push({ type: 'step_started', step, attempt: step.attempt });
}

function close(
  run: RunState,
  step: StepState,
  status: 'completed' | 'failed' | 'cancelled',
  handle: string | null,
): void {
  step.status = status;
  step.handle = handle;
  step.wake_at = null;
  step.waiting_reason = null;
  run.open--;
}

function fail(
  plan: Plan,
  run: RunState,
  step: StepState,
  error: StepError,
  now: number,
  random: number,
  changes: Change[],
): void {
  const node = planned(plan, step);
  step.failures++;
  if (error.retryable && step.failures < node.retry.max_attempts) {
    const delay = retryDelay(node.retry, step.failures, random, error.retry_after_ms);
    step.status = 'waiting';
    step.waiting_reason = 'delay';
    step.wake_at = now + delay;
    changes.push({ type: 'step_retrying', step, error, delay_ms: delay, at: step.wake_at });
    return;
  }
  const exit = failureExit(node);
  close(run, step, 'failed', exit);
  changes.push({ type: 'step_failed', step, error });
  if (exit === null) end(run, 'failed', changes, { code: error.code, message: error.message, node_id: node.id }, []);
  else leave(plan, run, step, changes);
}

function planned(plan: Plan, step: StepState): PlanNode {
  const node = plan.byId.get(step.node_id);
  if (node === undefined) throw new Error(`step ${step.key} belongs to no node of the plan`);
  return node;
}

/** Decides every edge that leaves a closed step and begins or skips what is decided by it. Skips flow on: worklist, no recursion. */
function leave(plan: Plan, run: RunState, closed: StepState, changes: Change[]): void {
  const work: StepState[] = [closed];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    for (const edge of planned(plan, step).outgoing) {
      const target = edge.target;
      const arrivals = noteArrival(run, target, step.path, edge.handle === step.handle);
      if (run.steps.has(stepKey(target.id, step.path))) continue;
      const all = arrivals.decided === target.incoming.length;
      if (arrivals.live > 0 && (all || target.join === 'any')) begin(run, target, step.path, changes);
      else if (all) work.push(skip(run, target, step.path, changes));
    }
  }
}

function skip(run: RunState, node: PlanNode, path: string, changes: Change[]): StepState {
  const key = stepKey(node.id, path);
  const step: StepState = {
    key,
    node_id: node.id,
    path,
    call: '',
    status: 'skipped',
    attempt: 0,
    failures: 0,
    handle: null,
    wake_at: null,
    waiting_reason: null,
  };
  run.steps.set(key, step);
  changes.push({ type: 'step_skipped', step });
  return step;
}

/** Steps whose output nobody took: together they are the execution's output. In the order of the definition. */
function leaves(plan: Plan, run: RunState): string[] {
  const keys: string[] = [];
  for (const node of plan.nodes) {
    const step = run.steps.get(stepKey(node.id));
    if (step?.status !== 'completed' && !(step?.status === 'failed' && step.handle !== null)) continue;
    if (!node.outgoing.some((edge) => edge.handle === step.handle)) keys.push(step.key);
  }
  return keys;
}

function end(
  run: RunState,
  status: 'completed' | 'failed' | 'cancelled',
  changes: Change[],
  error: ExecutionError | null,
  outputOf: readonly string[],
): void {
  for (const step of run.steps.values()) {
    if (!isOpen(step.status)) continue;
    close(run, step, 'cancelled', null);
    changes.push({ type: 'step_cancelled', step });
  }
  run.status = status;
  if (status === 'completed') changes.push({ type: 'execution_completed', output_of: outputOf });
  else if (status === 'cancelled') changes.push({ type: 'execution_cancelled' });
  else if (error !== null) changes.push({ type: 'execution_failed', error });
}
