import { LOOP_BODY } from '../scheduler/plan.ts';
import type { Draft, DraftNode } from './draft.ts';
import { reachable } from './graph.ts';
import type { ProblemList } from './problem-list.ts';

const LOOP_TYPE = 'logic.loop';

export function isLoop(node: DraftNode | undefined): boolean {
  return node?.node.type === LOOP_TYPE;
}

/** The loops in whose bodies each node stands, by the node's index. */
export function loopsAround(draft: Draft): readonly ReadonlySet<number>[] {
  const around = draft.nodes.map(() => new Set<number>());
  for (const loop of draft.nodes) {
    if (!isLoop(loop)) continue;
    const first = (draft.graph.outgoing[loop.index] ?? []).filter((edge) => edge.handle === LOOP_BODY);
    const body = reachable(
      draft.graph,
      first.map((edge) => edge.target),
    );
    body.forEach((inside, index) => {
      if (inside === 1) around[index]?.add(loop.index);
    });
  }
  return around;
}

/** A round has one way in, the loop's exit `each`, and no way out: what comes after the loop follows its exit `out`. */
export function checkLoops(draft: Draft, problems: ProblemList): void {
  const around = loopsAround(draft);
  draft.definition.edges.forEach((edge, index) => {
    const source = draft.indexOf.get(edge.source);
    const target = draft.indexOf.get(edge.target);
    if (source === undefined || target === undefined || source === target) return;
    const entered = [...(around[target] ?? [])].filter((loop) => around[source]?.has(loop) !== true);
    const [only] = entered;
    const isEntry = entered.length === 1 && only === source && edge.source_handle === LOOP_BODY;
    if (entered.length === 0 || isEntry) return;
    const loop = draft.nodes[entered.find((each) => each !== source) ?? (only as number)]?.id;
    problems.edge({ index, id: edge.id }, 'target', {
      code: 'edge_into_loop',
      message:
        `"${edge.target}" runs in each round of "${loop}", so only nodes of the same rounds can lead to it. ` +
        `What runs after the loop follows its exit "out".`,
    });
  });
  for (const node of draft.nodes) {
    if (!isLoop(node)) continue;
    if ((draft.graph.outgoing[node.index] ?? []).some((edge) => edge.handle === LOOP_BODY)) continue;
    problems.node(node, '', {
      code: 'loop_without_body',
      message: `Nothing runs in the rounds of "${node.id}": connect its exit "each" to a node.`,
    });
  }
}
