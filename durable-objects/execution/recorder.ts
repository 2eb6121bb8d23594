import type { ExecutionError, JsonValue, StepAttempt } from '@agentflow/contracts';
import {
  type Change,
  ITEM,
  isToolCall,
  type ModelCall,
  type RunState,
  type StepError,
  type StepResult,
  type StepState,
  type WorkspaceChange,
} from '@agentflow/engine';
import type { Approvals } from './approvals.ts';
import { toolNamed, toolStarted } from './call-events.ts';
import { callsOf, endAttempt, isRecordedAnswer, type Outcome } from './outcomes.ts';
import type { Totals } from './present.ts';
import type { RunEvents } from './run-events.ts';
import type { StepRecord, StepRecords } from './step-records.ts';
import type { ExecutionStore } from './store/execution.ts';
import { attemptTotals, type ExecutionRow } from './store/rows.ts';
import { shownInput } from './store/values.ts';
import { type ExecutionWorkspace, type ToldChange, toldData } from './workspace.ts';

const PREVIEW_CHARACTERS = 500;

/** Parts of a run that what happens is written to. */
interface Recorded {
  readonly row: ExecutionRow;
  readonly state: RunState;
  readonly store: ExecutionStore;
  readonly records: StepRecords;
  readonly approvals: Approvals;
  readonly events: RunEvents;
  readonly totals: Totals;
  readonly workspace: ExecutionWorkspace;
}

/** Writes what the engine's changes mean: rows, memory and events. All inside the storage's `transactionSync`. */
export class Recorder {
  /** Output of an execution that ended in this instance; null for one that failed. */
  result: JsonValue | null | undefined;
  private readonly row: ExecutionRow;
  private readonly state: RunState;
  private readonly store: ExecutionStore;
  private readonly records: StepRecords;
  private readonly approvals: Approvals;
  private readonly events: RunEvents;
  private readonly totals: Totals;
  private readonly workspace: ExecutionWorkspace;

  constructor(of: Recorded) {
    this.row = of.row;
    this.state = of.state;
    this.store = of.store;
    this.records = of.records;
    this.approvals = of.approvals;
    this.events = of.events;
    this.totals = of.totals;
    this.workspace = of.workspace;
  }

  /** What a decision to go on does besides making calls; before what follows from it. */
  recordDecision({ key, result }: Outcome, at: number): void {
    const step = this.state.steps.get(key);
    if (step === undefined || result.kind !== 'calls' || result.workspace === undefined) return;
    this.keepChange(step, result.workspace, at);
  }

  record(change: Change, at: number, outcome: Outcome | null): void {
    switch (change.type) {
      case 'execution_queued':
        this.events.emit('execution.queued', at, null, this.whatRuns());
        return;
      case 'execution_started':
        this.row.status = 'running';
        if (this.row.started_at === null) this.startClock(at);
        this.events.emit('execution.started', at, null, this.whatRuns());
        return;
      case 'step_started':
        this.recordStart(change.step, change.attempt, at, outcome);
        return;
      case 'step_completed':
      case 'step_failed':
      case 'step_retrying':
        // Of a step that asked and was not answered: its time ended it.
        this.approvals.close(change.step, 'expired', at);
        this.recordResult(change, at, outcome);
        return;
      case 'step_skipped':
        this.store.steps.insert(change.step, this.records.keep(change.step).ord, [], null);
        this.events.emit('step.skipped', at, change.step, {});
        return;
      case 'step_cancelled': {
        const record = this.records.of(change.step);
        this.approvals.close(change.step, 'cancelled', at);
        endAttempt(record.attempts.at(-1), 'cancelled', at, null);
        this.store.steps.update(record.ord, change.step, record.attempts, at);
        if (change.step.call !== ITEM) this.totals.step_count++;
        return;
      }
      case 'step_progressed':
      case 'step_waiting':
        this.recordPause(change.type, change.step, at, outcome);
        return;
      case 'step_reused':
        this.recordReused(change.step, at, outcome);
        return;
      case 'item_started': {
        const { ord } = this.records.keep(change.step, { ord: 0, attempts: [], started_at: at });
        this.store.steps.insert(change.step, ord, [], at);
        this.store.steps.writeInput(
          ord,
          shownInput(this.records.round(this.records.nodeOf(change.step), change.step.path).item),
        );
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
        this.events.emit('execution.waiting', at, null, { reason: change.reason });
        return;
      case 'execution_resumed':
        this.row.status = 'running';
        this.row.waiting_reason = null;
        this.row.deadline_at = at + (this.row.remaining_ms ?? 0);
        this.row.remaining_ms = null;
        this.row.revision++;
        this.store.writeStatus(this.row);
        this.events.emit('execution.resumed', at, null, {});
        return;
      case 'execution_completed': {
        const output = this.resultOf(change.output_of);
        this.recordEnd('completed', null, output, at);
        this.events.emit('execution.completed', at, null, {
          output_preview: preview(JSON.stringify(output)),
          duration_ms: at - (this.row.started_at ?? at),
          cost_usd: this.totals.cost_microusd / 1_000_000,
        });
        return;
      }
      case 'execution_failed':
        this.recordEnd('failed', change.error, null, at);
        this.events.emit('execution.failed', at, null, { error: shown(change.error) });
        return;
      case 'execution_cancelled':
        this.recordEnd('cancelled', change.error, null, at);
        this.events.emit('execution.cancelled', at, null, change.error === null ? {} : { error: shown(change.error) });
        return;
      // Asked of whoever performs: nothing has happened yet.
      case 'check_loop':
      case 'collect_loop':
      case 'continue_step':
      case 'step_due':
    }
  }

  private whatRuns() {
    const { agent_id, version, mode } = this.row.facts;
    return { agent_id, version, mode };
  }

  /** Of an execution that was queued: its time limit counts from now on. */
  private startClock(at: number): void {
    this.row.started_at = at;
    this.row.deadline_at = at + (this.row.remaining_ms ?? 0);
    this.row.remaining_ms = null;
    this.row.revision++;
    this.store.writeStatus(this.row);
  }

  /** A step that goes on later: what it was given is shown from now on. */
  private recordPause(
    type: 'step_progressed' | 'step_waiting',
    step: StepState,
    at: number,
    outcome: Outcome | null,
  ): void {
    const record = this.records.of(step);
    const result = outcome?.key === step.key ? outcome.result : null;
    const attempt = record.attempts.at(-1);
    if (attempt !== undefined && result !== null) this.book(attempt, step, attempt.attempt, callsOf(result), at);
    this.store.steps.update(record.ord, step, record.attempts, null);
    if (result !== null) this.store.steps.writeInput(record.ord, shownInput(result.input));
    if (result?.kind === 'opened') this.records.rounds.open(step, result.loop);
    // A step that was only looked at goes on waiting.
    if (type === 'step_progressed' || result === null) return;
    const ask = result?.kind === 'waiting' ? result.ask : null;
    const asked = ask === null ? null : this.approvals.open(this.row.facts.execution_id, step, ask, at);
    this.events.emit('step.waiting', at, step, {
      reason: step.waiting_reason,
      until: step.wake_at === null ? null : new Date(step.wake_at).toISOString(),
      ...(asked === null ? {} : { approval_id: asked }),
    });
  }

  private recordReused(step: StepState, at: number, outcome: Outcome | null): void {
    const from = this.row.facts.given?.from ?? '';
    const record = this.records.keep(step, { ord: 0, attempts: [], started_at: at });
    const output = this.store.steps.insertReused(step, record.ord, from, at);
    this.keepRequest(step, record, outcome);
    if (step.call === ITEM) {
      this.records.rounds.add(this.records.nodeOf(step), step, output, false);
      this.records.forget(step.key);
      return;
    }
    this.records.keepOutput(step.key, output);
    this.totals.step_count++;
    this.events.emit('step.completed', at, step, {
      duration_ms: 0,
      handle: step.handle,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      output_preview: preview(JSON.stringify(output)),
      blocked: false,
      reused_from: from,
      ...toolNamed(step.call, requestIn(outcome, step)),
    });
    this.tellChange(step, this.workspace.applyGiven(step.key, at), at);
  }

  private keepChange(step: StepState, change: WorkspaceChange, at: number): void {
    if (change.heard !== undefined) this.store.said.hear(change.heard);
    this.tellChange(step, this.workspace.apply(step.key, change, at), at);
  }

  private tellChange(step: StepState, told: ToldChange | null, at: number): void {
    if (told !== null) this.events.emit('state.updated', at, step, toldData(told));
  }

  /** The end of a round; its steps are not needed in memory any more. */
  private recordRound(round: StepState, output: JsonValue, error: StepError | null, at: number): void {
    const loop = this.records.nodeOf(round);
    const record = this.records.of(round);
    this.store.steps.updateResult(record.ord, round, [], at, {
      input: null,
      output: JSON.stringify(output),
      error: error === null ? null : { code: error.code, message: error.message, node_id: loop.id },
      blocked: false,
    });
    this.records.rounds.add(loop, round, output, error !== null);
    this.records.closeRound(round);
  }

  /** Of a call: what it was made with. */
  private keepRequest(step: StepState, { ord }: StepRecord, outcome: Outcome | null): void {
    const request = requestIn(outcome, step);
    if (request === undefined) return;
    this.store.steps.writeItems(ord, step.key, [request]);
    this.store.steps.writeInput(ord, shownInput(request));
  }

  /** Of a tool's call: the request, which only those that were made just now need not be asked for. */
  private requestOf(step: StepState, outcome: Outcome | null): JsonValue | undefined {
    if (!isToolCall(step.call)) return undefined;
    const made = requestIn(outcome, step);
    if (made !== undefined) return made;
    const own = outcome?.key === step.key ? outcome.result : null;
    if (own !== null && 'input' in own && own.input !== null) return own.input;
    return this.store.steps.items(this.records.of(step).ord, step.key)?.[0];
  }

  private recordStart(step: StepState, attempt: number, at: number, outcome: Outcome | null): void {
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
      const record = this.records.keep(step, { ord: 0, attempts: [begun], started_at: at });
      this.store.steps.insert(step, record.ord, record.attempts, at);
      this.keepRequest(step, record, outcome);
    } else {
      const record = this.records.of(step);
      endAttempt(record.attempts.at(-1), 'cancelled', at, {
        code: 'interrupted',
        message: 'The process that ran this attempt ended; the step runs again.',
      });
      record.attempts.push(begun);
      this.store.steps.update(record.ord, step, record.attempts, null);
    }
    const node = this.records.nodeOf(step);
    this.events.emit('step.started', at, step, {
      attempt,
      node_type: node.type,
      node_name: node.name,
      ...toolStarted(step.call, this.requestOf(step, outcome)),
    });
  }

  private recordResult(
    change: Extract<Change, { type: 'step_completed' | 'step_failed' | 'step_retrying' }>,
    at: number,
    outcome: Outcome | null,
  ): void {
    const { step } = change;
    const record = this.records.of(step);
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
    if (output !== null) this.records.keepOutput(step.key, output);
    const text = output === null ? null : JSON.stringify(output);
    const closed = change.type !== 'step_retrying';
    const reusedFrom = result !== null && isRecordedAnswer(result) ? (this.row.facts.shadow_of ?? null) : null;
    this.store.steps.updateResult(record.ord, step, record.attempts, closed ? at : null, {
      // A loop's was written when it opened.
      input: result === null || result.input === null ? null : shownInput(result.input),
      output: text,
      error,
      blocked: result?.kind === 'completed' && result.blocked,
      reusedFrom,
    });
    if (closed) this.totals.step_count++;
    if (change.type === 'step_retrying') {
      this.events.emit('step.retrying', at, step, {
        attempt: step.attempt,
        delay_ms: change.delay_ms,
        error: { code: change.error.code, message: change.error.message },
      });
      return;
    }
    if (result?.kind === 'completed' && result.event !== undefined) {
      this.events.emit(result.event.type, at, step, { ...result.event.data });
    }
    const totals = attemptTotals(record.attempts);
    const named = toolNamed(step.call, this.requestOf(step, outcome));
    if (change.type === 'step_failed') {
      this.events.emit('step.failed', at, step, {
        error: { code: change.error.code, message: change.error.message },
        attempt: step.attempt,
        will_retry: false,
        ...named,
      });
      return;
    }
    this.events.emit('step.completed', at, step, {
      duration_ms: at - (record.started_at ?? at),
      handle: step.handle,
      input_tokens: totals.input_tokens,
      output_tokens: totals.output_tokens,
      cost_usd: totals.cost_usd,
      output_preview: preview(text ?? 'null'),
      blocked: result?.kind === 'completed' && result.blocked,
      ...(reusedFrom === null ? {} : { reused_from: reusedFrom }),
      ...named,
    });
    if (result?.kind !== 'completed') return;
    if (result.workspace !== undefined) this.keepChange(step, result.workspace, at);
    if (reusedFrom !== null) this.tellChange(step, this.workspace.applyGiven(step.key, at), at);
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
      this.store.costs.insert({
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
    this.result = output;
    this.store.writeEnd(this.row, output);
  }

  /** One leaf gives its output as it is, several an object by node. */
  private resultOf(keys: readonly string[]): JsonValue {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) return this.records.output(only);
    return Object.fromEntries(keys.map((key) => [this.state.steps.get(key)?.node_id ?? key, this.records.output(key)]));
  }

  /** Before a step that was asked about runs again: the attempt that asked did what it had to. */
  endAsking(step: StepState, at: number): void {
    endAttempt(this.records.of(step).attempts.at(-1), 'completed', at, null);
  }

  /** Before a step that waited for money runs again. */
  endUnpaid(step: StepState, at: number): void {
    endAttempt(this.records.of(step).attempts.at(-1), 'cancelled', at, {
      code: 'budget_exceeded',
      message: 'There was no money for its model call: the step waited for some.',
    });
  }

  /** Books a call that ended after its step did (cancelled, timed out): tokens were used, nothing else changes. */
  bookLate(step: StepState, record: StepRecord, outcome: Outcome, at: number): void {
    const calls = callsOf(outcome.result);
    if (calls.length === 0) return;
    const attempt = record.attempts.find((each) => each.attempt === outcome.attempt);
    if (attempt === undefined) return;
    this.book(attempt, step, outcome.attempt, calls, at);
    this.store.steps.update(
      record.ord,
      step,
      record.attempts,
      attempt.finished_at === null ? null : Date.parse(attempt.finished_at),
    );
    this.row.revision++;
    this.store.writeStatus(this.row);
  }
}

/** What a call was made with, where this outcome made it. */
function requestIn(outcome: Outcome | null, { call }: StepState): JsonValue | undefined {
  if (outcome?.result.kind !== 'calls') return undefined;
  return outcome.result.made.find(({ id }) => id === call)?.request;
}

function shown({ code, message, node_id }: ExecutionError) {
  return { code, message, node_id: node_id ?? null };
}

function preview(text: string): string {
  return text.length <= PREVIEW_CHARACTERS ? text : `${text.slice(0, PREVIEW_CHARACTERS)}…`;
}
