import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';

export interface OrderedNode {
  readonly node: AgentNode;
  readonly outgoing: readonly AgentEdge[];
}

/** Nodes in the order in which they can run: each after those that lead to it; what stands in a circle comes last. */
export function nodesInOrder(definition: AgentDefinition): OrderedNode[] {
  const waitingFor = new Map(definition.nodes.map((node) => [node.id, 0]));
  for (const edge of definition.edges) {
    const count = waitingFor.get(edge.target);
    if (count !== undefined && waitingFor.has(edge.source)) waitingFor.set(edge.target, count + 1);
  }
  const order: AgentNode[] = [];
  const ready = definition.nodes.filter((node) => waitingFor.get(node.id) === 0);
  const placed = new Set(ready);
  for (let node = ready.shift(); node !== undefined; node = ready.shift()) {
    order.push(node);
    for (const edge of definition.edges) {
      if (edge.source !== node.id) continue;
      const left = (waitingFor.get(edge.target) ?? 0) - 1;
      waitingFor.set(edge.target, left);
      const next = definition.nodes.find((each) => each.id === edge.target);
      if (left === 0 && next !== undefined && !placed.has(next)) {
        placed.add(next);
        ready.push(next);
      }
    }
  }
  order.push(...definition.nodes.filter((node) => !placed.has(node)));
  return order.map((node) => ({ node, outgoing: definition.edges.filter((edge) => edge.source === node.id) }));
}
