import { type AgentDefinition, type AgentEdge, type AgentNode, RESERVED_NODE_IDS } from '@agentflow/contracts';
import { renameReferences } from '@agentflow/engine';
import { exitOf, exitsOf, handleField, isTrigger } from './exits.ts';
import { edgeAt, edgeKeys, freeId, nodeAt, nodeKeys } from './keys.ts';
import { freeSpot, layOut, type Position, withPositions } from './layout.ts';
import { GRID, NODE_WIDTH } from './node-facts.ts';

/*
 * Everything that the builder does to a draft, as functions from one document to the next. Nodes and edges are named by
 * their keys. A command that has nothing to do gives back the document it got.
 */

export interface Edited {
  readonly definition: AgentDefinition;
  /** Keys of the nodes that were made. */
  readonly made: readonly string[];
}

/** Where a new node goes: behind an exit, or into the middle of an edge. */
export type Link =
  | { readonly kind: 'after'; readonly node: string; readonly exit?: string | undefined }
  | { readonly kind: 'edge'; readonly edge: string };

/** From the right edge of one node to the left edge of the next. */
const GAP = GRID * 4;

function takenIds(definition: AgentDefinition): Set<string> {
  return new Set([...definition.nodes.map(({ id }) => id), ...RESERVED_NODE_IDS]);
}

/** `logic.if` becomes `if`. */
function idForType(type: string): string {
  const word = (type.split('.').at(-1) ?? '').toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(word) ? word.slice(0, 58) : 'node';
}

function makeEdge(definition: AgentDefinition, source: string, exit: string, target: string): AgentEdge {
  const wanted = [source, ...(exit === 'out' ? [] : [exit]), target].join('_').slice(0, 100);
  const id = freeId(wanted, new Set(definition.edges.map((edge) => edge.id)));
  return { id, source, target, ...handleField(exit) };
}

function withEdge(definition: AgentDefinition, source: string, exit: string, target: string): AgentDefinition {
  return { ...definition, edges: [...definition.edges, makeEdge(definition, source, exit, target)] };
}

/** The exit that a node's next follower takes: the first that leads nowhere, of several; null where nothing can follow. */
export function nextExit(definition: AgentDefinition, node: AgentNode): string | null {
  const exits = exitsOf(node);
  const used = new Set(definition.edges.filter((edge) => edge.source === node.id).map(exitOf));
  return (exits.find(({ handle }) => !used.has(handle)) ?? exits[0])?.handle ?? null;
}

/** Adds a node of a type with nothing set. Without `at` it goes right of what it follows. */
export function addNode(
  definition: AgentDefinition,
  type: string,
  { at, link }: { readonly at?: Position | undefined; readonly link?: Link | undefined } = {},
): Edited {
  const node: AgentNode = { id: freeId(idForType(type), takenIds(definition)), type, config: {} };
  if (link?.kind === 'edge') return insertOnEdge(definition, node, link.edge, at);
  const before = link === undefined ? undefined : nodeAt(definition, link.node);
  const beside = before?.position && { x: before.position.x + NODE_WIDTH + GAP, y: before.position.y };
  const position = freeSpot(definition, at ?? beside ?? { x: 0, y: 0 }, node);
  const added = { ...definition, nodes: [...definition.nodes, { ...node, position }] };
  const exit = before === undefined ? null : (link?.exit ?? nextExit(definition, before));
  if (before === undefined || exit === null || isTrigger(type)) return { definition: added, made: [node.id] };
  return { definition: withEdge(added, before.id, exit, node.id), made: [node.id] };
}

/** What stands right of the edge makes room, with all that follows it. */
function insertOnEdge(definition: AgentDefinition, node: AgentNode, key: string, at: Position | undefined): Edited {
  const edge = edgeAt(definition, key);
  const exit = exitsOf(node)[0]?.handle;
  if (edge === undefined || isTrigger(node.type)) return addNode(definition, node.type, { at });
  const [source, target] = [edge.source, edge.target].map(
    (id) => definition.nodes.find((each) => each.id === id)?.position,
  );
  const index = edgeKeys(definition).indexOf(key);
  const wanted =
    at ??
    (source === undefined ? (target ?? { x: 0, y: 0 }) : { x: source.x + NODE_WIDTH + GAP, y: target?.y ?? source.y });
  const missing = target === undefined ? 0 : wanted.x + NODE_WIDTH + GAP - target.x;
  const roomy = missing <= 0 ? definition : shiftFollowers(definition, edge.target, Math.ceil(missing / GRID) * GRID);
  const position = freeSpot(roomy, wanted, node);
  const edges = roomy.edges.map((each, place) => (place === index ? { ...each, target: node.id } : each));
  const added = { ...roomy, nodes: [...roomy.nodes, { ...node, position }], edges };
  // Nothing follows a stop: what came after it is left on its own.
  return { definition: exit === undefined ? added : withEdge(added, node.id, exit, edge.target), made: [node.id] };
}

function shiftFollowers(definition: AgentDefinition, from: string, by: number): AgentDefinition {
  const behind = new Set([from]);
  for (const id of behind) for (const edge of definition.edges) if (edge.source === id) behind.add(edge.target);
  return {
    ...definition,
    nodes: definition.nodes.map((node) =>
      behind.has(node.id) && node.position !== undefined
        ? { ...node, position: { x: node.position.x + by, y: node.position.y } }
        : node,
    ),
  };
}

export function moveNodes(definition: AgentDefinition, places: ReadonlyMap<string, Position>): AgentDefinition {
  const moved = [...places].some(([key, { x, y }]) => {
    const position = nodeAt(definition, key)?.position;
    return position?.x !== x || position.y !== y;
  });
  return moved ? withPositions(definition, places) : definition;
}

export function shiftNodes(definition: AgentDefinition, keys: Iterable<string>, by: Position): AgentDefinition {
  const places = new Map<string, Position>();
  for (const key of keys) {
    const position = nodeAt(definition, key)?.position;
    if (position !== undefined) places.set(key, { x: position.x + by.x, y: position.y + by.y });
  }
  return moveNodes(definition, places);
}

export function autoLayout(definition: AgentDefinition): AgentDefinition {
  return moveNodes(definition, layOut(definition));
}

/** Whether it may is for whyNotConnect to tell. */
export function connect(definition: AgentDefinition, source: string, exit: string, target: string): AgentDefinition {
  const [from, to] = [nodeAt(definition, source), nodeAt(definition, target)];
  if (from === undefined || to === undefined) return definition;
  return withEdge(definition, from.id, exit, to.id);
}

/** Lets an edge lead elsewhere, or leave by another exit. */
export function reconnect(
  definition: AgentDefinition,
  key: string,
  ends: { readonly source: string; readonly exit: string; readonly target: string },
): AgentDefinition {
  const index = edgeKeys(definition).indexOf(key);
  const [from, to] = [nodeAt(definition, ends.source), nodeAt(definition, ends.target)];
  const edge = definition.edges[index];
  if (edge === undefined || from === undefined || to === undefined) return definition;
  const moved: AgentEdge = { id: edge.id, source: from.id, target: to.id, ...handleField(ends.exit) };
  return { ...definition, edges: definition.edges.map((each, place) => (place === index ? moved : each)) };
}

/** Removes nodes with their edges, and edges. */
export function remove(
  definition: AgentDefinition,
  { nodes = [], edges = [] }: { readonly nodes?: Iterable<string>; readonly edges?: Iterable<string> },
): AgentDefinition {
  const [goneNodes, goneEdges] = [new Set(nodes), new Set(edges)];
  if (goneNodes.size === 0 && goneEdges.size === 0) return definition;
  const keys = nodeKeys(definition);
  const kept = definition.nodes.filter((_, index) => !goneNodes.has(keys[index] ?? ''));
  const ids = new Set(kept.map(({ id }) => id));
  // An edge that never had both its ends is not touched: what an old draft holds is lost only by being chosen.
  const lost = new Set(definition.nodes.map(({ id }) => id).filter((id) => !ids.has(id)));
  const names = edgeKeys(definition);
  return {
    ...definition,
    nodes: kept,
    edges: definition.edges.filter(
      (edge, index) => !goneEdges.has(names[index] ?? '') && !lost.has(edge.source) && !lost.has(edge.target),
    ),
  };
}

/**
 * Replaces a node by an edited one. Where one exit of a switch got another name, its edges follow it.
 */
export function setNode(definition: AgentDefinition, key: string, node: AgentNode): AgentDefinition {
  const index = nodeKeys(definition).indexOf(key);
  const before = definition.nodes[index];
  if (before === undefined || before === node) return definition;
  const renamed = renamedExit(before, node);
  return {
    ...definition,
    nodes: definition.nodes.map((each, place) => (place === index ? node : each)),
    edges:
      renamed === null
        ? definition.edges
        : definition.edges.map((edge) => {
            if (edge.source !== before.id || exitOf(edge) !== renamed.from) return edge;
            return { id: edge.id, source: edge.source, target: edge.target, ...handleField(renamed.to) };
          }),
  };
}

function renamedExit(before: AgentNode, after: AgentNode): { from: string; to: string } | null {
  const [old, now] = [exitsOf(before), exitsOf(after)];
  if (old.length !== now.length) return null;
  const changed = old.flatMap(({ handle }, index) => {
    const to = now[index]?.handle ?? handle;
    return to === handle ? [] : [{ from: handle, to }];
  });
  const [only] = changed;
  if (changed.length !== 1 || only === undefined || old.some(({ handle }) => handle === only.to)) return null;
  return only;
}

/** Gives a node another id; its edges and every expression that names it follow. */
export function renameNode(definition: AgentDefinition, key: string, id: string): Edited {
  const index = nodeKeys(definition).indexOf(key);
  const node = definition.nodes[index];
  if (node === undefined || node.id === id) return { definition, made: [] };
  // What means one of two nodes with the same id can't be told: both keep what leads to the first of them.
  const alone = definition.nodes.filter((each) => each.id === node.id).length === 1;
  const names = new Map([[node.id, id]]);
  const follow = (end: string) => (alone && end === node.id ? id : end);
  const renamed: AgentDefinition = {
    ...definition,
    nodes: definition.nodes.map((each, place) => {
      const same = alone && mentions(each, node.id) ? renameReferences(each, names) : each;
      return place === index ? { ...same, id } : same;
    }),
    edges: definition.edges.map((edge) => {
      const [source, target] = [follow(edge.source), follow(edge.target)];
      return source === edge.source && target === edge.target ? edge : { ...edge, source, target };
    }),
  };
  return { definition: renamed, made: [nodeKeys(renamed)[index] ?? id] };
}

function mentions(node: AgentNode, id: string): boolean {
  return JSON.stringify([node.config, node.output_mapping]).includes(id);
}

/** Nodes with the edges between them, apart from a draft. */
export interface Piece {
  readonly nodes: readonly AgentNode[];
  readonly edges: readonly AgentEdge[];
}

export function pieceOf(definition: AgentDefinition, keys: ReadonlySet<string>): Piece {
  const names = nodeKeys(definition);
  const nodes = definition.nodes.filter((_, index) => keys.has(names[index] ?? ''));
  const ids = new Set(nodes.map(({ id }) => id));
  return { nodes, edges: definition.edges.filter(({ source, target }) => ids.has(source) && ids.has(target)) };
}

/**
 * Adds copies: with ids of their own, connected and referring to each other as the originals do, the first corner at a
 * place, or a little below and right of the originals.
 */
export function insertPiece(definition: AgentDefinition, piece: Piece, at?: Position): Edited {
  const taken = takenIds(definition);
  const names = new Map<string, string>();
  const ids = piece.nodes.map(({ id }) => {
    const fresh = freeId(id, taken);
    taken.add(fresh);
    if (!names.has(id)) names.set(id, fresh);
    return fresh;
  });
  const corner = {
    x: Math.min(...piece.nodes.map((node) => node.position?.x ?? 0)),
    y: Math.min(...piece.nodes.map((node) => node.position?.y ?? 0)),
  };
  const by = at === undefined ? { x: GRID * 2, y: GRID * 2 } : { x: at.x - corner.x, y: at.y - corner.y };
  const snap = (value: number) => Math.round(value / GRID) * GRID;
  const nodes = piece.nodes.map((node, index) => ({
    ...renameReferences(node, names),
    id: ids[index] ?? node.id,
    position: { x: snap((node.position?.x ?? 0) + by.x), y: snap((node.position?.y ?? 0) + by.y) },
  }));
  let result: AgentDefinition = { ...definition, nodes: [...definition.nodes, ...nodes] };
  for (const edge of piece.edges) {
    const [source, target] = [names.get(edge.source), names.get(edge.target)];
    if (source !== undefined && target !== undefined) result = withEdge(result, source, exitOf(edge), target);
  }
  return { definition: result, made: ids };
}

export function duplicate(definition: AgentDefinition, keys: ReadonlySet<string>): Edited {
  const piece = pieceOf(definition, keys);
  return piece.nodes.length === 0 ? { definition, made: [] } : insertPiece(definition, piece);
}
