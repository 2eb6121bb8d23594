import type { AgentDefinition, AgentEdge, AgentNode } from '@agentflow/contracts';

/**
 * How the builder tells nodes and edges apart: by their id, and where an old or foreign draft gives one id twice, by
 * the id and a number. Both orders are those of the document.
 */
function keysOf(items: readonly { readonly id: string }[]): readonly string[] {
  const taken = new Set<string>();
  return items.map(({ id }) => {
    let key = id;
    for (let count = 2; taken.has(key); count += 1) key = `${id}#${count}`;
    taken.add(key);
    return key;
  });
}

interface Index<T> {
  readonly keys: readonly string[];
  readonly byKey: ReadonlyMap<string, T>;
}

const known = new WeakMap<object, Index<AgentNode> | Index<AgentEdge>>();

function indexOf<T extends AgentNode | AgentEdge>(items: readonly T[]): Index<T> {
  // The list decides the type of its index.
  let index = known.get(items) as Index<T> | undefined;
  if (index === undefined) {
    const keys = keysOf(items);
    index = { keys, byKey: new Map(items.map((item, at) => [keys[at] ?? item.id, item])) };
    known.set(items, index as Index<AgentNode> | Index<AgentEdge>);
  }
  return index;
}

export function nodeKeys(definition: AgentDefinition): readonly string[] {
  return indexOf(definition.nodes).keys;
}

export function edgeKeys(definition: AgentDefinition): readonly string[] {
  return indexOf(definition.edges).keys;
}

export function nodeAt(definition: AgentDefinition, key: string): AgentNode | undefined {
  return indexOf(definition.nodes).byKey.get(key);
}

export function edgeAt(definition: AgentDefinition, key: string): AgentEdge | undefined {
  return indexOf(definition.edges).byKey.get(key);
}

/** An id that no node or edge has yet: the wanted one, or the first of `wanted_2`, `wanted_3`, … that is free. */
export function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let count = 2; taken.has(id); count += 1) id = `${wanted.slice(0, 58)}_${count}`;
  return id;
}
