import type { ExecutionError, ExecutionEvent, JsonValue, StepAttempt } from '@agentflow/contracts';
import { isTerminal } from '@agentflow/contracts';
import {
  advance,
  type Change,
  isOpen,
  type ModelCall,
  newRun,
  type Plan,
  type RunState,
  restore,
  type Signal,
  type StepResult,
  type StepState,
} from '@agentflow/engine';
import { planOf } from './plan-cache.ts';
import type { Totals } from './present.ts';
import { attemptTotals, type ExecutionRow, type ExecutionStore } from './store.ts';
import { MAX_OUTPUT_CHARACTERS, shownInput } from './values.ts';

/** What belongs to a step besides what the engine knows of it. */
interface StepRecord {
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

/**
 * One execution as memory holds it: the engine's state and what the store has of each step. Every change goes through
 * `commit`, which writes rows and events of one signal in one transaction; after a failed transaction the instance is
 * useless (memory is ahead of the rows) and must be dropped.
 */
export class ExecutionRun {
  readonly totals: Totals = { input_tokens: 0, output_tokens: 0, cost_microusd: 0, step_count: 0 };
  lastSeq = 0;
  private readonly records = new Map<string, StepRecord>();
  private readonly outputs = new Map<string, JsonValue>();
  private knownInput: JsonValue | undefined;
  private knownResult: JsonValue | null | undefined;

  private constructor(
    readonly row: ExecutionRow,
    readonly state: RunState,
    readonly plan: Plan,
    private readonly store: ExecutionStore,
  ) {}

  static begin(row: ExecutionRow, plan: Plan, input: JsonValue, store: ExecutionStore): ExecutionRun {
    const run = new ExecutionRun(row, newRun(), plan, store);
    run.knownInput = input;
    return run;
  }

  static load(store: ExecutionStore): ExecutionRun {
    const row = store.read();
    const steps = store.stepStates();
    const plan = planOf(row.facts.agent_id, row.facts.version, () => store.definition());
    const run = new ExecutionRun(
      row,
      restore(
        plan,
        row.status,
        steps.map((step) => step.state),
      ),
      plan,
      store,
    );
    run.lastSeq = store.lastSeq();
    for (const step of steps) {
      run.records.set(step.state.key, { ord: step.ord, attempts: step.attempts, started_at: step.started_at });
      if (!isOpen(step.state.status) && step.state.status !== 'skipped') run.totals.step_count++;
      run.addTokens(step.attempts);
    }
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

  /** Books a call that ended after its step did (cancelled, timed out): tokens were used, nothing else changes. */
  bookLate(outcome: Outcome, at: number): void {
    const calls = callsOf(outcome.result);
    const step = this.state.steps.get(outcome.key);
    const record = this.records.get(outcome.key);
    if (calls.length === 0 || step === undefined || record === undefined) return;
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
        this.recordStart(change.step, change.attempt, at, events);
        return;
      case 'step_completed':
      case 'step_failed':
      case 'step_retrying':
        this.recordResult(change, at, outcome, events);
        return;
      case 'step_skipped':
        this.records.set(change.step.key, { ord: this.records.size + 1, attempts: [], started_at: null });
        this.store.insertStep(change.step, this.records.size, [], null);
        this.emit(events, 'step.skipped', at, change.step, {});
        return;
      case 'step_cancelled': {
        const record = this.recordOf(change.step);
        endAttempt(record.attempts.at(-1), 'cancelled', at, null);
        this.store.updateStep(record.ord, change.step, record.attempts, at);
        this.totals.step_count++;
        return;
      }
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
    }
  }

  private recordStart(step: StepState, attempt: number, at: number, events: ExecutionEvent[]): void {
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
      const record: StepRecord = { ord: this.records.size + 1, attempts: [begun], started_at: at };
      this.records.set(step.key, record);
      this.store.insertStep(step, record.ord, record.attempts, at);
    } else {
      const record = this.recordOf(step);
      endAttempt(record.attempts.at(-1), 'cancelled', at, {
        code: 'interrupted',
        message: 'The process that ran this attempt ended; the step runs again.',
      });
      record.attempts.push(begun);
      this.store.updateStep(record.ord, step, record.attempts, null);
    }
    const node = this.plan.byId.get(step.node_id);
    this.emit(events, 'step.started', at, step, {
      attempt,
      node_type: node?.type ?? '',
      node_name: node?.name ?? step.node_id,
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
    const output = this.outputOf(step, result, error);
    if (output !== null) this.outputs.set(step.key, output);
    const text = output === null ? null : JSON.stringify(output);
    const closed = change.type !== 'step_retrying';
    this.store.updateStepResult(record.ord, step, record.attempts, closed ? at : null, {
      input: shownInput(result === null ? null : result.input),
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
    return result !== null && result.kind !== 'failed' ? result.output : null;
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

  private recordOf(step: StepState): StepRecord {
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
    this.lastSeq++;
    events.push(executionEvent(this.row.facts.execution_id, this.lastSeq, type, at, step, data));
  }
}

export function executionEvent(
  executionId: string,
  seq: number,
  type: ExecutionEvent['type'],
  at: number,
  step: Pick<StepState, 'node_id' | 'path'> | null,
  data: Record<string, JsonValue>,
): ExecutionEvent {
  return {
    seq,
    type,
    execution_id: executionId,
    at: new Date(at).toISOString(),
    ...(step === null ? {} : { node_id: step.node_id }),
    ...(step === null || step.path === '' ? {} : { iteration: step.path }),
    data,
  };
}

/** The result as it may be stored: an output over the limit fails its step, in words, instead of breaking a row. */
export function withinLimits(result: StepResult): StepResult {
  if (result.kind === 'failed') return result;
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
  return result.kind === 'stopped' ? [] : result.calls;
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
