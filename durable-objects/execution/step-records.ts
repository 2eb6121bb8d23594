import type { JsonValue, StepAttempt } from '@agentflow/contracts';
import { ITEM, type NodeInScope, type Plan, type PlanNode, type StepState } from '@agentflow/engine';
import { Rounds } from './rounds.ts';
import type { ExecutionStore } from './store/execution.ts';

/** What belongs to a step besides what the engine knows of it. */
export interface StepRecord {
  readonly ord: number;
  readonly attempts: StepAttempt[];
  started_at: number | null;
}

/** What memory holds of the steps of one execution besides the engine's state: their records and outputs, by key. */
export class StepRecords {
  /** Large values of rounds that have ended: they may move to R2. Taken by whoever moves them. */
  readonly released: string[] = [];
  readonly rounds: Rounds;
  private readonly records = new Map<string, StepRecord>();
  private readonly outputs = new Map<string, JsonValue>();
  /** Keys of the steps of each round, to forget them when it has ended. */
  private readonly inRound = new Map<string, string[]>();
  private lastOrd = 0;

  constructor(
    private readonly plan: Plan,
    private readonly store: ExecutionStore,
  ) {
    this.rounds = new Rounds(store, (key) => this.records.get(key)?.ord ?? 0);
  }

  /** After an eviction. */
  load(): void {
    this.lastOrd = this.store.steps.lastOrd();
  }

  nodeOf(step: StepState): PlanNode {
    const node = this.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    return node;
  }

  of(step: StepState): StepRecord {
    const record = this.records.get(step.key);
    if (record === undefined) throw new Error(`step ${step.key} has no record`);
    return record;
  }

  /** Takes up a step's record, of a new step with the next order number. */
  keep(step: StepState, record: StepRecord = { ord: 0, attempts: [], started_at: null }): StepRecord {
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

  /** Output of a closed step, from memory or its row. */
  output(key: string): JsonValue {
    let output = this.outputs.get(key);
    if (output === undefined) {
      const record = this.records.get(key);
      output = record === undefined ? null : this.store.steps.output(record.ord);
      this.outputs.set(key, output);
    }
    return output;
  }

  keepOutput(key: string, output: JsonValue): void {
    this.outputs.set(key, output);
  }

  /** Item and index of a round, for the expressions of its steps. */
  round(loop: PlanNode, path: string): NodeInScope & { readonly item: JsonValue } {
    return this.rounds.round(loop, path);
  }

  forget(key: string): void {
    this.records.delete(key);
  }

  /** A round has ended: its steps are not needed in memory any more. */
  closeRound(round: StepState): void {
    const id = `${round.node_id}@${round.path}`;
    for (const key of this.inRound.get(id) ?? []) {
      this.records.delete(key);
      this.outputs.delete(key);
      this.rounds.close(key);
      if (this.store.values.take(`step:${key}`)) this.released.push(`step:${key}`);
    }
    this.inRound.delete(id);
    this.records.delete(round.key);
  }
}
