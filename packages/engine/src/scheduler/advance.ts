import type { ExecutionError, WaitingReason } from '@agentflow/contracts';
import type { Due, StepError } from '../ports.ts';
import { checkLoop, fail, openLoop, settleItem } from './loops.ts';
import type { Plan } from './plan.ts';
import {
  type CallsProgress,
  type Change,
  callerKey,
  change,
  ITEM,
  type RunState,
  type StepState,
  waitingFor,
} from './state.ts';
import { again, begin, beginCall, close, end, leave, leaves, planned } from './steps.ts';

/** What the engine is told. `now` is milliseconds since the epoch, `random` is in [0, 1). */
export type Signal =
  | { readonly type: 'start' }
  /** It was admitted, but has to wait for a place before its `start`. */
  | { readonly type: 'queue' }
  /** Also of a step that waits and is due or was decided: then its last attempt counts. */
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
  /** The step goes on later: at `wake_at`, or when what it waits for is told; null for never by itself. */
  | {
      readonly type: 'step_waiting';
      readonly key: string;
      readonly attempt: number;
      readonly reason: WaitingReason;
      readonly wake_at: number | null;
      readonly due: Due | null;
    }
  /** What a waiting step waited for has come, and it must run: its next attempt begins. */
  | { readonly type: 'step_resumed'; readonly key: string; readonly attempt: number }
  /** A loop knows its rounds; null where a condition decides before each. */
  | {
      readonly type: 'loop_opened';
      readonly key: string;
      readonly attempt: number;
      readonly total: number | null;
      readonly concurrency: number;
      readonly on_item_error: 'stop' | 'collect';
    }
  | { readonly type: 'loop_checked'; readonly key: string; readonly index: number; readonly holds: boolean }
  /** The step makes these calls, each a step of its own. */
  | { readonly type: 'calls_opened'; readonly key: string; readonly attempt: number; readonly calls: readonly string[] }
  /** Steps whose time has come begin their next attempt, or are due. */
  | { readonly type: 'timer'; readonly now: number }
  /** The process that ran these steps is gone: they run again, with the same idempotency keys. */
  | { readonly type: 'interrupted' }
  | { readonly type: 'timeout' }
  /** With a reason where it was not asked for by somebody who knows it. */
  | { readonly type: 'cancel'; readonly reason?: ExecutionError };

/** A step interrupted this often is taken for the cause of the crashes. */
export const MAX_ATTEMPTS = 25;

/**
 * The scheduler: takes one signal, changes the run, and tells what happened. Pure apart from `run`: the same run and
 * signal always give the same changes. A signal that no longer applies (a late result, a second cancel) changes nothing,
 * so that alarms and messages may arrive twice.
 */
export function advance(plan: Plan, run: RunState, signal: Signal): Change[] {
  const changes: Change[] = [];
  if (hasEnded(run)) return changes;
  take(plan, run, signal, changes);
  if (hasEnded(run) || run.status === 'queued') return changes;
  const outside = run.scopes.get('');
  if (outside === undefined || outside.open === 0) end(run, 'completed', changes, null, leaves(plan, run, null, ''));
  else noteWaiting(run, changes);
  return changes;
}

function hasEnded({ status }: RunState): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The execution waits while none of its steps works and one of them waits for something outside. */
function noteWaiting(run: RunState, changes: Change[]): void {
  const reason = waitingFor(run);
  if (reason === run.waiting_reason) return;
  run.waiting_reason = reason;
  run.status = reason === null ? 'running' : 'waiting';
  changes.push(reason === null ? { type: 'execution_resumed' } : { type: 'execution_waiting', reason });
}

function take(plan: Plan, run: RunState, signal: Signal, changes: Change[]): void {
  switch (signal.type) {
    case 'start':
      if (run.status !== 'queued') return;
      run.status = 'running';
      changes.push({ type: 'execution_started' });
      for (const trigger of plan.triggers) {
        const given = begin(plan, run, trigger, '', changes);
        if (given !== null) leave(plan, run, given, changes);
      }
      return;
    case 'queue':
      if (run.status === 'queued') changes.push({ type: 'execution_queued' });
      return;
    case 'step_completed': {
      const step = current(run, signal.key, signal.attempt) ?? waiting(run, signal.key, signal.attempt);
      if (step === undefined) return;
      close(plan, run, step, 'completed', signal.handle);
      changes.push({ type: 'step_completed', step });
      goOn(plan, run, step, changes);
      return;
    }
    case 'step_failed': {
      const step = current(run, signal.key, signal.attempt) ?? waiting(run, signal.key, signal.attempt);
      if (step === undefined) return;
      const failed = fail(plan, run, step, signal.error, signal.now, signal.random, changes);
      if (failed) goOn(plan, run, step, changes);
      return;
    }
    case 'step_stopped': {
      const step = current(run, signal.key, signal.attempt);
      if (step === undefined) return;
      close(plan, run, step, 'completed', null);
      changes.push({ type: 'step_completed', step });
      end(run, signal.error === null ? 'completed' : 'failed', changes, signal.error, [step.key]);
      return;
    }
    case 'step_waiting': {
      const step = current(run, signal.key, signal.attempt) ?? waiting(run, signal.key, signal.attempt);
      if (step === undefined) return;
      change(run, step, () => {
        step.status = 'waiting';
        step.waiting_reason = signal.reason;
        step.wake_at = signal.wake_at;
        step.progress = { kind: 'wait', due: signal.due };
      });
      changes.push({ type: 'step_waiting', step });
      return;
    }
    case 'step_resumed': {
      const step = waiting(run, signal.key, signal.attempt);
      if (step !== undefined) again(run, step, changes);
      return;
    }
    case 'loop_opened': {
      const step = current(run, signal.key, signal.attempt);
      if (step !== undefined) openLoop(plan, run, step, signal, changes);
      return;
    }
    case 'loop_checked':
      checkLoop(plan, run, signal, changes);
      return;
    case 'calls_opened': {
      const step = current(run, signal.key, signal.attempt);
      if (step === undefined || (run.calls.get(step.key) ?? 0) > 0) return;
      if (step.progress === null) {
        const progress: CallsProgress = { kind: 'calls' };
        change(run, step, () => {
          step.progress = progress;
        });
        changes.push({ type: 'step_progressed', step });
      }
      for (const call of signal.calls) beginCall(plan, run, step, call, changes);
      if ((run.calls.get(step.key) ?? 0) === 0) changes.push({ type: 'continue_step', step });
      return;
    }
    case 'timer':
      for (const step of [...run.steps.values()]) {
        if (step.status !== 'waiting' || step.wake_at === null || step.wake_at > signal.now) continue;
        timeHasCome(plan, run, step, signal.now, changes);
      }
      return;
    case 'interrupted':
      for (const step of [...run.steps.values()]) interrupted(plan, run, step, changes);
      return;
    case 'timeout':
      end(
        run,
        'failed',
        changes,
        { code: 'execution_timeout', message: 'The execution ran longer than its time limit.' },
        [],
      );
      return;
    case 'cancel':
      end(run, 'cancelled', changes, signal.reason ?? null, []);
  }
}

/** The step, if this attempt of it is the one that is running. */
function current(run: RunState, key: string, attempt: number): StepState | undefined {
  const step = run.steps.get(key);
  return step !== undefined && step.status === 'running' && step.attempt === attempt ? step : undefined;
}

/** The step, if it waits for something outside: retries wait for nothing but their time. */
function waiting(run: RunState, key: string, attempt: number): StepState | undefined {
  const step = run.steps.get(key);
  return step?.status === 'waiting' && step.progress !== null && step.attempt === attempt ? step : undefined;
}

function timeHasCome(plan: Plan, run: RunState, step: StepState, now: number, changes: Change[]): void {
  if (hasEnded(run) || step.status !== 'waiting') return;
  if (step.progress === null) {
    again(run, step, changes);
    return;
  }
  const due = step.progress.kind === 'wait' ? step.progress.due : null;
  if (due === null) changes.push({ type: 'step_due', step });
  else if (due.kind === 'fail') {
    if (fail(plan, run, step, due.error, now, 0, changes)) goOn(plan, run, step, changes);
  } else {
    close(plan, run, step, 'completed', due.handle);
    changes.push({ type: 'step_completed', step, output: due.output });
    goOn(plan, run, step, changes);
  }
}

/** After a step has closed: what follows it, and what it was the last of. */
function goOn(plan: Plan, run: RunState, step: StepState, changes: Change[]): void {
  if (hasEnded(run)) return;
  if (step.call !== '') {
    const caller = run.steps.get(callerKey(step));
    if (caller !== undefined && (run.calls.get(caller.key) ?? 0) === 0)
      changes.push({ type: 'continue_step', step: caller });
    return;
  }
  if (step.handle === null) return;
  leave(plan, run, step, changes);
  settleItem(plan, run, planned(plan, step).loop, step.path, changes);
}

/** What the dead process ran begins anew; what only waits for others is asked to go on where it was. */
function interrupted(plan: Plan, run: RunState, step: StepState, changes: Change[]): void {
  if (step.status !== 'running' || step.call === ITEM || hasEnded(run)) return;
  const { progress } = step;
  if (progress?.kind === 'loop') {
    if (progress.total !== null ? progress.done >= progress.total : progress.active === 0) {
      changes.push(
        progress.total === null ? { type: 'check_loop', step, index: progress.next } : { type: 'collect_loop', step },
      );
    }
    return;
  }
  if (progress?.kind === 'calls') {
    if ((run.calls.get(step.key) ?? 0) === 0) changes.push({ type: 'continue_step', step });
    return;
  }
  if (step.attempt < MAX_ATTEMPTS) {
    again(run, step, changes);
    return;
  }
  const error = {
    code: 'interrupted',
    message: `The step was interrupted ${step.attempt} times.`,
    retryable: false,
  };
  if (fail(plan, run, step, error, 0, 0, changes)) goOn(plan, run, step, changes);
}
