import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { type Behaviour, node, Simulation, seeded } from './simulate.ts';

/** A random graph of up to 40 nodes: branches, joins, exits not taken, failures that pass and failures that last. */
function randomGraph(random: () => number): { definition: AgentDefinition; behaviour: Record<string, Behaviour> } {
  const size = 2 + Math.floor(random() * 39);
  const nodes: AgentNode[] = [node('n0', 'trigger.manual')];
  const edges: AgentEdge[] = [];
  const behaviour: Record<string, Behaviour> = {};
  for (let index = 1; index < size; index++) {
    const id = `n${index}`;
    const kind = random();
    const retry = { max_attempts: 3, initial_ms: 100, factor: 2, max_ms: 1000 };
    if (kind < 0.2) {
      nodes.push(node(id, 'logic.if'));
      behaviour[id] = { handle: random() < 0.5 ? 'true' : 'false' };
    } else if (kind < 0.3) {
      nodes.push(node(id, 'logic.merge', { config: { mode: 'all' } }));
    } else if (kind < 0.5) {
      nodes.push(node(id, 'action.http', { retry, on_error: random() < 0.5 ? 'continue' : 'branch' }));
      behaviour[id] = { failures: Math.floor(random() * 5), retryable: random() < 0.8 };
    } else {
      nodes.push(node(id));
    }
    const parents = 1 + Math.floor(random() * Math.min(3, index));
    for (const parent of new Set(Array.from({ length: parents }, () => Math.floor(random() * index)))) {
      const source = nodes[parent] as AgentNode;
      const handle =
        source.type === 'logic.if'
          ? random() < 0.5
            ? 'true'
            : 'false'
          : source.on_error === 'branch' && random() < 0.3
            ? 'error'
            : undefined;
      edges.push({
        id: `e${edges.length}`,
        source: source.id,
        target: id,
        ...(handle === undefined ? {} : { source_handle: handle }),
      });
    }
  }
  return { definition: { nodes, edges }, behaviour };
}

describe('a crash at any boundary', () => {
  it('changes neither the outcome nor the steps, and runs no finished step again', () => {
    let deaths = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const { definition, behaviour } = randomGraph(seeded(seed));
      const calm = new Simulation(definition, { behaviour, random: seeded(seed) }).toEnd();
      const stormy = new Simulation(definition, { behaviour, random: seeded(seed * 7), crashes: 0.25 }).toEnd();
      deaths += stormy.deaths;
      expect(stormy.statuses(), `seed ${seed}`).toEqual(calm.statuses());
      expect(stormy.outcome, `seed ${seed}`).toEqual(calm.outcome);
      expect(new Set(stormy.completions).size, `seed ${seed}: a step ended twice`).toBe(stormy.completions.length);
      for (const key of stormy.completions) {
        expect(stormy.starts.lastIndexOf(key), `seed ${seed}`).toBeGreaterThanOrEqual(0);
        expect(stormy.step(key)?.status).toMatch(/completed|failed/);
      }
    }
    expect(deaths).toBeGreaterThan(1000);
  });
});
