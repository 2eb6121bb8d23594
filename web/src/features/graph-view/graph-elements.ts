import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import type { Edge, Node } from '@xyflow/react';
import { nodesInOrder } from '@/features/agents/definition-order.ts';
import { type Exit, exitOf, exitsInUse, exitTitle, isTrigger } from '@/features/builder/draft/exits.ts';
import { edgeKeys, nodeKeys } from '@/features/builder/draft/keys.ts';
import { placeAll } from '@/features/builder/draft/layout.ts';
import { nodeSize } from '@/features/builder/draft/node-facts.ts';
import type { NodeMark } from './node-mark.ts';

export interface GraphNodeData extends Record<string, unknown> {
  readonly node: AgentNode;
  readonly exits: readonly Exit[];
  readonly hasEntry: boolean;
  readonly mark: NodeMark | null;
}
export type GraphNode = Node<GraphNodeData, 'node'>;

/** Where the run went, as what became of the node behind it; `untaken` where it did not go. */
type EdgeState = 'plain' | 'running' | 'waiting' | 'taken' | 'failed' | 'untaken';

interface GraphEdgeData extends Record<string, unknown> {
  readonly label: string | null;
  readonly state: EdgeState;
}
export type GraphEdge = Edge<GraphEdgeData, 'exit'>;

const places = new WeakMap<AgentDefinition, AgentDefinition>();

/** The definition with a place for every node; laid out once. */
export function placed(definition: AgentDefinition): AgentDefinition {
  let known = places.get(definition);
  if (known === undefined) {
    known = placeAll(definition);
    places.set(definition, known);
  }
  return known;
}

/** Nodes in the order in which they run, which is the order of Tab; those that have not changed are the same objects. */
export function graphNodes(
  definition: AgentDefinition,
  marks: ReadonlyMap<string, NodeMark> | undefined,
  selected: string | undefined,
  say: (node: AgentNode, mark: NodeMark | null) => string,
  before: readonly GraphNode[],
): GraphNode[] {
  const known = new Map(before.map((each) => [each.id, each]));
  const taken = new Map<string, string[]>();
  const entered = new Set<string>();
  for (const edge of definition.edges) {
    taken.set(edge.source, [...(taken.get(edge.source) ?? []), exitOf(edge)]);
    entered.add(edge.target);
  }
  const keys = new Map(definition.nodes.map((node, index) => [node, nodeKeys(definition)[index] ?? node.id]));
  return nodesInOrder(definition).map(({ node }) => {
    const id = keys.get(node) ?? node.id;
    const mark = marks?.get(node.id) ?? null;
    const old = known.get(id);
    const isSelected = node.id === selected;
    const sameMark =
      old?.data.mark?.status === mark?.status &&
      old?.data.mark?.note === mark?.note &&
      old?.data.mark?.exit === mark?.exit;
    if (old !== undefined && old.data.node === node && old.selected === isSelected && sameMark) return old;
    const exits = exitsInUse(node, taken.get(node.id) ?? []);
    return {
      ...old,
      id,
      type: 'node',
      position: node.position ?? { x: 0, y: 0 },
      data: { node, exits, hasEntry: !isTrigger(node.type) || entered.has(node.id), mark },
      selected: isSelected,
      ...nodeSize(node, exits.length),
      ariaLabel: say(node, mark) + (isSelected ? ', selected' : ''),
    };
  });
}

function edgeState(exit: string, source: NodeMark | undefined, target: NodeMark | undefined): EdgeState {
  if (source === undefined) return 'untaken';
  // A loop is left for its rounds while it runs.
  const left = source.exit === exit || (exit === 'each' && target !== undefined && target.status !== 'pending');
  if (target === undefined || !left || target.status === 'skipped' || target.status === 'pending') return 'untaken';
  if (target.status === 'running' || target.status === 'waiting') return target.status;
  return target.status === 'failed' ? 'failed' : 'taken';
}

export function graphEdges(definition: AgentDefinition, marks: ReadonlyMap<string, NodeMark> | undefined): GraphEdge[] {
  const keys = edgeKeys(definition);
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  return definition.edges.flatMap((edge, index) => {
    const [source, target] = [nodes.get(edge.source), nodes.get(edge.target)];
    if (source === undefined || target === undefined || source === target) return [];
    const exit = exitOf(edge);
    const state = marks === undefined ? 'plain' : edgeState(exit, marks.get(source.id), marks.get(target.id));
    return [
      {
        id: keys[index] ?? edge.id,
        type: 'exit' as const,
        source: edge.source,
        target: edge.target,
        sourceHandle: exit,
        data: { label: exitTitle(source, exit), state },
      },
    ];
  });
}
