import type { AgentEdge } from '@agentflow/contracts';

/** The edges of a definition that join two nodes, as indices into its nodes. */
export interface GraphEdge {
  readonly source: number;
  readonly target: number;
  readonly handle: string;
}

export interface Graph {
  readonly size: number;
  readonly edges: readonly GraphEdge[];
  readonly outgoing: readonly (readonly GraphEdge[])[];
  readonly incoming: readonly (readonly GraphEdge[])[];
}

/** Edge without `source_handle` leaves by `out`. Edges to unknown nodes and back to their own node are left out. */
export function buildGraph(size: number, edges: readonly AgentEdge[], indexOf: ReadonlyMap<string, number>): Graph {
  const outgoing: GraphEdge[][] = Array.from({ length: size }, () => []);
  const incoming: GraphEdge[][] = Array.from({ length: size }, () => []);
  const joined: GraphEdge[] = [];
  for (const { source, target, source_handle = 'out' } of edges) {
    const from = indexOf.get(source);
    const to = indexOf.get(target);
    if (from === undefined || to === undefined || from === to) continue;
    const edge = { source: from, target: to, handle: source_handle };
    joined.push(edge);
    outgoing[from]?.push(edge);
    incoming[to]?.push(edge);
  }
  return { size, edges: joined, outgoing, incoming };
}

/** Which nodes can be reached from `starts`; `without` leaves out the edges of one exit. */
export function reachable(
  graph: Graph,
  starts: readonly number[],
  without?: { readonly node: number; readonly handle: string },
): Uint8Array {
  const seen = new Uint8Array(graph.size);
  const waiting = [...starts];
  for (const start of starts) seen[start] = 1;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const edge of graph.outgoing[node] ?? []) {
      if (seen[edge.target] === 1 || (node === without?.node && edge.handle === without.handle)) continue;
      seen[edge.target] = 1;
      waiting.push(edge.target);
    }
  }
  return seen;
}

/** Which nodes lie before `node` on some way to it. */
export function upstreamOf(graph: Graph, node: number): Uint8Array {
  const seen = new Uint8Array(graph.size);
  const waiting = [node];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const edge of graph.incoming[at] ?? []) {
      if (seen[edge.source] === 1) continue;
      seen[edge.source] = 1;
      waiting.push(edge.source);
    }
  }
  return seen;
}

/** Groups of nodes that lead back to themselves, each once and in the order in which one walk around it meets them. */
export function cycles(graph: Graph): number[][] {
  const order = new Int32Array(graph.size).fill(-1);
  const lowest = new Int32Array(graph.size);
  const open = new Uint8Array(graph.size);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  // Tarjan's components; the recursion is as deep as the longest way, which the limit on nodes bounds.
  const visit = (node: number): void => {
    order[node] = counter;
    lowest[node] = counter;
    counter += 1;
    stack.push(node);
    open[node] = 1;
    for (const { target } of graph.outgoing[node] ?? []) {
      if (order[target] === -1) {
        visit(target);
        lowest[node] = Math.min(lowest[node] ?? 0, lowest[target] ?? 0);
      } else if (open[target] === 1) {
        lowest[node] = Math.min(lowest[node] ?? 0, order[target] ?? 0);
      }
    }
    if (lowest[node] !== order[node]) return;
    const component = stack.splice(stack.indexOf(node));
    for (const member of component) open[member] = 0;
    if (component.length > 1) found.push(component);
  };
  for (let node = 0; node < graph.size; node += 1) if (order[node] === -1) visit(node);
  return found;
}

/** One exit of a node that has several, and the nodes that run only where that exit is taken. */
export interface Branch {
  readonly node: number;
  readonly handle: string;
  readonly only: Uint8Array;
}

/** Branches of every node whose edges leave by different exits, of which a run takes one. */
export function exclusiveBranches(
  graph: Graph,
  starts: readonly number[],
  hasExits: (node: number) => boolean,
): Branch[] {
  const all = reachable(graph, starts);
  const branches: Branch[] = [];
  for (let node = 0; node < graph.size; node += 1) {
    if (all[node] !== 1 || !hasExits(node)) continue;
    for (const handle of new Set((graph.outgoing[node] ?? []).map((edge) => edge.handle))) {
      const others = reachable(graph, starts, { node, handle });
      branches.push({
        node,
        handle,
        only: all.map((reached, index) => (reached === 1 && others[index] === 0 ? 1 : 0)),
      });
    }
  }
  return branches;
}
