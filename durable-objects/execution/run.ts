import type { Actor, AgentDefinition, ExecutionEvent, JsonValue, StepAttempt } from '@agentflow/contracts';
import { isTerminal } from '@agentflow/contracts';
import {
  advance,
  type Change,
  callerOf,
  type DeepContext,
  type EndedCall,
  isToolCall,
  type NodeInScope,
  newRun,
  type Plan,
  type PlanNode,
  type RecordedStep,
  type RunOptions,
  type RunState,
  restore,
  type Signal,
  type StepCall,
  type StepState,
  seesCalls,
  type WorkspaceChange,
} from '@agentflow/engine';
import type { Approvals } from './approvals.ts';
import { deepOf, hasHelpers, mayHear } from './deep-nodes.ts';
import type { ReadLarge } from './large-values.ts';
import type { Outcome } from './outcomes.ts';
import { planOf } from './plan-cache.ts';
import type { Totals } from './present.ts';
import { Recorder } from './recorder.ts';
import { RunEvents } from './run-events.ts';
import { type StepRecord, StepRecords } from './step-records.ts';
import type { ExecutionStore } from './store/execution.ts';
import { attemptTotals, type ExecutionRow } from './store/rows.ts';
import { ExecutionWorkspace } from './workspace.ts';

/**
 * One execution as memory holds it: the engine's state and what the store has of each step. Every change goes through
 * `commit`, which writes rows and events of one signal in one transaction; after a failed transaction the instance is
 * useless (memory is ahead of the rows) and must be dropped.
 */
export class ExecutionRun {
  readonly totals: Totals = { input_tokens: 0, output_tokens: 0, cost_microusd: 0, step_count: 0 };
  readonly approvals: Approvals;
  readonly workspace: ExecutionWorkspace;
  private readonly events: RunEvents;
  private readonly records: StepRecords;
  private readonly recorder: Recorder;
  private knownInput: JsonValue | undefined;
  private knownResult: JsonValue | null | undefined;

  private constructor(
    readonly row: ExecutionRow,
    readonly state: RunState,
    readonly plan: Plan,
    private readonly store: ExecutionStore,
  ) {
    this.approvals = store.approvals();
    this.events = new RunEvents(row.facts.execution_id);
    this.records = new StepRecords(plan, store);
    this.workspace = new ExecutionWorkspace(store.files);
    const { approvals, events, records, totals, workspace } = this;
    this.recorder = new Recorder({ row, state, store, records, approvals, events, totals, workspace });
  }

  static begin(row: ExecutionRow, plan: Plan, input: JsonValue, store: ExecutionStore): ExecutionRun {
    const run = new ExecutionRun(row, newRun(optionsOf(row, store)), plan, store);
    run.knownInput = input;
    return run;
  }

  static load(store: ExecutionStore): ExecutionRun {
    const row = store.read();
    const steps = store.steps.openStates();
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
    run.events.lastSeq = store.events.lastSeq();
    run.records.load();
    for (const step of steps) {
      if (run.state.steps.has(step.state.key)) run.records.keep(step.state, { ...step, attempts: step.attempts });
    }
    const totals = store.steps.totals();
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
    const made = this.recorder.result;
    if (this.knownResult === undefined) this.knownResult = made === undefined ? this.store.output() : made;
    return this.knownResult;
  }

  /** After the end: brings back what `input` and `result` give, should it have moved to R2. */
  async recall(read: ReadLarge): Promise<void> {
    const names: string[] = [];
    if (this.knownInput === undefined && this.store.values.hasMoved('input')) names.push('input');
    if (this.knownResult === undefined && this.store.values.hasMoved('output')) names.push('output');
    if (names.length === 0) return;
    const texts = await read(names);
    for (const [name, text] of texts) {
      if (name === 'input') this.knownInput = JSON.parse(text) as JsonValue;
      else this.knownResult = JSON.parse(text) as JsonValue;
    }
  }

  get lastSeq(): number {
    return this.events.lastSeq;
  }

  /** Large values that nothing which runs reads any more; they are the caller's to move. */
  takeReleased(): string[] {
    return this.records.released.splice(0);
  }

  recordOf(step: StepState): StepRecord {
    return this.records.of(step);
  }

  /** Output of a closed step, from memory or its row. */
  output(key: string): JsonValue {
    return this.records.output(key);
  }

  /** Item and index of a round, for the expressions of its steps. */
  round(loop: PlanNode, path: string): NodeInScope & { readonly item: JsonValue } {
    return this.records.round(loop, path);
  }

  /** The call that a step stands for; null for a node's own step. */
  callOf(step: StepState): StepCall | null {
    if (step.call === '') return null;
    return { id: step.call, request: this.store.steps.items(this.recordOf(step).ord, step.key)?.[0] ?? null };
  }

  /** Of a shadow run: what the step answered then. */
  shadowOf(step: StepState): { recorded: RecordedStep | null } | undefined {
    return this.row.facts.shadow_of === undefined ? undefined : { recorded: this.store.steps.recorded(step.key) };
  }

  endedCalls(step: StepState): readonly EndedCall[] {
    const goesOn = step.progress?.kind === 'calls';
    // A helper that begins must know the tools that its node has listed.
    const begins = isToolCall(step.call) && hasHelpers(this, step);
    if (!goesOn && !begins && !seesCalls(step.call)) return [];
    const within = seesCalls(step.call) ? callerOf(step.call) : step.call;
    return this.store.steps.endedCalls(step.node_id, step.path, within);
  }

  /** What a deep agent sees of its execution; undefined for every other node, which costs nothing. */
  deepContext(step: StepState): DeepContext | undefined {
    if (deepOf(this, step) === null) return undefined;
    const { store, workspace } = this;
    const counted = hasHelpers(this, step);
    // Asked for by decisions alone, so that turns and tools pay for none of it.
    return {
      workspace,
      get notes() {
        return (JSON.parse(store.definition()) as AgentDefinition).knowledge ?? {};
      },
      get said() {
        return step.call === '' ? store.said.unheard() : [];
      },
      get tokens_elsewhere() {
        return counted ? store.steps.tokensBeside(step.node_id, step.path, step.call) : 0;
      },
    };
  }

  /** Whether this result was made from what is not so any more, and has to be made again. */
  isOutdated({ kind, workspace }: { readonly kind: string; readonly workspace?: WorkspaceChange }): boolean {
    if (workspace === undefined) return false;
    if (this.workspace.isOutdated(workspace)) return true;
    const { heard } = workspace;
    return kind === 'completed' && heard !== undefined && this.store.said.unheard().some(({ id }) => id > heard);
  }

  /** A word to the deep agents; null where none of them runs any more or will. In a transaction. */
  say(text: string, by: Actor, at: number): ExecutionEvent[] | null {
    if (hasEnded(this) || !mayHear(this)) return null;
    const id = this.store.said.add(text, by, at);
    this.events.emit('agent.message', at, null, { id, text, by: { ...by } });
    const events = this.events.take();
    this.store.events.append(events);
    return events;
  }

  /** What a loop gives when its rounds have ended; null when that is too much. */
  collected(step: StepState): JsonValue | null {
    return this.records.rounds.collect(this.records.nodeOf(step), step);
  }

  /**
   * Feeds one signal to the engine and writes what it changes. Gives back the changes to perform and the events to send.
   * Must run inside the storage's `transactionSync`.
   */
  commit(signal: Signal, at: number, outcome: Outcome | null): { changes: Change[]; events: ExecutionEvent[] } {
    const changes = advance(this.plan, this.state, signal);
    if (outcome !== null && changes.length > 0) this.recorder.recordDecision(outcome, at);
    for (const change of changes) this.recorder.record(change, at, outcome);
    const events = this.events.take();
    this.store.events.append(events);
    return { changes, events };
  }

  /** Before a step that was asked about runs again: the attempt that asked did what it had to. */
  endAsking(step: StepState, at: number): void {
    this.recorder.endAsking(step, at);
  }

  /** Before a step that waited for money runs again. */
  endUnpaid(step: StepState, at: number): void {
    this.recorder.endUnpaid(step, at);
  }

  /** Books a call that ended after its step did (cancelled, timed out): tokens were used, nothing else changes. */
  bookLate(step: StepState, record: StepRecord, outcome: Outcome, at: number): void {
    this.recorder.bookLate(step, record, outcome, at);
  }

  private addTokens(attempts: readonly StepAttempt[]): void {
    const totals = attemptTotals(attempts);
    this.totals.input_tokens += totals.input_tokens;
    this.totals.output_tokens += totals.output_tokens;
    this.totals.cost_microusd += Math.round(totals.cost_usd * 1_000_000);
  }
}

/** Looked up only where the facts say that something was given: other executions pay nothing. */
function optionsOf({ facts }: ExecutionRow, store: ExecutionStore): RunOptions {
  if (facts.given === undefined) return {};
  const { only } = facts.given;
  return { given: store.steps.givenSteps(), ...(only === null ? {} : { only: new Set(only) }) };
}

export function hasEnded(run: ExecutionRun): boolean {
  return isTerminal(run.row.status);
}
