import type { LineageGraph, LineageNode } from '@agentflow/contracts';

export const NODE_WIDTH = 212;
export const NODE_HEIGHT = 68;
const COLUMN_GAP = 60;
const ROW_GAP = 20;

export interface Place {
  readonly x: number;
  readonly y: number;
  /** How many edges lie before it on the longest way from a node that nothing leads to. */
  readonly column: number;
}

type Nodes = Pick<LineageGraph, 'nodes' | 'edges'>;

interface Links {
  readonly children: ReadonlyMap<string, readonly string[]>;
  readonly parents: ReadonlyMap<string, readonly string[]>;
}

function linksOf({ nodes, edges }: Nodes): Links {
  const known = new Set(nodes.map(({ id }) => id));
  const children = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const parents = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    if (!known.has(from) || !known.has(to) || from === to) continue;
    children.get(from)?.push(to);
    parents.get(to)?.push(from);
  }
  return { children, parents };
}

/** The column of each node; one that stands in a circle keeps the column that it was first reached in. */
function columnsOf({ nodes }: Nodes, { children, parents }: Links): Map<string, number> {
  const columns = new Map(nodes.map(({ id }) => [id, 0]));
  const before = new Map(nodes.map(({ id }) => [id, parents.get(id)?.length ?? 0]));
  const ready = nodes.filter(({ id }) => before.get(id) === 0).map(({ id }) => id);
  for (const id of ready) {
    for (const child of children.get(id) ?? []) {
      columns.set(child, Math.max(columns.get(child) ?? 0, (columns.get(id) ?? 0) + 1));
      const left = (before.get(child) ?? 0) - 1;
      before.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  return columns;
}

/** Each node under the one of its parents that stands right before it, in the order of the edges. */
function treeOf(graph: Nodes, links: Links, columns: ReadonlyMap<string, number>) {
  const below = new Map<string, string[]>(graph.nodes.map(({ id }) => [id, []]));
  const roots: string[] = [];
  for (const { id } of graph.nodes) {
    const column = columns.get(id) ?? 0;
    const parent = links.parents.get(id)?.find((each) => columns.get(each) === column - 1);
    if (parent === undefined) roots.push(id);
    else below.get(parent)?.push(id);
  }
  for (const [id, list] of below) {
    const order = links.children.get(id) ?? [];
    list.sort((left, right) => order.indexOf(left) - order.indexOf(right));
  }
  return { roots, below };
}

/** Places from left to right: a column for each step away from the caller, what follows a node beside it, never over another. */
export function placeLineage(graph: Nodes): Map<string, Place> {
  const links = linksOf(graph);
  const columns = columnsOf(graph, links);
  const { roots, below } = treeOf(graph, links, columns);
  const places = new Map<string, Place>();
  let rows = 0;
  const place = (id: string): number => {
    const ys = (below.get(id) ?? []).map(place);
    const y = ys.length === 0 ? rows++ * (NODE_HEIGHT + ROW_GAP) : ((ys[0] ?? 0) + (ys.at(-1) ?? 0)) / 2;
    const column = columns.get(id) ?? 0;
    places.set(id, { x: column * (NODE_WIDTH + COLUMN_GAP), y, column });
    return y;
  };
  roots.forEach(place);
  return places;
}

/** Nodes as they are read aloud: the caller, then what it started with all below it, each with its depth. */
export function inReadingOrder(graph: Nodes): { node: LineageNode; depth: number }[] {
  const links = linksOf(graph);
  const { roots, below } = treeOf(graph, links, columnsOf(graph, links));
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const read = (id: string, depth: number): { node: LineageNode; depth: number }[] => {
    const node = byId.get(id);
    const rest = (below.get(id) ?? []).flatMap((child) => read(child, depth + 1));
    return node === undefined ? rest : [{ node, depth }, ...rest];
  };
  return roots.flatMap((id) => read(id, 0));
}

const ALONG: Readonly<Record<string, 'children' | 'parents'>> = { ArrowRight: 'children', ArrowLeft: 'parents' };
const WITHIN: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, ArrowUp: -1 };

/** Where an arrow key leads: right and left along an edge, up and down within the column; undefined where nothing is. */
export function nodeAt(
  graph: Nodes,
  places: ReadonlyMap<string, Place>,
  from: string,
  key: string,
): string | undefined {
  const here = places.get(from);
  if (here === undefined) return undefined;
  const distance = (id: string) => Math.abs((places.get(id)?.y ?? 0) - here.y);
  const nearest = (ids: readonly string[]) => ids.toSorted((left, right) => distance(left) - distance(right))[0];
  const along = ALONG[key];
  if (along !== undefined) return nearest(linksOf(graph)[along].get(from) ?? []);
  const step = WITHIN[key];
  if (step === undefined) return undefined;
  return nearest(
    [...places].flatMap(([id, { y, column }]) => (column === here.column && (y - here.y) * step > 0 ? [id] : [])),
  );
}
