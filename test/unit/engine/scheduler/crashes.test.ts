import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { CrashReport } from '../../../support/crash-report.ts';
import { type Behaviour, node, Simulation, seeded } from './simulate.ts';

/** What a random graph can hold; the scope of each node is its loop, so that edges stay within a round. */
class RandomGraph {
  readonly nodes: AgentNode[] = [node('n0', 'trigger.manual')];
  readonly edges: AgentEdge[] = [];
  readonly behaviour: Record<string, Behaviour> = {};

  constructor(private readonly random: () => number) {
    this.fill(2 + Math.floor(random() * 24), 'n0', 0);
  }

  get definition(): AgentDefinition {
    return { nodes: this.nodes, edges: this.edges };
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }

  /** Nodes that hang on `root` and on each other. In a loop's body the root is the loop, left by `each`. */
  private fill(size: number, root: string, depth: number): void {
    const scope: AgentNode[] = [];
    for (let count = 0; count < size; count++) {
      const id = `n${this.nodes.length}`;
      const made = this.make(id, depth);
      this.nodes.push(made);
      const parents = 1 + Math.floor(this.random() * Math.min(3, scope.length + 1));
      const chosen = new Set(Array.from({ length: parents }, () => Math.floor(this.random() * (scope.length + 1))));
      for (const index of chosen) this.connect(scope[index - 1] ?? null, root, id, depth);
      scope.push(made);
      if (made.type === 'logic.loop') this.fill(1 + Math.floor(this.random() * 4), id, depth + 1);
    }
  }

  private connect(source: AgentNode | null, root: string, target: string, depth: number): void {
    const add = (from: string, handle?: string) =>
      this.edges.push({
        id: `e${this.edges.length}`,
        source: from,
        target,
        ...(handle === undefined ? {} : { source_handle: handle }),
      });
    if (source === null) add(root, depth === 0 ? undefined : 'each');
    else if (source.type === 'logic.if') add(source.id, this.chance(0.5) ? 'true' : 'false');
    else if (source.on_error === 'branch' && this.chance(0.3)) add(source.id, 'error');
    else add(source.id);
  }

  private turns(): number[] {
    return Array.from({ length: 1 + Math.floor(this.random() * 3) }, () => Math.floor(this.random() * 3));
  }

  private make(id: string, depth: number): AgentNode {
    const kind = this.random();
    const retry = { max_attempts: 3, initial_ms: 100, factor: 2, max_ms: 1000 };
    const on_error = this.chance(0.5) ? 'continue' : 'branch';
    if (kind < 0.12 && depth < 2) {
      this.behaviour[id] = {
        rounds: Math.floor(this.random() * 4),
        conditional: this.chance(0.3),
        concurrency: 1 + Math.floor(this.random() * 3),
        on_item_error: this.chance(0.5) ? 'collect' : 'stop',
      };
      return node(id, 'logic.loop', { on_error });
    }
    if (kind < 0.25) {
      this.behaviour[id] = { handle: this.chance(0.5) ? 'true' : 'false' };
      return node(id, 'logic.if');
    }
    if (kind < 0.33) {
      const config = this.chance(0.5) ? { mode: 'all' } : { mode: 'first', count: 2 };
      return node(id, 'logic.merge', { config });
    }
    if (kind < 0.4) {
      this.behaviour[id] = { delay_ms: 1 + Math.floor(this.random() * 5000) };
      return node(id, 'logic.delay');
    }
    if (kind < 0.47) {
      this.behaviour[id] = { asks: true };
      return node(id, 'human.approval');
    }
    if (kind < 0.55) {
      this.behaviour[id] = {
        turns: this.turns(),
        ...(this.chance(0.5) ? { helper_turns: this.turns() } : {}),
      };
      return node(id, 'ai.agent');
    }
    if (kind < 0.61) {
      this.behaviour[id] = { child_ms: Math.floor(this.random() * 2000) };
      return node(id, 'agent.call', { on_error });
    }
    if (kind < 0.75) {
      this.behaviour[id] = { failures: Math.floor(this.random() * 5), retryable: this.chance(0.8) };
      // Inside rounds some failures reach the loop, which stops or collects them.
      return node(id, 'action.http', { retry, ...(depth > 0 && this.chance(0.4) ? {} : { on_error }) });
    }
    return node(id);
  }
}

/** Steps that ran or were skipped beside a round that failed depend on who was faster; what the round came to does not. */
function settled(statuses: Record<string, string>, hasFailingRounds: boolean): Record<string, string> {
  if (!hasFailingRounds) return statuses;
  return Object.fromEntries(Object.entries(statuses).filter(([key]) => !key.includes('@')));
}

describe('a crash at any boundary', () => {
  it('changes neither the outcome nor the steps, and runs no finished step again', (context) => {
    const report = new CrashReport();
    let nested = 0;
    const met = new Set<string>();
    const kinds = new Map<string, number>();
    for (let seed = 1; seed <= 500; seed++) {
      const graph = new RandomGraph(seeded(seed));
      const { definition, behaviour } = graph;
      const calm = new Simulation(definition, { behaviour, random: seeded(seed) }).toEnd();
      const stormy = new Simulation(definition, { behaviour, random: seeded(seed * 7), crashes: 0.25 }).toEnd();
      const typeOf = new Map(graph.nodes.map(({ id, type }) => [id, type]));
      for (const [boundary, id] of stormy.deaths) report.hit(boundary, typeOf.get(id) ?? id);
      for (const type of stormy.types) met.add(type);
      for (const { type } of graph.nodes) kinds.set(type, (kinds.get(type) ?? 0) + 1);
      const failing = stormy.types.has('item_failed') || calm.types.has('item_failed');
      // A merge of the first few takes whoever is first.
      const racing = graph.nodes.some(({ config }) => config.mode === 'first');
      expect(settled(stormy.statuses(), failing || racing), `seed ${seed}`).toEqual(
        settled(calm.statuses(), failing || racing),
      );
      expect(stormy.outcome, `seed ${seed}`).toEqual(calm.outcome);
      expect(new Set(stormy.completions).size, `seed ${seed}: a step ended twice`).toBe(stormy.completions.length);
      nested += stormy.completions.filter((key) => key.includes('/t')).length;
      for (const key of stormy.completions) {
        if (!key.endsWith('#item')) expect(stormy.starts.lastIndexOf(key), `seed ${seed}`).toBeGreaterThanOrEqual(0);
        expect(stormy.step(key)?.status).toMatch(/completed|failed/);
      }
      expect(stormy.run.active, `seed ${seed}: counts`).toBe(0);
    }
    expect(nested, 'calls of calls').toBeGreaterThan(300);
    expect(report.count).toBeGreaterThan(3000);
    report.close(context, { 'before an effect': 1000, 'after an effect': 1000, 'while it waits': 100 });
    for (const type of [
      'item_started',
      'item_completed',
      'item_failed',
      'check_loop',
      'collect_loop',
      'continue_step',
      'step_retrying',
      'step_waiting',
      'step_due',
      'execution_waiting',
      'execution_resumed',
      'step_skipped',
      'step_cancelled',
    ]) {
      expect(met, `no run met ${type}`).toContain(type);
    }
    for (const type of ['logic.loop', 'logic.delay', 'human.approval', 'agent.call', 'ai.agent'])
      expect(kinds.get(type) ?? 0, type).toBeGreaterThan(200);
  });
});
