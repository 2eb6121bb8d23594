import type { ExecutionError } from '@agentflow/contracts';
import type { Plan, PlanEdge, PlanNode } from './plan.ts';
import {
  adopt,
  type Change,
  callerKey,
  change,
  ITEM,
  isOpen,
  newStep,
  noteArrival,
  type RunState,
  type StepState,
  scopeKey,
  scopeOf,
  stepKey,
} from './state.ts';

export function planned(plan: Plan, step: StepState): PlanNode {
  const node = plan.byId.get(step.node_id);
  if (node === undefined) throw new Error(`step ${step.key} belongs to no node of the plan`);
  return node;
}

/** Begins a node's step. Gives the step back when it has ended already: its result was given, or it may not run. */
export function begin(plan: Plan, run: RunState, node: PlanNode, path: string, changes: Change[]): StepState | null {
  const { given, only } = run.options;
  const taken = given?.get(stepKey(node.id, path));
  if (taken !== undefined) {
    const step = newStep({ node_id: node.id, path, call: '' }, 'completed');
    step.handle = taken.handle;
    adopt(plan, run, step);
    changes.push({ type: 'step_reused', step });
    return step;
  }
  if (only !== undefined && !only.has(node.id)) return skip(plan, run, node, path, changes);
  const step = newStep({ node_id: node.id, path, call: '' }, 'running');
  adopt(plan, run, step);
  changes.push({ type: 'step_started', step, attempt: 1 });
  return null;
}

/** Begins one call of a step that runs by calls. */
export function beginCall(plan: Plan, run: RunState, caller: StepState, call: string, changes: Change[]): void {
  const step = newStep({ node_id: caller.node_id, path: caller.path, call }, 'running');
  if (run.steps.has(step.key)) throw new Error(`the call ${step.key} was made before`);
  if (run.options.given?.has(step.key)) {
    step.status = 'completed';
    step.attempt = 0;
    adopt(plan, run, step);
    changes.push({ type: 'step_reused', step });
    return;
  }
  adopt(plan, run, step);
  changes.push({ type: 'step_started', step, attempt: 1 });
}

export function again(run: RunState, step: StepState, changes: Change[]): void {
  change(run, step, () => {
    step.status = 'running';
    step.attempt++;
    step.wake_at = null;
    step.waiting_reason = null;
    step.progress = null;
  });
  changes.push({ type: 'step_started', step, attempt: step.attempt });
}

export function close(
  plan: Plan,
  run: RunState,
  step: StepState,
  status: 'completed' | 'failed' | 'cancelled',
  handle: string | null,
): void {
  change(run, step, () => {
    step.status = status;
    step.handle = handle;
    step.wake_at = null;
    step.waiting_reason = null;
  });
  if (step.call === ITEM) return;
  if (step.call !== '') {
    const caller = callerKey(step);
    run.calls.set(caller, (run.calls.get(caller) ?? 0) - 1);
    return;
  }
  scopeOf(run, scopeKey(planned(plan, step).loop, step.path)).open--;
}

export function cancel(plan: Plan, run: RunState, step: StepState, changes: Change[]): void {
  close(plan, run, step, 'cancelled', null);
  changes.push({ type: 'step_cancelled', step });
}

/** Decides every edge that leaves a closed step and begins or skips what is decided by it. Skips flow on: worklist, no recursion. */
export function leave(plan: Plan, run: RunState, closed: StepState, changes: Change[]): void {
  const work: StepState[] = [closed];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    for (const edge of planned(plan, step).outgoing) {
      if (edge.body) continue;
      const target = edge.target;
      const arrivals = noteArrival(run, target, step.path, edge.handle === step.handle);
      if (run.steps.has(stepKey(target.id, step.path))) continue;
      const all = arrivals.decided === target.incoming.length;
      let ended: StepState | null = null;
      if (arrivals.live > 0 && (all || arrivals.live >= target.join)) {
        ended = begin(plan, run, target, step.path, changes);
      } else if (all) ended = skip(plan, run, target, step.path, changes);
      if (ended !== null) work.push(ended);
    }
  }
}

function skip(plan: Plan, run: RunState, node: PlanNode, path: string, changes: Change[]): StepState {
  const step = newStep({ node_id: node.id, path, call: '' }, 'skipped');
  adopt(plan, run, step);
  changes.push({ type: 'step_skipped', step });
  return step;
}

/** Steps of a scope whose output nobody took: together they are its output. In the order of the definition. */
export function leaves(plan: Plan, run: RunState, loop: PlanNode | null, path: string): string[] {
  const keys: string[] = [];
  for (const node of plan.members(loop)) {
    const step = run.steps.get(stepKey(node.id, path));
    if (step?.status !== 'completed' && !(step?.status === 'failed' && step.handle !== null)) continue;
    if (!node.outgoing.some((edge) => isTaken(run, edge, step))) keys.push(step.key);
  }
  return keys;
}

/** Whether the step's output went on by this edge. A partial run skips nodes that a live edge leads to. */
function isTaken(run: RunState, edge: PlanEdge, step: StepState): boolean {
  if (edge.body || edge.handle !== step.handle) return false;
  return run.options.only === undefined || run.steps.get(stepKey(edge.target.id, step.path))?.status !== 'skipped';
}

/** Ends the execution; every step that is open is cancelled. */
export function end(
  run: RunState,
  status: 'completed' | 'failed' | 'cancelled',
  changes: Change[],
  error: ExecutionError | null,
  outputOf: readonly string[],
): void {
  for (const step of run.steps.values()) {
    if (!isOpen(step.status)) continue;
    change(run, step, () => {
      step.status = 'cancelled';
      step.handle = null;
      step.wake_at = null;
      step.waiting_reason = null;
    });
    changes.push({ type: 'step_cancelled', step });
  }
  run.status = status;
  run.waiting_reason = null;
  if (status === 'completed') changes.push({ type: 'execution_completed', output_of: outputOf });
  else if (status === 'cancelled') changes.push({ type: 'execution_cancelled', error });
  else if (error !== null) changes.push({ type: 'execution_failed', error });
}
