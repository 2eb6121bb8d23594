import type { AgentDefinition, AgentEdge } from '@agentflow/contracts';

/** Ids of the nodes that this one leads to, or with `up` of those that lead to it; without itself. */
export function reachedFrom({ edges }: AgentDefinition, id: string, direction: 'up' | 'down'): Set<string> {
  const [here, there] = direction === 'down' ? (['source', 'target'] as const) : (['target', 'source'] as const);
  const next = new Map<string, string[]>();
  for (const edge of edges) next.set(edge[here], [...(next.get(edge[here]) ?? []), edge[there]]);
  const reached = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const each of next.get(at) ?? []) {
      if (reached.has(each)) continue;
      reached.add(each);
      open.push(each);
    }
  }
  reached.delete(id);
  return reached;
}

export function newEdge(edges: readonly AgentEdge[], source: string, source_handle: string, target: string): AgentEdge {
  const taken = new Set(edges.map(({ id }) => id));
  const base = `${source}-${source_handle}`.slice(0, 110);
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  return { id, source, target, source_handle };
}
