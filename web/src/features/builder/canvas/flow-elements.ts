import type { AgentDefinition, AgentNode, DefinitionProblem } from '@agentflow/contracts';
import type { Edge, Node } from '@xyflow/react';
import { nodesInOrder } from '@/features/agents/definition-order.ts';
import type { Selection } from '../builder-store.ts';
import { type Exit, exitOf, exitsInUse, exitTitle, isTrigger } from '../draft/exits.ts';
import { edgeKeys, nodeKeys } from '../draft/keys.ts';
import { nodeKind, nodeLabel, nodeSize } from '../draft/node-facts.ts';
import { type EdgeRun, edgeRuns, type NodeRun } from '../test-run/run-view.ts';

export interface FlowNodeData extends Record<string, unknown> {
  readonly node: AgentNode;
  readonly exits: readonly Exit[];
  /** Exits that lead somewhere, joined: compared as a whole. */
  readonly taken: string;
  readonly hasEntry: boolean;
  readonly errors: number;
  readonly warnings: number;
  /** How it fared in the run that is shown. */
  readonly run: NodeRun | null;
  readonly pinned: boolean;
}
export type FlowNode = Node<FlowNodeData, 'node'>;

interface FlowEdgeData extends Record<string, unknown> {
  readonly label: string | null;
  readonly broken: boolean;
  readonly run: EdgeRun;
}
export type FlowEdge = Edge<FlowEdgeData, 'exit'>;

export interface FlowInput {
  readonly definition: AgentDefinition;
  readonly selection: Selection;
  readonly problems: ReadonlyMap<string, readonly DefinitionProblem[]>;
  readonly readOnly: boolean;
  /** By node id. */
  readonly runs: ReadonlyMap<string, NodeRun>;
  readonly pins: Readonly<Record<string, unknown>>;
}

/** "Classify, AI classify, 2 problems": what a node is when it can't be seen. */
export function spokenName(node: AgentNode, problems: number, run: NodeRun | null = null, pinned = false): string {
  const told = [
    ...(problems === 0 ? [] : [`${problems} ${problems === 1 ? 'problem' : 'problems'}`]),
    ...(run === null ? [] : [run.status]),
    ...(pinned ? ['pinned'] : []),
  ];
  return [nodeLabel(node), nodeKind(node), ...told].join(', ');
}

function same(left: FlowNodeData, right: FlowNodeData): boolean {
  return (
    left.node === right.node &&
    left.exits === right.exits &&
    left.taken === right.taken &&
    left.hasEntry === right.hasEntry &&
    left.errors === right.errors &&
    left.warnings === right.warnings &&
    left.run === right.run &&
    left.pinned === right.pinned
  );
}

/**
 * The canvas' nodes for a draft, in the order in which they run: that is the order of Tab. What has not changed is the
 * object it was, so that only changed nodes are drawn again; a node under the pointer stays where that holds it.
 */
export function flowNodes(input: FlowInput, before: readonly FlowNode[]): FlowNode[] {
  const { definition, selection, problems, readOnly, runs, pins } = input;
  const known = new Map(before.map((each) => [each.id, each]));
  const exitsTaken = new Map<string, Set<string>>();
  const entered = new Set<string>();
  for (const edge of definition.edges) {
    exitsTaken.set(edge.source, (exitsTaken.get(edge.source) ?? new Set()).add(exitOf(edge)));
    entered.add(edge.target);
  }
  const keys = new Map(definition.nodes.map((node, index) => [node, nodeKeys(definition)[index] ?? node.id]));
  return nodesInOrder(definition).map(({ node }) => {
    const key = keys.get(node) ?? node.id;
    const old = known.get(key);
    const taken = exitsTaken.get(node.id) ?? new Set<string>();
    const wrong = problems.get(key) ?? [];
    const errors = wrong.filter(({ severity }) => severity === 'error').length;
    const exits = exitsInUse(node, taken);
    const data: FlowNodeData = {
      node,
      exits: old !== undefined && sameExits(old.data.exits, exits) ? old.data.exits : exits,
      taken: [...taken].join(' '),
      hasEntry: !isTrigger(node.type) || entered.has(node.id),
      errors,
      warnings: wrong.length - errors,
      run: runs.get(node.id) ?? null,
      pinned: Object.hasOwn(pins, node.id),
    };
    const selected = selection.nodes.has(key);
    const position = old?.dragging === true ? old.position : (node.position ?? { x: 0, y: 0 });
    if (
      old !== undefined &&
      old.selected === selected &&
      old.position.x === position.x &&
      old.position.y === position.y &&
      old.draggable === !readOnly &&
      same(old.data, data)
    ) {
      return old;
    }
    return {
      ...old,
      id: key,
      type: 'node',
      position,
      data,
      selected,
      draggable: !readOnly,
      ...nodeSize(node, exits.length),
      ariaLabel: spokenName(node, wrong.length, data.run, data.pinned) + (selected ? ', selected' : ''),
    };
  });
}

function sameExits(left: readonly Exit[], right: readonly Exit[]): boolean {
  return (
    left.length === right.length &&
    left.every((each, at) => {
      const other = right[at];
      return each.handle === other?.handle && each.title === other.title && each.known === other.known;
    })
  );
}

/** The canvas' edges; what has not changed is the object it was. One that leads from or to nothing can't be drawn; the problems tell of it. */
export function flowEdges(
  { definition, selection, runs }: Pick<FlowInput, 'definition' | 'selection' | 'runs'>,
  before: readonly FlowEdge[],
): FlowEdge[] {
  const drawn = new Map(before.map((each) => [each.id, each]));
  const told = edgeRuns(definition, runs);
  const keys = edgeKeys(definition);
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  return definition.edges.flatMap((edge, index) => {
    const [source, target] = [nodes.get(edge.source), nodes.get(edge.target)];
    const key = keys[index] ?? edge.id;
    if (source === undefined || target === undefined || source === target) return [];
    const exit = exitOf(edge);
    const known = exitsInUse(source, []).some(({ handle }) => handle === exit);
    const label = exitTitle(source, exit);
    const by = label === null ? '' : `, by ${label}`;
    const name = `Edge from ${nodeLabel(source)} to ${nodeLabel(target)}${by}`;
    const made = {
      id: key,
      type: 'exit' as const,
      source: edge.source,
      target: edge.target,
      sourceHandle: exit,
      data: { label, broken: !known, run: told.get(key) ?? null },
      ariaLabel: name,
      ariaRole: 'group' as const,
      // Reached in the order in which nodes run, from the node that it leaves.
      domAttributes: { tabIndex: -1 },
      selected: selection.edges.has(key),
    };
    const old = drawn.get(key);
    return [old !== undefined && sameEdge(old, made) ? old : made];
  });
}

function sameEdge(left: FlowEdge, right: FlowEdge): boolean {
  return (
    left.source === right.source &&
    left.target === right.target &&
    left.sourceHandle === right.sourceHandle &&
    left.selected === right.selected &&
    left.data?.label === right.data?.label &&
    left.data?.broken === right.data?.broken &&
    left.data?.run === right.data?.run &&
    left.ariaLabel === right.ariaLabel
  );
}
