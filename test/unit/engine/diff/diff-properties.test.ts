import type { AgentDefinition, AgentEdge, AgentNode, FieldChange, JsonValue } from '@agentflow/contracts';
import { diffDefinitions, renameReferences } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { seeded } from '../scheduler/simulate.ts';

type Json = Record<string, JsonValue>;

const KEYS = ['prompt', 'labels', 'a.b', '', '__proto__', 'deep', '0'];
const TEXTS = ['x', '', 'Say {{n1.output.text}}', 'About {{n0.output}} and {{n2.output}}', '{{broken'];
const IDS = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'];
const TYPES = ['ai.chat', 'logic.merge', 'action.http'];

class Random {
  constructor(private readonly random: () => number) {}

  chance(share: number): boolean {
    return this.random() < share;
  }

  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  value(depth = 0): JsonValue {
    const kind = this.random();
    if (depth > 2 || kind < 0.5) return this.one<JsonValue>([...TEXTS, 1, 0, true, null]);
    if (kind < 0.7) return Array.from({ length: Math.floor(this.random() * 4) }, () => this.value(depth + 1));
    return this.object(depth + 1);
  }

  object(depth = 0): Json {
    const result: Json = {};
    for (const key of KEYS) if (this.chance(0.3)) own(result, key, this.value(depth + 1));
    return result;
  }

  definition(): AgentDefinition {
    const nodes = IDS.filter(() => this.chance(0.6)).map(
      (id): AgentNode => ({
        id,
        type: this.one(TYPES),
        config: this.object(),
        ...(this.chance(0.3) ? { name: this.one(['One', 'Two']) } : {}),
        ...(this.chance(0.3) ? { position: { x: this.one([0, 16]), y: this.one([0, 16]) } } : {}),
        ...(this.chance(0.2) ? { on_error: 'branch' as const } : {}),
      }),
    );
    const edges = ['e0', 'e1', 'e2']
      .filter(() => this.chance(0.6))
      .map(
        (id): AgentEdge => ({
          id,
          source: this.one(IDS),
          target: this.one(IDS),
          ...(this.chance(0.3) ? { source_handle: 'error' } : {}),
        }),
      );
    return {
      nodes: this.chance(0.5) ? nodes : nodes.toReversed(),
      edges,
      ...(this.chance(0.4) ? { input_schema: this.object() } : {}),
      ...(this.chance(0.4) ? { settings: { timeout_ms: this.one([1000, 2000]) } } : {}),
    };
  }

  /** Another definition that has much in common with this one. */
  edited(definition: AgentDefinition): AgentDefinition {
    const other = this.definition();
    const copy = structuredClone(definition);
    copy.nodes = copy.nodes.filter(() => this.chance(0.9));
    const [node] = copy.nodes;
    if (node !== undefined && this.chance(0.5)) own(node.config, this.one(KEYS), this.value());
    const renamed = copy.nodes.at(-1);
    const free = IDS.find((id) => !definition.nodes.some((each) => each.id === id));
    if (renamed !== undefined && free !== undefined && this.chance(0.5)) return rename(copy, renamed.id, free);
    if (this.chance(0.3)) copy.edges = other.edges;
    return copy;
  }
}

function own(object: Json, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function rename(definition: AgentDefinition, from: string, to: string): AgentDefinition {
  const nameOf = (id: string) => (id === from ? to : id);
  return {
    ...definition,
    nodes: definition.nodes.map((node) => ({
      ...renameReferences(node, new Map([[from, to]])),
      id: nameOf(node.id),
    })),
    edges: definition.edges.map((edge) => ({ ...edge, source: nameOf(edge.source), target: nameOf(edge.target) })),
  };
}

/** `a.0["b.c"]` → a, 0, b.c */
function keysOf(path: string): string[] {
  return [...path.matchAll(/\[("(?:[^"\\]|\\.)*")\]|([^.[]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string),
  );
}

/** Makes the changes in the object; what has no `after` goes. */
function make(object: Json, changes: readonly FieldChange[]): Json {
  for (const { path, after } of changes) {
    const keys = keysOf(path);
    const last = keys.pop() ?? '';
    let place: Json = object;
    for (const key of keys) place = Object.getOwnPropertyDescriptor(place, key)?.value as Json;
    if (after !== undefined) own(place, last, after);
    else if (Array.isArray(place)) place.length = Math.min(place.length, Number(last));
    else delete place[last];
  }
  return object;
}

/** `from` with all that the diff says, in the new names. */
function applied(from: AgentDefinition, to: AgentDefinition): Json {
  const diff = diffDefinitions(from, to);
  let base = structuredClone(from);
  const renames = diff.nodes.flatMap(({ node_id, renamed_from }) =>
    renamed_from === undefined ? [] : [[renamed_from, node_id] as const],
  );
  for (const [before, after] of renames) base = rename(base, before, after);
  const parts = (list: readonly (AgentNode | AgentEdge)[], changes: readonly (FieldChange[] | Part)[]) => {
    const byId = new Map(list.map((part) => [part.id, part as unknown as Json]));
    for (const { id, kind, fields } of changes as Part[]) {
      if (kind === 'removed') byId.delete(id);
      else byId.set(id, make(kind === 'added' ? { id } : (byId.get(id) ?? {}), fields));
    }
    return byId;
  };
  const nodes = parts(
    base.nodes,
    diff.nodes.map(({ node_id, ...rest }) => ({ id: node_id, ...rest })),
  );
  for (const { node_id, after } of diff.moved) {
    const node = nodes.get(node_id) ?? {};
    if (after === undefined) delete node.position;
    else node.position = after;
  }
  const edges = parts(
    base.edges,
    diff.edges.map(({ edge_id, ...rest }) => ({ id: edge_id, ...rest })),
  );
  const { nodes: _nodes, edges: _edges, ...rest } = base;
  const other = make(
    rest as Json,
    diff.other.filter(({ path }) => path !== 'edges'),
  );
  return { ...other, nodes: sorted([...nodes.values()]), edges: sorted([...edges.values()]) };
}

interface Part {
  readonly id: string;
  readonly kind: string;
  readonly fields: FieldChange[];
}

function sorted(parts: readonly Json[]): Json[] {
  return [...parts].sort((left, right) => (String(left.id) < String(right.id) ? -1 : 1));
}

function unordered(definition: AgentDefinition): Json {
  const { nodes, edges } = definition as unknown as { nodes: Json[]; edges: Json[] };
  return { ...(definition as unknown as Json), nodes: sorted(nodes), edges: sorted(edges) };
}

/** An added node brings its place with it. */
function placed(from: AgentDefinition, to: AgentDefinition, made: Json): Json {
  const added = new Set(diffDefinitions(from, to).nodes.flatMap((each) => (each.kind === 'added' ? each.node_id : [])));
  const places = new Map(to.nodes.map((node) => [node.id, node.position]));
  const nodes = (made.nodes as Json[]).map((node): Json => {
    const place = added.has(String(node.id)) ? places.get(String(node.id)) : undefined;
    return place === undefined ? node : { ...node, position: place };
  });
  return { ...made, nodes };
}

const ROUNDS = 2000;

describe('diffDefinitions, on random definitions', () => {
  it('is empty for equal ones', () => {
    const random = new Random(seeded(1));
    for (let round = 0; round < ROUNDS; round++) {
      const definition = random.definition();
      const diff = diffDefinitions(definition, structuredClone(definition));
      expect(diff, JSON.stringify(definition)).toEqual({ nodes: [], edges: [], other: [], moved: [] });
    }
  });

  it('says all that it takes to make one of the other', () => {
    const random = new Random(seeded(2));
    let renamed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const from = random.definition();
      const to = random.chance(0.7) ? random.edited(from) : random.definition();
      renamed += diffDefinitions(from, to).nodes.filter((each) => each.renamed_from !== undefined).length;
      expect(placed(from, to, applied(from, to)), `round ${round}`).toEqual(unordered(to));
    }
    expect(renamed).toBeGreaterThan(ROUNDS / 20);
  });

  it('tells nothing but the new id where a node was renamed', () => {
    const random = new Random(seeded(3));
    let renamed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const from = random.definition();
      const node = random.one(from.nodes);
      const free = IDS.find((id) => !from.nodes.some((each) => each.id === id));
      const unread = from.edges.every(({ source, target }) => source !== free && target !== free);
      if (node === undefined || free === undefined || !unread || JSON.stringify(from).includes(`{{${free}.`)) continue;
      if (node.name === undefined && Object.keys(node.config).length === 0) continue;
      const diff = diffDefinitions(from, rename(from, node.id, free));
      renamed++;
      expect(diff, `round ${round}`).toEqual({
        nodes: [{ node_id: free, kind: 'renamed', renamed_from: node.id, fields: [] }],
        edges: [],
        other: [],
        moved: [],
      });
    }
    expect(renamed).toBeGreaterThan(ROUNDS / 10);
  });
});
