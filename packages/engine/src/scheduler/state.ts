import type { ExecutionError, ExecutionStatus, JsonValue, StepStatus, WaitingReason } from '@agentflow/contracts';
import type { Due, StepError } from '../ports.ts';
import type { Plan, PlanNode } from './plan.ts';

/**
 * Identity of a step in its execution: node, iteration path (`2.0` in nested loops, empty outside), call (`t3.1` for a
 * tool call, `t3.1/t1.0` for a call that this one makes in turn, `item` for one round of a loop, empty for the node
 * itself). Never reused, so a step's result is written once.
 */
export interface StepIdentity {
  readonly node_id: string;
  readonly path: string;
  readonly call: string;
}

/** `call` of the step that stands for one round of a loop; its path is the loop's with the round's index. */
export const ITEM = 'item';

/** Turns of a tool loop go on from the calls before them; a tool knows its own request and nothing else. */
export function seesCalls(call: string): boolean {
  return /(?:^|\/)t\d+$/.test(call);
}

/** Whether this call is a tool that a turn of a model asked for. */
export function isToolCall(call: string): boolean {
  return /(?:^|\/)t\d+\.\d+$/.test(call);
}

/** The call that made this one; empty where the node itself did. */
export function callerOf(call: string): string {
  return call.slice(0, Math.max(0, call.lastIndexOf('/')));
}

/** Key of the step that made this call. */
export function callerKey({ node_id, path, call }: StepIdentity): string {
  return stepKey(node_id, path, callerOf(call));
}

export function stepKey(nodeId: string, path = '', call = ''): string {
  return `${nodeId}${path === '' ? '' : `@${path}`}${call === '' ? '' : `#${call}`}`;
}

/** Sent to outside services with every attempt of a step, so that one which honours it sees each effect once. */
export function idempotencyKey(executionId: string, step: StepIdentity): string {
  return `${executionId}:${step.node_id}:${step.path}:${step.call}`;
}

/** How far a loop is. Only what was decided when it opened is stored; the rest is counted from the rounds' own rows. */
export interface LoopProgress {
  readonly kind: 'loop';
  /** Rounds; null while a condition decides. */
  total: number | null;
  readonly concurrency: number;
  readonly on_item_error: 'stop' | 'collect';
  /** Index of the next round to begin. */
  next: number;
  /** Rounds that have ended. */
  done: number;
  /** Rounds that are under way. */
  active: number;
}

/** A step that waits for a time or for somebody. Without `due` its time only asks to look again. */
export interface WaitProgress {
  readonly kind: 'wait';
  readonly due: Due | null;
}

/** A step that runs by calls of its own (a tool loop): it goes on when none of them is open. */
export interface CallsProgress {
  readonly kind: 'calls';
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
  progress: LoopProgress | WaitProgress | CallsProgress | null;
}

/** Edges decided so far for one step that has not begun. */
interface Arrivals {
  decided: number;
  live: number;
}

/** The steps of one round of a loop, or of the whole outside of loops. */
export interface Scope {
  /** Steps that are pending, running or waiting. */
  open: number;
  readonly keys: string[];
}

/** A step of an earlier execution, taken over instead of being run. */
export interface GivenStep {
  readonly handle: string;
}

export interface RunOptions {
  /** Steps whose results are there already, by key: reused from another execution, or pinned in a test. */
  readonly given?: ReadonlyMap<string, GivenStep>;
  /** Nodes that a partial run may run; the others are skipped unless given. */
  readonly only?: ReadonlySet<string>;
}

/** State of one execution as the engine sees it. Mutable: `advance` alone changes it, and the store can rebuild it. */
export interface RunState {
  status: ExecutionStatus;
  waiting_reason: WaitingReason | null;
  readonly steps: Map<string, StepState>;
  readonly arrivals: Map<string, Arrivals>;
  /** By `scopeKey`. */
  readonly scopes: Map<string, Scope>;
  /** Open calls, by the key of the step that made them. */
  readonly calls: Map<string, number>;
  /** Steps that work, or will by themselves soon: without any the execution waits. */
  active: number;
  readonly waits: Map<WaitingReason, number>;
  /** Loops whose next rounds are being begun right now. */
  readonly proceeding: Set<string>;
  readonly options: RunOptions;
}

/** What happened, in order: the store writes a row and the log an event for each, in one transaction. */
export type Change =
  | { readonly type: 'execution_queued' }
  | { readonly type: 'execution_started' }
  | { readonly type: 'execution_waiting'; readonly reason: WaitingReason }
  | { readonly type: 'execution_resumed' }
  | { readonly type: 'step_started'; readonly step: StepState; readonly attempt: number }
  /** `output` where the engine knew it beforehand: a delay, a decision by default. */
  | { readonly type: 'step_completed'; readonly step: StepState; readonly output?: JsonValue }
  | { readonly type: 'step_failed'; readonly step: StepState; readonly error: StepError }
  | {
      readonly type: 'step_retrying';
      readonly step: StepState;
      readonly error: StepError;
      readonly delay_ms: number;
      readonly at: number;
    }
  | { readonly type: 'step_waiting'; readonly step: StepState }
  /** A loop has its rounds, or a step makes calls: its row tells so from now on. */
  | { readonly type: 'step_progressed'; readonly step: StepState }
  | { readonly type: 'step_skipped'; readonly step: StepState }
  | { readonly type: 'step_cancelled'; readonly step: StepState }
  /** Its result is there already: see `RunOptions.given`. */
  | { readonly type: 'step_reused'; readonly step: StepState }
  | { readonly type: 'item_started'; readonly step: StepState }
  /** One round of a loop has ended; `output_of` are the steps that give its output. */
  | { readonly type: 'item_completed'; readonly step: StepState; readonly output_of: readonly string[] }
  | { readonly type: 'item_failed'; readonly step: StepState; readonly error: StepError; readonly by: string }
  | { readonly type: 'execution_completed'; readonly output_of: readonly string[] }
  | { readonly type: 'execution_failed'; readonly error: ExecutionError }
  | { readonly type: 'execution_cancelled'; readonly error: ExecutionError | null }
  /*
   * Not events but requests to whoever performs. They may come again after a crash, and are answered by a signal.
   */
  /** A loop opened, or a round of it ended: does its condition hold for another one? Answer: `loop_checked`. */
  | { readonly type: 'check_loop'; readonly step: StepState; readonly index: number }
  /** All rounds have ended: their outputs are the loop's. Answer: `step_completed` or `step_failed`. */
  | { readonly type: 'collect_loop'; readonly step: StepState }
  /** None of its calls is open any more. Answer: `calls_opened`, `step_completed` or `step_failed`. */
  | { readonly type: 'continue_step'; readonly step: StepState }
  /** A waiting step without `due` is to be looked at. Answer: `step_completed`, `step_failed` or `step_waiting` anew. */
  | { readonly type: 'step_due'; readonly step: StepState };

export function newRun(options: RunOptions = {}): RunState {
  return {
    status: 'queued',
    waiting_reason: null,
    steps: new Map(),
    arrivals: new Map(),
    scopes: new Map(),
    calls: new Map(),
    active: 0,
    waits: new Map(),
    proceeding: new Set(),
    options,
  };
}

export function newStep(identity: StepIdentity, status: StepStatus): StepState {
  const { node_id, path, call } = identity;
  return {
    key: stepKey(node_id, path, call),
    node_id,
    path,
    call,
    status,
    attempt: status === 'running' ? 1 : 0,
    failures: 0,
    handle: null,
    wake_at: null,
    waiting_reason: null,
    progress: null,
  };
}

export function isOpen(status: StepStatus): boolean {
  return status === 'pending' || status === 'running' || status === 'waiting';
}

/** Rounds and calls belong to the scope in which the step stands that made them. */
export function scopeKey(loop: PlanNode | null, path: string): string {
  return loop === null ? '' : `${loop.id}@${path}`;
}

export function scopeOf(run: RunState, key: string): Scope {
  let scope = run.scopes.get(key);
  if (scope === undefined) {
    scope = { open: 0, keys: [] };
    run.scopes.set(key, scope);
  }
  return scope;
}

/** Path of a step's round without its last index: the path of the loop that made the round. */
export function parentPath(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot < 0 ? '' : path.slice(0, dot);
}

/** Of a path, what belongs to the first `depth` loops. */
export function pathTo(path: string, depth: number): string {
  return depth === 0 ? '' : path.split('.', depth).join('.');
}

export function indexOfItem(step: StepIdentity): number {
  return Number(step.path.slice(step.path.lastIndexOf('.') + 1));
}

/** What a step means for the whole: it works (now, or soon by itself), it makes the execution wait, or neither. */
function weight(step: StepState): 'active' | WaitingReason | null {
  if (step.call === ITEM) return null;
  if (step.status === 'running') return step.progress === null ? 'active' : null;
  if (step.status !== 'waiting') return null;
  return step.progress === null ? 'active' : step.waiting_reason;
}

/** Changes a step, keeping the run's counts right. Every change of a step's status or progress goes through here. */
export function change(run: RunState, step: StepState, apply: (step: StepState) => void): void {
  count(run, weight(step), -1);
  apply(step);
  count(run, weight(step), 1);
}

export function count(run: RunState, of: 'active' | WaitingReason | null, by: number): void {
  if (of === null) return;
  if (of === 'active') run.active += by;
  else run.waits.set(of, (run.waits.get(of) ?? 0) + by);
}

/** Takes up a step that was made or read. */
export function adopt(plan: Plan, run: RunState, step: StepState): void {
  run.steps.set(step.key, step);
  count(run, weight(step), 1);
  if (step.call === ITEM) return;
  const scope = scopeOf(run, scopeKey(plan.byId.get(step.node_id)?.loop ?? null, step.path));
  scope.keys.push(step.key);
  if (!isOpen(step.status)) return;
  if (step.call === '') scope.open++;
  else run.calls.set(callerKey(step), (run.calls.get(callerKey(step)) ?? 0) + 1);
}

/**
 * Rebuilds a run from stored steps. The order of the rows does not matter: a step's row holds what it decided, and the
 * steps that became ready by it were written in the same transaction. Rows of rounds that have ended may be left out,
 * but for the rounds' own.
 */
export function restore(
  plan: Plan,
  status: ExecutionStatus,
  steps: Iterable<StepState>,
  options: RunOptions = {},
): RunState {
  const run: RunState = { ...newRun(options), status };
  const rows = [...steps];
  const ended = new Set<string>();
  for (const step of rows) {
    if (step.call === ITEM && !isOpen(step.status)) ended.add(`${step.node_id}@${step.path}`);
  }
  for (const step of rows) {
    const node = plan.byId.get(step.node_id);
    if (node === undefined || isIn(ended, node, step)) continue;
    if (step.call === ITEM && !isOpen(step.status)) continue;
    // What was stored is how the loop began; how far it is, its rounds' rows tell.
    if (step.progress?.kind === 'loop') step.progress = { ...step.progress, next: 0, done: 0, active: 0 };
    adopt(plan, run, step);
  }
  for (const step of run.steps.values()) {
    const node = plan.byId.get(step.node_id);
    if (node === undefined || step.call !== '' || isOpen(step.status)) continue;
    for (const edge of node.outgoing) {
      if (!edge.body) noteArrival(run, edge.target, step.path, edge.handle === step.handle);
    }
  }
  for (const step of rows) {
    if (step.call !== ITEM) continue;
    const loop = plan.byId.get(step.node_id);
    const progress = run.steps.get(stepKey(step.node_id, parentPath(step.path)))?.progress;
    if (loop === undefined || progress?.kind !== 'loop') continue;
    progress.next = Math.max(progress.next, indexOfItem(step) + 1);
    if (isOpen(step.status)) {
      progress.active++;
      for (const edge of loop.outgoing) if (edge.body) noteArrival(run, edge.target, step.path, true);
    } else progress.done++;
  }
  run.waiting_reason = status === 'waiting' ? waitingFor(run) : null;
  return run;
}

/** Whether a step stands in a round that has ended, at whatever depth. */
function isIn(ended: ReadonlySet<string>, node: PlanNode, step: StepState): boolean {
  let path = step.call === ITEM ? parentPath(step.path) : step.path;
  for (let loop = node.loop; loop !== null; loop = loop.loop, path = parentPath(path)) {
    if (ended.has(`${loop.id}@${path}`)) return true;
  }
  return false;
}

/** What the execution waits for when nothing works: people first, since they are whom it can be asked of. */
const REASONS: readonly WaitingReason[] = ['approval', 'budget', 'concurrency', 'child', 'delay'];

export function waitingFor(run: RunState): WaitingReason | null {
  if (run.active > 0) return null;
  return REASONS.find((reason) => (run.waits.get(reason) ?? 0) > 0) ?? null;
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
