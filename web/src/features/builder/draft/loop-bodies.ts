import type { AgentDefinition } from '@agentflow/contracts';
import { exitOf } from './exits.ts';
import { nodeKeys } from './keys.ts';

export interface LoopBody {
  /** Key of the loop's node. */
  readonly loop: string;
  /** Keys of the nodes that run in its rounds, those of loops inside it included. */
  readonly nodes: ReadonlySet<string>;
  /** How many loops stand around it. */
  readonly depth: number;
}

const known = new WeakMap<AgentDefinition, readonly LoopBody[]>();

/** What runs in the rounds of each loop: everything that its exit `each` leads to. Outer loops come first. */
export function loopBodies(definition: AgentDefinition): readonly LoopBody[] {
  const found = known.get(definition);
  if (found !== undefined) return found;
  const keys = nodeKeys(definition);
  const bodies = definition.nodes.flatMap((node, index) => {
    if (node.type !== 'logic.loop') return [];
    const nodes = new Set<string>();
    const open = definition.edges
      .filter((edge) => edge.source === node.id && exitOf(edge) === 'each')
      .map((edge) => edge.target);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (nodes.has(at) || at === node.id) continue;
      nodes.add(at);
      for (const edge of definition.edges) if (edge.source === at) open.push(edge.target);
    }
    const there = new Set(keys.filter((key) => nodes.has(key)));
    return there.size === 0 ? [] : [{ loop: keys[index] ?? node.id, nodes: there }];
  });
  const nested = bodies
    .map((body) => ({ ...body, depth: bodies.filter((each) => each !== body && each.nodes.has(body.loop)).length }))
    .sort((left, right) => left.depth - right.depth);
  known.set(definition, nested);
  return nested;
}
