import type { StepError } from '../ports.ts';
import { failureExit, type Plan, type PlanNode } from './plan.ts';
import { retryDelay } from './retry.ts';
import {
  adopt,
  type Change,
  change,
  ITEM,
  indexOfItem,
  isOpen,
  type LoopProgress,
  newStep,
  noteArrival,
  parentPath,
  type RunState,
  type StepState,
  scopeKey,
  stepKey,
} from './state.ts';
import { begin, cancel, close, end, leave, leaves, planned } from './steps.ts';

/** A loop has been evaluated: its first rounds begin, or its condition is asked for. */
export function openLoop(
  plan: Plan,
  run: RunState,
  step: StepState,
  opened: { total: number | null; concurrency: number; on_item_error: 'stop' | 'collect' },
  changes: Change[],
): void {
  const { total, concurrency, on_item_error } = opened;
  const progress: LoopProgress = { kind: 'loop', total, concurrency, on_item_error, next: 0, done: 0, active: 0 };
  change(run, step, () => {
    step.progress = progress;
  });
  changes.push({ type: 'step_progressed', step });
  proceed(plan, run, step, progress, changes);
}

/** Begins as many rounds as may run side by side, asks whether there is a next one, or tells that all have ended. */
function proceed(plan: Plan, run: RunState, step: StepState, progress: LoopProgress, changes: Change[]): void {
  if (progress.total === null) {
    if (progress.active === 0) changes.push({ type: 'check_loop', step, index: progress.next });
    return;
  }
  // A round may end as soon as it begins; then the next one begins here, not deeper in the stack.
  if (run.proceeding.has(step.key)) return;
  run.proceeding.add(step.key);
  while (step.status === 'running' && progress.active < progress.concurrency && progress.next < progress.total) {
    beginItem(plan, run, step, progress, changes);
  }
  run.proceeding.delete(step.key);
  if (step.status === 'running' && progress.done === progress.total) changes.push({ type: 'collect_loop', step });
}

/** The answer to `check_loop`; one that was asked twice changes nothing the second time. */
export function checkLoop(
  plan: Plan,
  run: RunState,
  { key, index, holds }: { key: string; index: number; holds: boolean },
  changes: Change[],
): void {
  const step = run.steps.get(key);
  const progress = step?.progress;
  if (step?.status !== 'running' || progress?.kind !== 'loop') return;
  if (progress.total !== null || progress.active > 0 || progress.next !== index) return;
  if (holds) beginItem(plan, run, step, progress, changes);
  else changes.push({ type: 'collect_loop', step });
}

function beginItem(plan: Plan, run: RunState, step: StepState, progress: LoopProgress, changes: Change[]): void {
  const loop = planned(plan, step);
  const index = progress.next++;
  const path = step.path === '' ? String(index) : `${step.path}.${index}`;
  const given = run.options.given?.get(stepKey(loop.id, path, ITEM));
  if (given !== undefined) {
    const item = newStep({ node_id: loop.id, path, call: ITEM }, 'completed');
    changes.push({ type: 'step_reused', step: item });
    progress.done++;
    return;
  }
  const item = newStep({ node_id: loop.id, path, call: ITEM }, 'running');
  adopt(plan, run, item);
  progress.active++;
  changes.push({ type: 'item_started', step: item });
  for (const edge of loop.outgoing) {
    if (!edge.body) continue;
    const arrivals = noteArrival(run, edge.target, path, true);
    const all = arrivals.decided === edge.target.incoming.length;
    if (run.steps.has(stepKey(edge.target.id, path)) || !(all || arrivals.live >= edge.target.join)) continue;
    const ended = begin(plan, run, edge.target, path, changes);
    if (ended !== null) leave(plan, run, ended, changes);
  }
  settleItem(plan, run, loop, path, changes);
}

/** Ends a round when nothing in it is open any more, and lets its loop go on. */
export function settleItem(plan: Plan, run: RunState, loop: PlanNode | null, path: string, changes: Change[]): void {
  if (loop === null) return;
  const item = run.steps.get(stepKey(loop.id, path, ITEM));
  if (item?.status !== 'running' || (run.scopes.get(scopeKey(loop, path))?.open ?? 0) > 0) return;
  const outputOf = leaves(plan, run, loop, path);
  close(plan, run, item, 'completed', null);
  changes.push({ type: 'item_completed', step: item, output_of: outputOf });
  endItem(plan, run, loop, item, changes);
}

/** False when the step is tried again later; true when it has failed, which may have ended its round or the execution. */
export function fail(
  plan: Plan,
  run: RunState,
  step: StepState,
  error: StepError,
  now: number,
  random: number,
  changes: Change[],
): boolean {
  const node = planned(plan, step);
  if (error.retryable && step.progress === null && step.failures + 1 < node.retry.max_attempts) {
    const delay = retryDelay(node.retry, step.failures + 1, random, error.retry_after_ms);
    change(run, step, () => {
      step.failures++;
      step.status = 'waiting';
      step.waiting_reason = 'delay';
      step.wake_at = now + delay;
    });
    changes.push({ type: 'step_retrying', step, error, delay_ms: delay, at: now + delay });
    return false;
  }
  step.failures++;
  // What becomes of a failed call, its caller decides.
  const exit = step.call === '' ? failureExit(node) : null;
  cancelCallsOf(plan, run, step, changes);
  close(plan, run, step, 'failed', exit);
  changes.push({ type: 'step_failed', step, error });
  if (exit !== null || step.call !== '') return true;
  if (node.loop !== null) failItem(plan, run, node.loop, step, error, changes);
  else end(run, 'failed', changes, { code: error.code, message: error.message, node_id: node.id }, []);
  return true;
}

function cancelCallsOf(plan: Plan, run: RunState, step: StepState, changes: Change[]): void {
  if (step.call !== '' || (run.calls.get(step.key) ?? 0) === 0) return;
  for (const call of run.steps.values()) {
    const isCall = call.call !== '' && call.call !== ITEM && stepKey(call.node_id, call.path) === step.key;
    if (isCall && isOpen(call.status)) cancel(plan, run, call, changes);
  }
}

/** A step failed and its node lets nothing go on: its round has failed, and by the loop's choice the loop with it. */
function failItem(
  plan: Plan,
  run: RunState,
  loop: PlanNode,
  step: StepState,
  error: StepError,
  changes: Change[],
): void {
  const item = run.steps.get(stepKey(loop.id, step.path, ITEM));
  if (item?.status !== 'running') return;
  cancelScope(plan, run, loop, step.path, changes);
  close(plan, run, item, 'failed', null);
  changes.push({ type: 'item_failed', step: item, error, by: step.key });
  endItem(plan, run, loop, item, changes, error);
}

function endItem(
  plan: Plan,
  run: RunState,
  loop: PlanNode,
  item: StepState,
  changes: Change[],
  error: StepError | null = null,
): void {
  const owner = run.steps.get(stepKey(loop.id, parentPath(item.path)));
  if (owner?.progress?.kind !== 'loop') throw new Error(`the round ${item.key} has no loop`);
  const { progress } = owner;
  if (error === null) dropScope(run, loop, item.path);
  else forgetScope(plan, run, loop, item.path);
  run.steps.delete(item.key);
  progress.active--;
  progress.done++;
  if (error === null || progress.on_item_error === 'collect') {
    if (owner.status === 'running') proceed(plan, run, owner, progress, changes);
    return;
  }
  for (const other of [...run.steps.values()]) {
    if (other.call !== ITEM || other.node_id !== loop.id || !isOpen(other.status)) continue;
    if (parentPath(other.path) !== owner.path) continue;
    cancelScope(plan, run, loop, other.path, changes);
    cancel(plan, run, other, changes);
    forgetScope(plan, run, loop, other.path);
    run.steps.delete(other.key);
  }
  const message = `Round ${indexOfItem(item)}: ${error.message}`;
  const failed = fail(plan, run, owner, { code: error.code, message, retryable: false }, 0, 0, changes);
  if (failed && owner.handle !== null) {
    leave(plan, run, owner, changes);
    settleItem(plan, run, loop.loop, owner.path, changes);
  }
}

/** Cancels what is open in a round, the rounds of inner loops included. */
function cancelScope(plan: Plan, run: RunState, loop: PlanNode, path: string, changes: Change[]): void {
  for (const step of [...run.steps.values()]) {
    if (isOpen(step.status) && standsIn(plan, step, loop, path)) cancel(plan, run, step, changes);
  }
}

/** Forgets the steps of a round that has ended: their rows stay. */
function dropScope(run: RunState, loop: PlanNode, path: string): void {
  const key = scopeKey(loop, path);
  for (const stepInScope of run.scopes.get(key)?.keys ?? []) {
    const step = run.steps.get(stepInScope);
    if (step === undefined) continue;
    run.steps.delete(stepInScope);
    run.arrivals.delete(stepInScope);
    run.calls.delete(stepInScope);
  }
  run.scopes.delete(key);
}

/** The same where inner rounds may have been open too. */
function forgetScope(plan: Plan, run: RunState, loop: PlanNode, path: string): void {
  for (const step of [...run.steps.values()]) {
    if (!standsIn(plan, step, loop, path)) continue;
    if (step.call === ITEM) run.scopes.delete(scopeKey(planned(plan, step), step.path));
    run.steps.delete(step.key);
    run.arrivals.delete(step.key);
    run.calls.delete(step.key);
  }
  dropScope(run, loop, path);
}

function standsIn(plan: Plan, step: StepState, loop: PlanNode, path: string): boolean {
  const node = planned(plan, step);
  // A round stands in the scope of its loop's step, not in the one that it makes.
  let at = step.call === ITEM ? parentPath(step.path) : step.path;
  for (let around = node.loop; around !== null; around = around.loop, at = parentPath(at)) {
    if (around === loop) return at === path;
  }
  return false;
}
