import type { AgentDefinition, AgentEdge, AgentNode, DefinitionDiff, NodeChange } from '@agentflow/contracts';
import { diffDefinitions, withNames } from '@agentflow/engine';
import { edgeKeys, nodeKeys } from '../builder/draft/keys.ts';
import { freeSpot, placeAll } from '../builder/draft/layout.ts';

export type Changes = Omit<DefinitionDiff, 'from' | 'to'>;
export type Mark = NodeChange['kind'];

/** Both sides of a diff as one graph: what is gone stands where it stood, or near it. */
export interface DiffGraph {
  readonly definition: AgentDefinition;
  /** By the keys of nodes and edges in `definition`; what has none is the same on both sides. */
  readonly nodeMarks: ReadonlyMap<string, Mark>;
  readonly edgeMarks: ReadonlyMap<string, Mark>;
}

export function plainGraph(definition: AgentDefinition): DiffGraph {
  return { definition: placeAll(definition), nodeMarks: new Map(), edgeMarks: new Map() };
}

function byKey<Part>(keys: readonly string[], parts: readonly Part[]): Map<string, Part> {
  return new Map(keys.flatMap((key, index) => (parts[index] === undefined ? [] : [[key, parts[index]]])));
}

export function diffGraph(from: AgentDefinition, to: AgentDefinition, changes = diffDefinitions(from, to)): DiffGraph {
  const names = new Map(
    changes.nodes.flatMap(({ node_id, renamed_from }) => (renamed_from === undefined ? [] : [[renamed_from, node_id]])),
  );
  const before = placeAll(withNames(from, names));
  const oldNodes = byKey<AgentNode>(nodeKeys(before), before.nodes);
  const oldEdges = byKey<AgentEdge>(edgeKeys(before), before.edges);
  let united = placeAll(to);
  for (const { node_id, kind } of changes.nodes) {
    const node = oldNodes.get(node_id);
    if (kind !== 'removed' || node === undefined) continue;
    const position = freeSpot(united, node.position ?? { x: 0, y: 0 }, node);
    united = { ...united, nodes: [...united.nodes, { ...node, position: { ...position } }] };
  }
  const goneEdges = changes.edges.flatMap(({ edge_id, kind }) => {
    const edge = oldEdges.get(edge_id);
    return kind === 'removed' && edge !== undefined ? [edge] : [];
  });
  return {
    definition: { ...united, edges: [...united.edges, ...goneEdges] },
    nodeMarks: new Map(changes.nodes.map(({ node_id, kind }) => [node_id, kind])),
    edgeMarks: new Map(changes.edges.map(({ edge_id, kind }) => [edge_id, kind])),
  };
}
