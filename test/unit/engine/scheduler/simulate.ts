import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';
import {
  advance,
  type Change,
  compile,
  newRun,
  type Plan,
  type RunOptions,
  type RunState,
  restore,
  type Signal,
  type StepState,
  stepKey,
} from '@agentflow/engine';

export function node(id: string, type = 'logic.transform', extra: Partial<AgentNode> = {}): AgentNode {
  return { id, type, config: {}, ...extra };
}

/** `a>b` or `a:true>b` (by exit `true`). */
export function edges(...texts: string[]): AgentEdge[] {
  return texts.map((text, index) => {
    const [from = '', target = ''] = text.split('>');
    const [source = '', handle] = from.split(':');
    return { id: `e${index}`, source, target, ...(handle === undefined ? {} : { source_handle: handle }) };
  });
}

/** What the steps of a node do when they run. */
export interface Behaviour {
  readonly handle?: string;
  /** Failures of each step of the node before it ends well. */
  readonly failures?: number;
  readonly retryable?: boolean;
  /** Paths at which alone the node fails; everywhere when left out. */
  readonly fails_at?: readonly string[];
  /** Of a loop: rounds, or rounds until its condition no longer holds. */
  readonly rounds?: number;
  readonly conditional?: boolean;
  readonly concurrency?: number;
  readonly on_item_error?: 'stop' | 'collect';
  /** Waits, and ends by itself after so many milliseconds. */
  readonly delay_ms?: number;
  /** Waits until somebody decides. */
  readonly asks?: boolean;
  /** Waits for an execution of its own, and is told its end or asks for it, after so many milliseconds. */
  readonly child_ms?: number;
  /** Calls of each turn. */
  readonly turns?: readonly number[];
  /** Of the first call of each turn: it makes turns of its own, with so many calls. */
  readonly helper_turns?: readonly number[];
}

export interface SimulationOptions {
  readonly behaviour?: Readonly<Record<string, Behaviour>>;
  /** In [0, 1): chance that the process dies after a commit. */
  readonly crashes?: number;
  readonly random: () => number;
  readonly run?: RunOptions;
}

const CHILD_CHECK_MS = 400;

/** Something that the process has been asked to do and forgets when it dies. */
type Task =
  | { readonly kind: 'step'; readonly key: string; readonly attempt: number }
  | { readonly kind: 'check'; readonly key: string; readonly index: number }
  | { readonly kind: 'collect' | 'continue' | 'ask'; readonly key: string };

/**
 * Runs a definition as an execution object does, with a clock of its own and deaths of the process: rows are copies, so
 * that a death leaves exactly what was committed.
 */
export class Simulation {
  readonly plan: Plan;
  readonly completions: string[] = [];
  readonly starts: string[] = [];
  readonly types = new Set<string>();
  /** Where the process died, as boundary and what it was about. */
  readonly deaths: (readonly [boundary: string, step: string])[] = [];
  now = 0;
  run: RunState;
  private rows = new Map<string, StepState>();
  private status: RunState['status'] = 'queued';
  private tasks: Task[] = [];
  private readonly failed = new Map<string, number>();
  /** When the child of a step ends, by the step's key: it lives outside the process that dies. */
  private readonly children = new Map<string, number>();
  private readonly options: SimulationOptions;
  outcome: Change | null = null;

  constructor(definition: AgentDefinition, options: SimulationOptions) {
    this.options = options;
    this.plan = compile(definition);
    this.run = newRun(options.run);
  }

  toEnd(): this {
    this.signal({ type: 'start' });
    for (let guard = 0; this.outcome === null; guard++) {
      if (guard > 200_000) throw new Error('the run does not end');
      const dies = this.options.random() < (this.options.crashes ?? 0);
      if (dies && this.options.random() < 0.5)
        this.die(this.tasks.length > 0 ? 'before an effect' : 'while it waits', this.tasks[0]);
      const next = this.tasks.splice(Math.floor(this.options.random() * this.tasks.length), 1)[0];
      if (next !== undefined && dies && this.options.random() < 0.5) this.die('after an effect', next);
      else if (next !== undefined) this.perform(next);
      else if (this.outcome === null) this.elapse();
    }
    return this;
  }

  signal(signal: Signal): Change[] {
    const changes = advance(this.plan, this.run, signal);
    this.status = this.run.status;
    for (const change of changes) this.take(change);
    return changes;
  }

  statuses(): Record<string, string> {
    return Object.fromEntries([...this.rows.values()].map((row) => [row.key, row.status]).sort());
  }

  step(key: string): StepState | undefined {
    return this.rows.get(key);
  }

  private take(change: Change): void {
    this.types.add(change.type);
    switch (change.type) {
      case 'check_loop':
        this.tasks.push({ kind: 'check', key: change.step.key, index: change.index });
        return;
      case 'collect_loop':
        this.tasks.push({ kind: 'collect', key: change.step.key });
        return;
      case 'continue_step':
        this.tasks.push({ kind: 'continue', key: change.step.key });
        return;
      case 'step_due':
        this.tasks.push({ kind: 'ask', key: change.step.key });
        return;
    }
    if ('step' in change) this.rows.set(change.step.key, structuredClone(change.step));
    if (change.type === 'step_started') {
      this.starts.push(change.step.key);
      this.tasks.push({ kind: 'step', key: change.step.key, attempt: change.attempt });
    }
    if (['step_completed', 'step_failed', 'item_completed', 'item_failed'].includes(change.type) && 'step' in change) {
      this.completions.push(change.step.key);
    }
    if (['execution_completed', 'execution_failed', 'execution_cancelled'].includes(change.type)) this.outcome = change;
  }

  private perform(task: Task): void {
    const row = this.rows.get(task.key);
    if (row === undefined) throw new Error(`${task.key} has no row`);
    const behaviour = this.options.behaviour?.[row.node_id] ?? {};
    const { key, attempt } = row;
    switch (task.kind) {
      case 'check':
        this.signal({ type: 'loop_checked', key, index: task.index, holds: task.index < (behaviour.rounds ?? 0) });
        return;
      case 'collect':
        this.signal({ type: 'step_completed', key, attempt, handle: 'out' });
        return;
      case 'ask':
        this.ask(row);
        return;
      case 'continue':
        this.nextTurn(row, behaviour);
        return;
      case 'step':
        this.finish(row, task.attempt, behaviour);
    }
  }

  private finish({ key, path, call }: StepState, attempt: number, behaviour: Behaviour): void {
    const failures = this.failed.get(key) ?? 0;
    const mayFail = call === '' && (behaviour.fails_at?.includes(path) ?? true);
    if (mayFail && failures < (behaviour.failures ?? 0)) {
      this.failed.set(key, failures + 1);
      const error = { code: 'boom', message: 'It failed.', retryable: behaviour.retryable ?? true };
      this.signal({ type: 'step_failed', key, attempt, error, now: this.now, random: 0.5 });
    } else if (behaviour.rounds !== undefined) {
      const { concurrency = 1, on_item_error = 'stop' } = behaviour;
      const total = behaviour.conditional === true ? null : behaviour.rounds;
      this.signal({ type: 'loop_opened', key, attempt, total, concurrency, on_item_error });
    } else if (behaviour.delay_ms !== undefined) {
      const due = { kind: 'complete', handle: 'out', output: null } as const;
      this.signal({ type: 'step_waiting', key, attempt, reason: 'delay', wake_at: this.now + behaviour.delay_ms, due });
    } else if (behaviour.child_ms !== undefined) {
      // Started once, however often the step runs.
      if (!this.children.has(key)) this.children.set(key, this.now + behaviour.child_ms);
      this.waitForChild(key, attempt);
    } else if (behaviour.asks === true) {
      this.signal({ type: 'step_waiting', key, attempt, reason: 'approval', wake_at: null, due: null });
    } else if (turnsOf(call, behaviour) !== null) {
      const prefix = call === '' ? '' : `${call}/`;
      this.signal({ type: 'calls_opened', key, attempt, calls: [`${prefix}t1`] });
    } else {
      this.signal({ type: 'step_completed', key, attempt, handle: behaviour.handle ?? 'out' });
    }
  }

  /** Its end may have been told, or not; whoever looks again finds it. */
  private ask({ key, attempt }: StepState): void {
    if (this.now < (this.children.get(key) ?? 0)) this.waitForChild(key, attempt);
    else this.signal({ type: 'step_completed', key, attempt, handle: 'out' });
  }

  private waitForChild(key: string, attempt: number): void {
    const wake_at = this.now + CHILD_CHECK_MS;
    this.signal({ type: 'step_waiting', key, attempt, reason: 'child', wake_at, due: null });
  }

  /** Turn by turn: the model's call, then the calls that it asked for; decided on the rows alone. */
  private nextTurn({ key, node_id, path, call: caller, attempt }: StepState, behaviour: Behaviour): void {
    const has = (call: string) => this.rows.has(stepKey(node_id, path, call));
    for (const [index, calls] of (turnsOf(caller, behaviour) ?? []).entries()) {
      const turn = `${caller === '' ? '' : `${caller}/`}t${index + 1}`;
      if (!has(turn)) {
        this.signal({ type: 'calls_opened', key, attempt, calls: [turn] });
        return;
      }
      const asked = Array.from({ length: calls }, (_, number) => `${turn}.${number}`);
      if (asked.some((call) => !has(call))) {
        this.signal({ type: 'calls_opened', key, attempt, calls: asked });
        return;
      }
    }
    this.signal({ type: 'step_completed', key, attempt, handle: 'out' });
  }

  /** Lets time pass to the next timer; where there is none, somebody decides. */
  private elapse(): void {
    const open = [...this.rows.values()].filter((row) => row.status === 'waiting');
    const times = open.map((row) => row.wake_at).filter((at) => at !== null);
    if (times.length > 0) {
      this.now = Math.max(this.now, Math.min(...times));
      this.signal({ type: 'timer', now: this.now });
      return;
    }
    const [asked] = open;
    if (asked === undefined) throw new Error('nothing is in flight and nothing waits');
    if (this.run.status !== 'waiting') throw new Error('the execution does not say that it waits');
    this.signal({ type: 'step_completed', key: asked.key, attempt: asked.attempt, handle: 'out' });
  }

  /** What the step had done outside is not known to the run; what was asked and not yet done is forgotten. */
  private die(boundary: string, about: Task | undefined): void {
    this.deaths.push([boundary, this.rows.get(about?.key ?? '')?.node_id ?? 'execution']);
    this.tasks = [];
    const rows = [...this.rows.values()].map((row) => structuredClone(row));
    // Rows come back in any order.
    rows.sort(() => this.options.random() - 0.5);
    this.run = restore(this.plan, this.status, rows, this.options.run);
    this.signal({ type: 'interrupted' });
  }
}

/** Calls of each turn that this step makes; null for one that makes none. */
function turnsOf(call: string, { turns, helper_turns }: Behaviour): readonly number[] | null {
  if (call === '') return turns ?? null;
  return /^t\d+\.0$/.test(call) ? (helper_turns ?? null) : null;
}

/** Small, fast, seeded: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
