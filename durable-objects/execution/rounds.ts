import type { JsonValue } from '@agentflow/contracts';
import {
  indexOfItem,
  type NodeInScope,
  type OpenedLoop,
  type PlanNode,
  parentPath,
  type StepState,
  stepKey,
} from '@agentflow/engine';
import type { ExecutionStore } from './store/execution.ts';

/** All outputs of a loop's rounds together; more fails the loop with `output_too_large`. */
export const MAX_RESULTS_CHARACTERS = 4 * 1024 * 1024;

interface Results {
  readonly values: JsonValue[];
  characters: number;
  failed: number;
}

/**
 * Items and outputs of the loops that are under way, by the key of the loop's step: in memory, since every round asks for
 * them, and read again from the rows after an eviction.
 */
export class Rounds {
  private readonly items = new Map<string, readonly JsonValue[] | null>();
  private readonly results = new Map<string, Results>();

  constructor(
    private readonly store: ExecutionStore,
    private readonly ordOf: (key: string) => number,
  ) {}

  open(step: StepState, loop: OpenedLoop): void {
    this.items.set(step.key, loop.items);
    this.results.set(step.key, { values: [], characters: 0, failed: 0 });
    if (loop.items !== null) this.store.steps.writeItems(this.ordOf(step.key), step.key, loop.items);
  }

  /** What a round's expressions see of its loop. */
  round(loop: PlanNode, path: string): NodeInScope & { readonly item: JsonValue } {
    const owner = stepKey(loop.id, parentPath(path));
    const index = indexOfItem({ node_id: loop.id, path, call: '' });
    const items = this.itemsOf(owner);
    if (items !== null) return { item: items[index] ?? null, index };
    const isConditional = loop.node.config.while !== undefined;
    return { item: isConditional ? (this.resultsOf(loop, owner).values[index - 1] ?? null) : index, index };
  }

  add(loop: PlanNode, round: StepState, output: JsonValue, failed: boolean): void {
    const results = this.resultsOf(loop, stepKey(loop.id, parentPath(round.path)));
    const characters = JSON.stringify(output).length;
    results.characters += characters;
    if (failed) results.failed++;
    // Past the limit nothing is kept but the last output, which the next round of a conditional loop reads.
    if (results.characters > MAX_RESULTS_CHARACTERS) results.values.length = 0;
    results.values[indexOfItem(round)] = output;
  }

  /** The loop's output when all rounds have ended; null when it is too large. */
  collect(loop: PlanNode, step: StepState): { results: JsonValue[]; count: number; failed: number } | null {
    const { values, characters, failed } = this.resultsOf(loop, step.key);
    if (characters > MAX_RESULTS_CHARACTERS) return null;
    return { results: Array.from(values, (value) => value ?? null), count: values.length, failed };
  }

  close(key: string): void {
    this.items.delete(key);
    this.results.delete(key);
  }

  private itemsOf(owner: string): readonly JsonValue[] | null {
    let items = this.items.get(owner);
    if (items === undefined) {
      items = this.store.steps.items(this.ordOf(owner), owner);
      this.items.set(owner, items);
    }
    return items;
  }

  private resultsOf(loop: PlanNode, owner: string): Results {
    let results = this.results.get(owner);
    if (results === undefined) {
      results = { values: [], characters: 0, failed: 0 };
      const at = owner.indexOf('@');
      for (const row of this.store.steps.roundOutputs(loop.id, at < 0 ? '' : `${owner.slice(at + 1)}.`)) {
        results.values[row.index] = row.output;
        results.characters += JSON.stringify(row.output).length;
        if (row.status === 'failed') results.failed++;
      }
      this.results.set(owner, results);
    }
    return results;
  }
}
