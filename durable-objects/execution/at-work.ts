import {
  type Change,
  checkLoopCondition,
  type EnginePorts,
  type PlanNode,
  type Signal,
  type StepResult,
  type StepState,
} from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { timeIsOver } from './decisions.ts';
import type { Family } from './family.ts';
import type { LiveText } from './live-text.ts';
import type { Outcome } from './outcomes.ts';
import { givenItem, performStep, scopeOf } from './perform-step.ts';
import type { ExecutionPurse, StepPurse } from './purse.ts';
import { MAX_RESULTS_CHARACTERS } from './rounds.ts';
import type { ExecutionRun } from './run.ts';
import { type Markers, newMarkers } from './secrets/markers.ts';
import { contextFor } from './shared-context.ts';
import type { StepRecord } from './step-records.ts';
import { enginePorts, type PortsFor } from './wiring.ts';

interface RunningStep {
  readonly attempt: number;
  readonly controller: AbortController;
  readonly work: Promise<void>;
}

/** What the work needs of the object that it is done in. */
export interface WorkHost {
  readonly signal: (signal: Signal, outcome?: Outcome | null, before?: () => void) => void;
  /** The run that work belongs to; another one, or none, once memory was rebuilt. */
  run(): ExecutionRun | null;
  live(): LiveText | null;
  /** Whether the execution began before this object woke. */
  reloaded(): boolean;
  /** A call that ended after its step did. */
  bookLate(run: ExecutionRun, step: StepState, record: StepRecord, outcome: Outcome): void;
  log(run: ExecutionRun, level: 'info' | 'warning' | 'error', nodeId: string | null, message: string): void;
  armAt(at: number): void;
  logger(): Logger;
}

/** Performs what the engine asks for: the steps that are running in this instance, and what is looked at for loops. */
export class AtWork {
  private readonly running = new Map<string, RunningStep>();
  private ports: PortsFor | null = null;

  constructor(
    private readonly env: Env,
    private readonly ctx: DurableObjectState,
    private readonly family: Family,
    private readonly purse: ExecutionPurse,
    private readonly host: WorkHost,
  ) {}

  isRunning(key: string): boolean {
    return this.running.has(key);
  }

  /** Resolves when this step's attempt in this instance has ended. */
  async endOf(key: string): Promise<void> {
    await this.running.get(key)?.work;
  }

  /** Resolves when everything has ended; null when nothing runs. */
  endOfAll(): Promise<unknown> | null {
    return this.running.size === 0 ? null : Promise.allSettled([...this.running.values()].map((step) => step.work));
  }

  abandon(): void {
    for (const step of this.running.values()) step.controller.abort(new Error('abandoned'));
    this.running.clear();
  }

  perform(run: ExecutionRun, change: Change): void {
    // What was asked of the run before this one; memory has been rebuilt since.
    if (this.host.run() !== run) return;
    switch (change.type) {
      case 'step_started':
        this.launch(run, change.step, change.attempt);
        return;
      case 'step_cancelled':
        this.running.get(change.step.key)?.controller.abort(new Error('cancelled'));
        return;
      case 'step_retrying':
        this.host.armAt(change.at);
        return;
      case 'step_waiting':
        if (change.step.wake_at !== null) this.host.armAt(change.step.wake_at);
        return;
      case 'check_loop':
        this.ctx.waitUntil(this.checkLoop(run, change.step, change.index));
        return;
      case 'collect_loop':
        this.collectLoop(run, change.step);
        return;
      case 'continue_step':
        this.launch(run, change.step, change.step.attempt);
        return;
      case 'step_due':
        if (change.step.waiting_reason === 'child') this.ctx.waitUntil(this.checkChild(run, change.step));
        else if (change.step.waiting_reason === 'budget') this.ctx.waitUntil(this.purse.check(run, change.step));
        else if (!timeIsOver(run, change.step, Date.now(), this.host.signal)) {
          throw new Error('no node of this release waits without knowing what for');
        }
    }
  }

  /** What a step waited for has come. */
  settleWaiting({ key, attempt }: StepState, result: StepResult): void {
    this.host.signal(signalOf(key, attempt, result), { key, attempt, result });
  }

  /** Before each round of a `while` loop. */
  private async checkLoop(run: ExecutionRun, step: StepState, index: number): Promise<void> {
    const node = run.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    const { key, attempt, path } = step;
    const round = run.round(node, path === '' ? String(index) : `${path}.${index}`);
    // The item is the output of the round before, not that of a loop around this one.
    const shared = await this.contextOf(run, node)?.catch(() => null);
    if (this.host.run() !== run) return;
    if (shared === null) {
      const error = { code: 'context_unavailable', message: 'The shared context could not be read.', retryable: false };
      this.host.signal({ type: 'step_failed', key, attempt, error, now: Date.now(), random: 0 });
      return;
    }
    const { item: _around, ...outside } = scopeOf(run, node, path, shared ?? {});
    const scope = { ...outside, ...givenItem(round.item) };
    const check = await checkLoopCondition(node.node.config, index, scope);
    if (this.host.run() !== run) return;
    if (check.ok) this.host.signal({ type: 'loop_checked', key, index, holds: check.holds });
    else this.host.signal({ type: 'step_failed', key, attempt, error: check.error, now: Date.now(), random: 0 });
  }

  private contextOf(run: ExecutionRun, node: PlanNode) {
    return contextFor(this.env, run.row.facts, node);
  }

  /** A child that can't be asked now is asked again when the step is due next. */
  private async checkChild(run: ExecutionRun, step: StepState): Promise<void> {
    try {
      if (this.host.run() === run) await this.family.check(step);
    } catch (error) {
      this.host.logger().log('warn', 'execution.child_unreachable', describeError(error));
    }
  }

  private collectLoop(run: ExecutionRun, step: StepState): void {
    const { key, attempt } = step;
    const output = run.collected(step);
    if (output !== null) {
      const result: StepResult = { kind: 'completed', input: null, output, handle: 'out', blocked: false, calls: [] };
      this.host.signal({ type: 'step_completed', key, attempt, handle: 'out' }, { key, attempt, result });
      return;
    }
    const message = `The outputs of the rounds have more than ${MAX_RESULTS_CHARACTERS} characters together.`;
    const error = { code: 'output_too_large', message, retryable: false };
    this.host.signal({ type: 'step_failed', key, attempt, error, now: Date.now(), random: 0 });
  }

  private launch(run: ExecutionRun, step: StepState, attempt: number): void {
    const node = run.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    const controller = new AbortController();
    const record = run.recordOf(step);
    const markers = newMarkers(run.plan.envNames(node));
    const purse = this.purse.forStep(run, step);
    const work = performStep(run, node, step, controller, {
      ports: this.enginePorts(run, markers, purse),
      markers,
      onDelta: (text) => this.host.live()?.append(step, attempt, text),
      log: (level, message) => this.host.log(run, level, step.node_id, message),
      readContext: (each) => this.contextOf(run, each),
      reportBug: (error) =>
        this.host.logger().log('error', 'step.bug', { node_id: step.node_id, ...describeError(error) }),
    }).then((result) => {
      if (purse.stopped !== null && this.host.run() === run) {
        this.host.signal({ type: 'cancel', reason: purse.stopped.reason });
      }
      this.settleStep(run, step, record, attempt, purse.resultOf(result));
      this.purse.settled(step);
    });
    this.running.set(step.key, { attempt, controller, work });
    this.ctx.waitUntil(work);
  }

  private settleStep(
    run: ExecutionRun,
    step: StepState,
    record: StepRecord,
    attempt: number,
    result: StepResult,
  ): void {
    // A run that was abandoned after a failed transaction has been rebuilt: this step runs again there.
    if (this.host.run() !== run) return;
    if (this.running.get(step.key)?.attempt === attempt) this.running.delete(step.key);
    this.host.live()?.finish(step.key);
    const outcome: Outcome = { key: step.key, attempt, result };
    if (step.status !== 'running' || step.attempt !== attempt) {
      this.host.bookLate(run, step, record, outcome);
      return;
    }
    if (run.isOutdated(result)) this.launch(run, step, attempt);
    else this.host.signal(signalOf(step.key, attempt, result), outcome);
  }

  private enginePorts(run: ExecutionRun, markers: Markers, purse: StepPurse): EnginePorts {
    this.ports ??= enginePorts(this.env, this.ctx, run.row.facts, {
      sentBefore: this.host.reloaded() ? run.plan.nodes.flatMap((node) => run.plan.envNames(node)) : [],
      logger: () => this.host.logger(),
    });
    return { ...this.ports(markers, purse), agents: this.family };
  }
}

function signalOf(key: string, attempt: number, result: StepResult): Signal {
  switch (result.kind) {
    case 'completed':
      return { type: 'step_completed', key, attempt, handle: result.handle };
    case 'failed':
      return { type: 'step_failed', key, attempt, error: result.error, now: Date.now(), random: Math.random() };
    case 'waiting': {
      const { reason, wake_at, due } = result;
      return { type: 'step_waiting', key, attempt, reason, wake_at, due };
    }
    case 'opened': {
      const { total, concurrency, on_item_error } = result.loop;
      return { type: 'loop_opened', key, attempt, total, concurrency, on_item_error };
    }
    case 'calls':
      return { type: 'calls_opened', key, attempt, calls: result.made.map(({ id }) => id) };
    case 'stopped':
      return {
        type: 'step_stopped',
        key,
        attempt,
        error: result.status === 'failed' ? { code: 'stopped', message: result.message } : null,
      };
  }
}
