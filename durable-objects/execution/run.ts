import type { ExecutionError, ExecutionEvent, JsonValue, StepAttempt } from '@agentflow/contracts';
import { isTerminal } from '@agentflow/contracts';
import {
  advance,
  type Change,
  type EndedCall,
  ITEM,
  type ModelCall,
  type NodeInScope,
  newRun,
  type Plan,
  type PlanNode,
  type RunOptions,
  type RunState,
  restore,
  type Signal,
  type StepCall,
  type StepError,
  type StepResult,
  type StepState,
  seesCalls,
} from '@agentflow/engine';
import { type Approvals, askTooLarge } from './approvals.ts';
import type { ReadLarge } from './large-values.ts';
import { planOf } from './plan-cache.ts';
import type { Totals } from './present.ts';
import { Rounds } from './rounds.ts';
import { attemptTotals, type ExecutionRow, type ExecutionStore } from './store.ts';
import { MAX_OUTPUT_CHARACTERS, shownInput } from './values.ts';

/** What belongs to a step besides what the engine knows of it. */
export interface StepRecord {
  readonly ord: number;
  readonly attempts: StepAttempt[];
  started_at: number | null;
}

/** What a finished attempt brings to a commit. */
export interface Outcome {
  readonly key: string;
  readonly attempt: number;
  readonly result: StepResult;
}

const PREVIEW_CHARACTERS = 500;
/** After so many events one says that there were more, and only the end follows. */
const MAX_EVENTS = 50_000;
const LAST_EVENTS: readonly ExecutionEvent['type'][] = [
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
];

/**
 * One execution as memory holds it: the engine's state and what the store has of each step. Every change goes through
 * `commit`, which writes rows and events of one signal in one transaction; after a failed transaction the instance is
 * useless (memory is ahead of the rows) and must be dropped.
 */
export class ExecutionRun {
  readonly totals: Totals = { input_tokens: 0, output_tokens: 0, cost_microusd: 0, step_count: 0 };
  readonly approvals: Approvals;
  lastSeq = 0;
  /** Large values of rounds that have ended: they may move to R2. Taken by whoever moves them. */
  readonly released: string[] = [];
  private readonly records = new Map<string, StepRecord>();
  private readonly outputs = new Map<string, JsonValue>();
  /** Keys of the steps of each round, to forget them when it has ended. */
  private readonly inRound = new Map<string, string[]>();
  private readonly rounds: Rounds;
  private lastOrd = 0;
  private knownInput: JsonValue | undefined;
  private knownResult: JsonValue | null | undefined;

  private constructor(
    readonly row: ExecutionRow,
    readonly state: RunState,
    readonly plan: Plan,
    private readonly store: ExecutionStore,
  ) {
    this.approvals = store.approvals();
    this.rounds = new Rounds(store, (key) => this.records.get(key)?.ord ?? 0);
  }

  static begin(row: ExecutionRow, plan: Plan, input: JsonValue, store: ExecutionStore): ExecutionRun {
    const run = new ExecutionRun(row, newRun(optionsOf(row, store)), plan, store);
    run.knownInput = input;
    return run;
  }

  static load(store: ExecutionStore): ExecutionRun {
    store.upgrade();
    const row = store.read();
    const steps = store.stepStates();
    const plan = planOf(row.facts.agent_id, row.facts.version, () => store.definition());
    const run = new ExecutionRun(
      row,
      restore(
        plan,
        row.status,
        steps.map((step) => step.state),
        optionsOf(row, store),
      ),
      plan,
      store,
    );
    run.lastSeq = store.lastSeq();
    run.lastOrd = store.lastOrd();
    for (const step of steps) {
      if (run.state.steps.has(step.state.key)) run.keep(step.state, { ...step, attempts: step.attempts });
    }
    const totals = store.totals();
    run.totals.step_count = totals.steps;
    run.addTokens(totals.attempts);
    run.approvals.load();
    return run;
  }

  input(): JsonValue {
    if (this.knownInput === undefined) this.knownInput = this.store.input();
    return this.knownInput;
  }

  /** Output of the execution; null until it has one. */
  result(): JsonValue | null {
    if (!hasEnded(this)) return null;
    if (this.knownResult === undefined) this.knownResult = this.store.output();
    return this.knownResult;
  }

  /** After the end: brings back what `input` and `result` give, should it have moved to R2. */
  async recall(read: ReadLarge): Promise<void> {
    const names: string[] = [];
    if (this.knownInput === undefined && this.store.hasMoved('input')) names.push('input');
    if (this.knownResult === undefined && this.store.hasMoved('output')) names.push('output');
    if (names.length === 0) return;
    const texts = await read(names);
    for (const [name, text] of texts) {
      if (name === 'input') this.knownInput = JSON.parse(text) as JsonValue;
      else this.knownResult = JSON.parse(text) as JsonValue;
    }
  }

  /** Output of a closed step, from memory or its row. */
  output(key: string): JsonValue {
    let output = this.outputs.get(key);
    if (output === undefined) {
      const record = this.records.get(key);
      output = record === undefined ? null : this.store.stepOutput(record.ord);
      this.outputs.set(key, output);
    }
    return output;
  }

  /** Item and index of a round, for the expressions of its steps. */
  round(loop: PlanNode, path: string): NodeInScope & { readonly item: JsonValue } {
    return this.rounds.round(loop, path);
  }

  /** The call that a step stands for; null for a node's own step. */
  callOf(step: StepState): StepCall | null {
    if (step.call === '') return null;
    return { id: step.call, request: this.store.items(this.recordOf(step).ord, step.key)?.[0] ?? null };
  }

  endedCalls(step: StepState): readonly EndedCall[] {
    const asked = step.call === '' ? step.progress?.kind === 'calls' : seesCalls(step.call);
    return asked ? this.store.endedCalls(step.node_id, step.path) : [];
  }

  /** What a loop gives when its rounds have ended; null when that is too much. */
  collected(step: StepState): JsonValue | null {
    return this.rounds.collect(this.nodeOf(step), step);
  }

  /**
   * Feeds one signal to the engine and writes what it changes. Gives back the changes to perform and the events to send.
   * Must run inside the storage's `transactionSync`.
   */
  commit(signal: Signal, at: number, outcome: Outcome | null): { changes: Change[]; events: ExecutionEvent[] } {
    const changes = advance(this.plan, this.state, signal);
    const events: ExecutionEvent[] = [];
    for (const change of changes) this.record(change, at, outcome, events);
    this.store.appendEvents(events);
    return { changes, events };
  }

  /** Before a step that was asked about runs again: the attempt that asked did what it had to. */
  endAsking(step: StepState, at: number): void {
    endAttempt(this.recordOf(step).attempts.at(-1), 'completed', at, null);
  }

  /** Books a call that ended after its step did (cancelled, timed out): tokens were used, nothing else changes. */
  bookLate(step: StepState, record: StepRecord, outcome: Outcome, at: number): void {
    const calls = callsOf(outcome.result);
    if (calls.length === 0) return;
    const attempt = record.attempts.find((each) => each.attempt === outcome.attempt);
    if (attempt === undefined) return;
    this.book(attempt, step, outcome.attempt, calls, at);
    this.store.updateStep(
      record.ord,
      step,
      record.attempts,
      attempt.finished_at === null ? null : Date.parse(attempt.finished_at),
    );
    this.row.revision++;
    this.store.writeStatus(this.row);
  }

  private record(change: Change, at: number, outcome: Outcome | null, events: ExecutionEvent[]): void {
    switch (change.type) {
      case 'execution_started':
        this.row.status = 'running';
        this.emit(events, 'execution.started', at, null, {
          agent_id: this.row.facts.agent_id,
          version: this.row.facts.version,
          mode: this.row.facts.mode,
        });
        return;
      case 'step_started':
        this.recordStart(change.step, change.attempt, at, outcome, events);
        return;
      case 'step_completed':
      case 'step_failed':
      case 'step_retrying':
        // Of a step that asked and was not answered: its time ended it.
        this.approvals.close(change.step, 'expired', at);
        this.recordResult(change, at, outcome, events);
        return;
      case 'step_skipped':
        this.store.insertStep(change.step, this.keep(change.step).ord, [], null);
        this.emit(events, 'step.skipped', at, change.step, {});
        return;
      case 'step_cancelled': {
        const record = this.recordOf(change.step);
        this.approvals.close(change.step, 'cancelled', at);
        endAttempt(record.attempts.at(-1), 'cancelled', at, null);
        this.store.updateStep(record.ord, change.step, record.attempts, at);
        if (change.step.call !== ITEM) this.totals.step_count++;
        return;
      }
      case 'step_progressed':
      case 'step_waiting':
        this.recordPause(change.type, change.step, at, outcome, events);
        return;
      case 'step_reused':
        this.recordReused(change.step, at, outcome, events);
        return;
      case 'item_started': {
        const { ord } = this.keep(change.step, { ord: 0, attempts: [], started_at: at });
        this.store.insertStep(change.step, ord, [], at);
        this.store.writeInput(ord, shownInput(this.round(this.nodeOf(change.step), change.step.path).item));
        return;
      }
      case 'item_completed':
        this.recordRound(change.step, this.resultOf(change.output_of), null, at);
        return;
      case 'item_failed': {
        const { code, message } = change.error;
        this.recordRound(change.step, { error: { code, message } }, change.error, at);
        return;
      }
      case 'execution_waiting':
        this.row.status = 'waiting';
        this.row.waiting_reason = change.reason;
        this.row.remaining_ms ??= Math.max(0, this.row.deadline_at - at);
        this.row.revision++;
        this.store.writeStatus(this.row);
        this.emit(events, 'execution.waiting', at, null, { reason: change.reason });
        return;
      case 'execution_resumed':
        this.row.status = 'running';
        this.row.waiting_reason = null;
        this.row.deadline_at = at + (this.row.remaining_ms ?? 0);
        this.row.remaining_ms = null;
        this.row.revision++;
        this.store.writeStatus(this.row);
        this.emit(events, 'execution.resumed', at, null, {});
        return;
      case 'execution_completed': {
        const output = this.resultOf(change.output_of);
        this.recordEnd('completed', null, output, at);
        this.emit(events, 'execution.completed', at, null, {
          output_preview: preview(JSON.stringify(output)),
          duration_ms: at - (this.row.started_at ?? at),
          cost_usd: this.totals.cost_microusd / 1_000_000,
        });
        return;
      }
      case 'execution_failed':
        this.recordEnd('failed', change.error, null, at);
        this.emit(events, 'execution.failed', at, null, {
          error: { code: change.error.code, message: change.error.message, node_id: change.error.node_id ?? null },
        });
        return;
      case 'execution_cancelled':
        this.recordEnd('cancelled', null, null, at);
        this.emit(events, 'execution.cancelled', at, null, {});
        return;
      // Asked of whoever performs: nothing has happened yet.
      case 'check_loop':
      case 'collect_loop':
      case 'continue_step':
      case 'step_due':
    }
  }

  /** A step that goes on later: what it was given is shown from now on. */
  private recordPause(
    type: 'step_progressed' | 'step_waiting',
    step: StepState,
    at: number,
    outcome: Outcome | null,
    events: ExecutionEvent[],
  ): void {
    const record = this.recordOf(step);
    const result = outcome?.key === step.key ? outcome.result : null;
    this.store.updateStep(record.ord, step, record.attempts, null);
    if (result !== null) this.store.writeInput(record.ord, shownInput(result.input));
    if (result?.kind === 'opened') this.rounds.open(step, result.loop);
    // A step that was only looked at goes on waiting.
    if (type === 'step_progressed' || result === null) return;
    const ask = result?.kind === 'waiting' ? result.ask : null;
    const asked = ask === null ? null : this.approvals.open(this.row.facts.execution_id, step, ask, at);
    this.emit(events, 'step.waiting', at, step, {
      reason: step.waiting_reason,
      until: step.wake_at === null ? null : new Date(step.wake_at).toISOString(),
      ...(asked === null ? {} : { approval_id: asked }),
    });
  }

  private recordReused(step: StepState, at: number, outcome: Outcome | null, events: ExecutionEvent[]): void {
    const from = this.row.facts.given?.from ?? '';
    const record = this.keep(step, { ord: 0, attempts: [], started_at: at });
    const output = this.store.insertReused(step, record.ord, from, at);
    this.keepRequest(step, record, outcome);
    if (step.call === ITEM) {
      this.rounds.add(this.nodeOf(step), step, output, false);
      this.records.delete(step.key);
      return;
    }
    this.outputs.set(step.key, output);
    this.totals.step_count++;
    this.emit(events, 'step.completed', at, step, {
      duration_ms: 0,
      handle: step.handle,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      output_preview: preview(JSON.stringify(output)),
      blocked: false,
      reused_from: from,
    });
  }

  /** The end of a round; its steps are not needed in memory any more. */
  private recordRound(round: StepState, output: JsonValue, error: StepError | null, at: number): void {
    const loop = this.nodeOf(round);
    const record = this.recordOf(round);
    this.store.updateStepResult(record.ord, round, [], at, {
      input: null,
      output: JSON.stringify(output),
      error: error === null ? null : { code: error.code, message: error.message, node_id: loop.id },
      blocked: false,
    });
    this.rounds.add(loop, round, output, error !== null);
    for (const key of this.inRound.get(`${loop.id}@${round.path}`) ?? []) {
      this.records.delete(key);
      this.outputs.delete(key);
      this.rounds.close(key);
      if (this.store.takeLarge(key)) this.released.push(`step:${key}`);
    }
    this.inRound.delete(`${loop.id}@${round.path}`);
    this.records.delete(round.key);
  }

  /** Of a call: what it was made with. */
  private keepRequest(step: StepState, { ord }: StepRecord, outcome: Outcome | null): void {
    if (outcome?.result.kind !== 'calls') return;
    const made = outcome.result.made.find(({ id }) => id === step.call);
    if (made === undefined) return;
    this.store.writeItems(ord, step.key, [made.request]);
    this.store.writeInput(ord, shownInput(made.request));
  }

  private recordStart(
    step: StepState,
    attempt: number,
    at: number,
    outcome: Outcome | null,
    events: ExecutionEvent[],
  ): void {
    const begun: StepAttempt = {
      attempt,
      status: 'running',
      error: null,
      model: null,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      started_at: new Date(at).toISOString(),
      finished_at: null,
      duration_ms: null,
    };
    if (attempt === 1) {
      const record = this.keep(step, { ord: 0, attempts: [begun], started_at: at });
      this.store.insertStep(step, record.ord, record.attempts, at);
      this.keepRequest(step, record, outcome);
    } else {
      const record = this.recordOf(step);
      endAttempt(record.attempts.at(-1), 'cancelled', at, {
        code: 'interrupted',
        message: 'The process that ran this attempt ended; the step runs again.',
      });
      record.attempts.push(begun);
      this.store.updateStep(record.ord, step, record.attempts, null);
    }
    const node = this.nodeOf(step);
    this.emit(events, 'step.started', at, step, {
      attempt,
      node_type: node.type,
      node_name: node.name,
    });
  }

  private recordResult(
    change: Extract<Change, { type: 'step_completed' | 'step_failed' | 'step_retrying' }>,
    at: number,
    outcome: Outcome | null,
    events: ExecutionEvent[],
  ): void {
    const { step } = change;
    const record = this.recordOf(step);
    const result = outcome?.key === step.key ? outcome.result : null;
    const attempt = record.attempts.at(-1);
    const error =
      change.type === 'step_completed'
        ? null
        : { code: change.error.code, message: change.error.message, node_id: step.node_id };
    endAttempt(attempt, error === null ? 'completed' : 'failed', at, error);
    if (attempt !== undefined && result !== null) this.book(attempt, step, attempt.attempt, callsOf(result), at);
    const known = change.type === 'step_completed' ? change.output : undefined;
    const output = known ?? this.outputOf(step, result, error);
    if (output !== null) this.outputs.set(step.key, output);
    const text = output === null ? null : JSON.stringify(output);
    const closed = change.type !== 'step_retrying';
    this.store.updateStepResult(record.ord, step, record.attempts, closed ? at : null, {
      // A loop's was written when it opened.
      input: result === null || result.input === null ? null : shownInput(result.input),
      output: text,
      error,
      blocked: result?.kind === 'completed' && result.blocked,
    });
    if (closed) this.totals.step_count++;
    if (change.type === 'step_retrying') {
      this.emit(events, 'step.retrying', at, step, {
        attempt: step.attempt,
        delay_ms: change.delay_ms,
        error: { code: change.error.code, message: change.error.message },
      });
      return;
    }
    if (result?.kind === 'completed' && result.event !== undefined) {
      this.emit(events, result.event.type, at, step, { ...result.event.data });
    }
    const totals = attemptTotals(record.attempts);
    if (change.type === 'step_failed') {
      this.emit(events, 'step.failed', at, step, {
        error: { code: change.error.code, message: change.error.message },
        attempt: step.attempt,
        will_retry: false,
      });
      return;
    }
    this.emit(events, 'step.completed', at, step, {
      duration_ms: at - (record.started_at ?? at),
      handle: step.handle,
      input_tokens: totals.input_tokens,
      output_tokens: totals.output_tokens,
      cost_usd: totals.cost_usd,
      output_preview: preview(text ?? 'null'),
      blocked: result?.kind === 'completed' && result.blocked,
    });
  }

  /** What later steps read of this one: its output, or its error where `on_error` lets the run go on. */
  private outputOf(step: StepState, result: StepResult | null, error: ExecutionError | null): JsonValue | null {
    if (error !== null) return step.handle === null ? null : { error: { code: error.code, message: error.message } };
    return result?.kind === 'completed' || result?.kind === 'stopped' ? result.output : null;
  }

  private book(attempt: StepAttempt, step: StepState, number: number, calls: readonly ModelCall[], at: number): void {
    let microusd = 0;
    calls.forEach((call, index) => {
      attempt.input_tokens += call.input_tokens;
      attempt.output_tokens += call.output_tokens;
      attempt.model = `${call.provider}/${call.model}`;
      microusd += call.cost_microusd;
      this.totals.input_tokens += call.input_tokens;
      this.totals.output_tokens += call.output_tokens;
      this.store.insertCost({
        id: `${this.row.facts.execution_id}:${step.key}:${number}:${index}`,
        node_id: step.node_id,
        call,
        at,
      });
    });
    attempt.cost_usd += microusd / 1_000_000;
    this.totals.cost_microusd += microusd;
  }

  private recordEnd(
    status: 'completed' | 'failed' | 'cancelled',
    error: ExecutionError | null,
    output: JsonValue | null,
    at: number,
  ): void {
    this.row.status = status;
    this.row.waiting_reason = null;
    this.row.error = error;
    this.row.finished_at = at;
    this.row.revision++;
    this.knownResult = output;
    this.store.writeEnd(this.row, output);
  }

  /** One leaf gives its output as it is, several an object by node. */
  private resultOf(keys: readonly string[]): JsonValue {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) return this.output(only);
    return Object.fromEntries(keys.map((key) => [this.state.steps.get(key)?.node_id ?? key, this.output(key)]));
  }

  /** Takes up a step's record, of a new step with the next order number. */
  private keep(step: StepState, record: StepRecord = { ord: 0, attempts: [], started_at: null }): StepRecord {
    const kept = record.ord === 0 ? { ...record, ord: ++this.lastOrd } : record;
    this.records.set(step.key, kept);
    const loop = step.call === ITEM ? null : this.nodeOf(step).loop;
    if (loop === null) return kept;
    const round = `${loop.id}@${step.path}`;
    const keys = this.inRound.get(round);
    if (keys === undefined) this.inRound.set(round, [step.key]);
    else keys.push(step.key);
    return kept;
  }

  private nodeOf(step: StepState): PlanNode {
    const node = this.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    return node;
  }

  recordOf(step: StepState): StepRecord {
    const record = this.records.get(step.key);
    if (record === undefined) throw new Error(`step ${step.key} has no record`);
    return record;
  }

  private addTokens(attempts: readonly StepAttempt[]): void {
    const totals = attemptTotals(attempts);
    this.totals.input_tokens += totals.input_tokens;
    this.totals.output_tokens += totals.output_tokens;
    this.totals.cost_microusd += Math.round(totals.cost_usd * 1_000_000);
  }

  private emit(
    events: ExecutionEvent[],
    type: ExecutionEvent['type'],
    at: number,
    step: StepState | null,
    data: Record<string, JsonValue>,
  ): void {
    const { execution_id } = this.row.facts;
    if (this.lastSeq >= MAX_EVENTS && !LAST_EVENTS.includes(type)) {
      if (this.lastSeq > MAX_EVENTS) return;
      this.lastSeq++;
      const marker = { limit: MAX_EVENTS };
      events.push(executionEvent(execution_id, this.lastSeq, 'execution.events_capped', at, null, marker));
      return;
    }
    this.lastSeq++;
    events.push(executionEvent(execution_id, this.lastSeq, type, at, step, data));
  }
}

/** Looked up only where the facts say that something was given: other executions pay nothing. */
function optionsOf({ facts }: ExecutionRow, store: ExecutionStore): RunOptions {
  if (facts.given === undefined) return {};
  const { only } = facts.given;
  return { given: store.givenSteps(), ...(only === null ? {} : { only: new Set(only) }) };
}

export function executionEvent(
  executionId: string,
  seq: number,
  type: ExecutionEvent['type'],
  at: number,
  step: Pick<StepState, 'node_id' | 'path' | 'call'> | null,
  data: Record<string, JsonValue>,
): ExecutionEvent {
  return {
    seq,
    type,
    execution_id: executionId,
    at: new Date(at).toISOString(),
    ...(step === null ? {} : { node_id: step.node_id }),
    ...(step === null || step.path === '' ? {} : { iteration: step.path }),
    data: step === null || step.call === '' ? data : { ...data, call: step.call },
  };
}

/** The result as it may be stored: an output over the limit fails its step, in words, instead of breaking a row. */
export function withinLimits(result: StepResult): StepResult {
  if (result.kind === 'waiting' && result.ask !== null) {
    const message = askTooLarge(result.ask);
    if (message === null) return result;
    const error = { code: 'approval_too_large', message, retryable: false };
    return { kind: 'failed', input: null, error, calls: [] };
  }
  if (result.kind !== 'completed' && result.kind !== 'stopped') return result;
  const size = JSON.stringify(result.output).length;
  if (size <= MAX_OUTPUT_CHARACTERS) return result;
  return {
    kind: 'failed',
    input: result.input,
    error: {
      code: 'output_too_large',
      message: `The output has ${size} characters; at most ${MAX_OUTPUT_CHARACTERS} are kept.`,
      retryable: false,
    },
    calls: callsOf(result),
  };
}

function callsOf(result: StepResult): readonly ModelCall[] {
  return 'calls' in result ? result.calls : [];
}

function endAttempt(
  attempt: StepAttempt | undefined,
  status: 'completed' | 'failed' | 'cancelled',
  at: number,
  error: ExecutionError | null,
): void {
  if (attempt === undefined || attempt.status !== 'running') return;
  attempt.status = status;
  attempt.error = error;
  attempt.finished_at = new Date(at).toISOString();
  attempt.duration_ms = at - Date.parse(attempt.started_at);
}

function preview(text: string): string {
  return text.length <= PREVIEW_CHARACTERS ? text : `${text.slice(0, PREVIEW_CHARACTERS)}…`;
}

export function hasEnded(run: ExecutionRun): boolean {
  return isTerminal(run.row.status);
}
