import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';
import dagre from '@dagrejs/dagre';
import { exitOf, exitsOf } from './exits.ts';
import { nodeKeys } from './keys.ts';
import { loopBodies } from './loop-bodies.ts';
import { GRID, nodeSize } from './node-facts.ts';

export interface Position {
  readonly x: number;
  readonly y: number;
}

function onGrid(value: number): number {
  return Math.round(value / GRID) * GRID;
}

/** Edges in the order of the exits that they leave by, those of one exit in the order of the document. */
function edgesByExit(definition: AgentDefinition): AgentEdge[] {
  const place = new Map(
    definition.nodes.map((node) => [node.id, new Map(exitsOf(node).map(({ handle }, index) => [handle, index]))]),
  );
  const rank = (edge: AgentEdge) => place.get(edge.source)?.get(exitOf(edge)) ?? Number.MAX_SAFE_INTEGER;
  return [...definition.edges].sort((left, right) => rank(left) - rank(right));
}

/** Who stands above whom: the followers of one node in the order of its exits. Never a circle. */
function followersInOrder(edges: readonly AgentEdge[]): { left: string; right: string }[] {
  const followers = new Map<string, Set<string>>();
  for (const { source, target } of edges) {
    followers.set(source, (followers.get(source) ?? new Set()).add(target));
  }
  const above = new Map<string, Set<string>>();
  const stands = (upper: string, lower: string): boolean => {
    const reached = new Set([upper]);
    for (const at of reached) for (const next of above.get(at) ?? []) reached.add(next);
    return reached.has(lower);
  };
  const pairs: { left: string; right: string }[] = [];
  for (const targets of followers.values()) {
    const list = [...targets];
    for (const [index, right] of list.entries()) {
      const left = list[index - 1];
      if (left === undefined || stands(right, left)) continue;
      above.set(left, (above.get(left) ?? new Set()).add(right));
      pairs.push({ left, right });
    }
  }
  return pairs;
}

/** Places for all nodes by key, from left to right in the order in which they run; a loop's body stays together. */
export function layOut(definition: AgentDefinition): Map<string, Position> {
  const graph = new dagre.graphlib.Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: GRID * 2, ranksep: GRID * 4, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  const keys = nodeKeys(definition);
  const nodes = new Map(keys.map((key, index) => [key, definition.nodes[index] as AgentNode]));
  for (const [key, node] of nodes) graph.setNode(key, { ...nodeSize(node) });
  for (const { loop, nodes: body } of loopBodies(definition)) {
    const cluster = `body of ${loop}`;
    graph.setNode(cluster, {});
    // Inner loops come after outer ones, and take their nodes over.
    for (const key of body) graph.setParent(key, cluster);
  }
  for (const { loop, nodes: body } of loopBodies(definition)) {
    for (const inner of loopBodies(definition)) {
      if (body.has(inner.loop) && inner.loop !== loop) graph.setParent(`body of ${inner.loop}`, `body of ${loop}`);
    }
  }
  const edges = edgesByExit(definition).filter(
    ({ source, target }) => nodes.has(source) && nodes.has(target) && source !== target,
  );
  for (const [index, edge] of edges.entries()) graph.setEdge(edge.source, edge.target, {}, String(index));
  dagre.layout(graph, { constraints: followersInOrder(edges) });
  const places = new Map<string, Position>();
  for (const [key, node] of nodes) {
    // Dagre gives centres.
    const { x, y } = graph.node(key) as Position;
    const { width, height } = nodeSize(node);
    places.set(key, { x: onGrid(x - width / 2), y: onGrid(y - height / 2) });
  }
  return places;
}

export function withPositions(definition: AgentDefinition, places: ReadonlyMap<string, Position>): AgentDefinition {
  const keys = nodeKeys(definition);
  return {
    ...definition,
    nodes: definition.nodes.map((node, index) => {
      const place = places.get(keys[index] ?? '');
      return place === undefined ? node : { ...node, position: { x: place.x, y: place.y } };
    }),
  };
}

/** A definition in which every node has a place: all of them laid out where none has one, else only those without. */
export function placeAll(definition: AgentDefinition): AgentDefinition {
  const without = definition.nodes.filter((node) => node.position === undefined).length;
  if (without === 0) return definition;
  const places = layOut(definition);
  if (without === definition.nodes.length) return withPositions(definition, places);
  const keys = nodeKeys(definition);
  let placed = definition;
  for (const [index, node] of definition.nodes.entries()) {
    const key = keys[index] ?? node.id;
    if (node.position !== undefined) continue;
    const spot = freeSpot(placed, places.get(key) ?? { x: 0, y: 0 }, node);
    placed = withPositions(placed, new Map([[key, spot]]));
  }
  return placed;
}

/** The place nearest below the wanted one where a node covers no other. */
export function freeSpot(definition: AgentDefinition, wanted: Position, node: AgentNode): Position {
  const size = nodeSize(node);
  const x = onGrid(wanted.x);
  let y = onGrid(wanted.y);
  const taken = definition.nodes.flatMap((each) =>
    each.position === undefined ? [] : [{ ...each.position, ...nodeSize(each) }],
  );
  const covered = () =>
    taken.find(
      (box) =>
        x < box.x + box.width + GRID &&
        x + size.width + GRID > box.x &&
        y < box.y + box.height + GRID &&
        y + size.height + GRID > box.y,
    );
  for (let box = covered(); box !== undefined; box = covered()) {
    y = Math.max(y + GRID, Math.ceil((box.y + box.height + GRID) / GRID) * GRID);
  }
  return { x, y };
}
