import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';
import {
  advance,
  type Change,
  compile,
  newRun,
  type Plan,
  type RunState,
  restore,
  type Signal,
  type StepState,
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

/** What a step does when it runs: the exit it takes, or the failures before it does. */
export interface Behaviour {
  readonly handle?: string;
  readonly failures?: number;
  readonly retryable?: boolean;
}

export interface SimulationOptions {
  readonly behaviour?: Readonly<Record<string, Behaviour>>;
  /** In [0, 1): chance that the process dies after a commit. */
  readonly crashes?: number;
  readonly random: () => number;
}

/**
 * Runs a definition as an execution object does, with a clock of its own and deaths of the process: rows are copies, so
 * that a death leaves exactly what was committed.
 */
export class Simulation {
  readonly plan: Plan;
  readonly completions: string[] = [];
  readonly starts: string[] = [];
  deaths = 0;
  now = 0;
  private run: RunState;
  private rows = new Map<string, StepState>();
  private status: RunState['status'] = 'queued';
  private inFlight: { key: string; attempt: number }[] = [];
  private readonly failed = new Map<string, number>();
  outcome: Change | null = null;

  constructor(
    definition: AgentDefinition,
    private readonly options: SimulationOptions,
  ) {
    this.plan = compile(definition);
    this.run = newRun();
  }

  toEnd(): this {
    this.signal({ type: 'start' });
    for (let guard = 0; this.outcome === null; guard++) {
      if (guard > 100_000) throw new Error('the run does not end');
      if (this.options.random() < (this.options.crashes ?? 0)) this.die();
      const next = this.inFlight.splice(Math.floor(this.options.random() * this.inFlight.length), 1)[0];
      if (next !== undefined) this.finish(next.key, next.attempt);
      else this.elapse();
    }
    return this;
  }

  signal(signal: Signal): Change[] {
    const changes = advance(this.plan, this.run, signal);
    this.status = this.run.status;
    for (const change of changes) {
      if ('step' in change) this.rows.set(change.step.key, { ...change.step });
      if (change.type === 'step_started') {
        this.starts.push(change.step.key);
        this.inFlight.push({ key: change.step.key, attempt: change.attempt });
      }
      if (change.type === 'step_completed' || change.type === 'step_failed') this.completions.push(change.step.key);
      if (change.type.startsWith('execution_') && change.type !== 'execution_started') this.outcome = change;
    }
    return changes;
  }

  statuses(): Record<string, string> {
    return Object.fromEntries([...this.rows.values()].map((row) => [row.key, row.status]).sort());
  }

  step(key: string): StepState | undefined {
    return this.rows.get(key);
  }

  private finish(key: string, attempt: number): void {
    const behaviour = this.options.behaviour?.[key] ?? {};
    const failures = this.failed.get(key) ?? 0;
    if (failures < (behaviour.failures ?? 0)) {
      this.failed.set(key, failures + 1);
      const error = { code: 'boom', message: 'It failed.', retryable: behaviour.retryable ?? true };
      this.signal({ type: 'step_failed', key, attempt, error, now: this.now, random: 0.5 });
      return;
    }
    this.signal({ type: 'step_completed', key, attempt, handle: behaviour.handle ?? 'out' });
  }

  /** Lets time pass to the next timer. */
  private elapse(): void {
    const times = [...this.rows.values()].map((row) => row.wake_at).filter((at) => at !== null);
    if (times.length === 0) throw new Error('nothing is in flight and nothing waits');
    this.now = Math.min(...times);
    this.signal({ type: 'timer', now: this.now });
  }

  private die(): void {
    this.deaths++;
    this.inFlight = [];
    const rows = [...this.rows.values()].map((row) => ({ ...row }));
    // Rows come back in any order.
    rows.sort(() => this.options.random() - 0.5);
    this.run = restore(this.plan, this.status, rows);
    this.signal({ type: 'interrupted' });
  }
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
