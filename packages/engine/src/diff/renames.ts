import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import { renameReferences } from '../expressions/index.ts';
import { fieldChanges, meaningOf } from './fields.ts';

/** Pairs of a node that is gone and one that is new which are compared; above it nodes count as gone and new. */
const MAX_PAIRS = 2500;

/** A node that says nothing of itself could be any other of its type. */
function isTelling({ name, config }: AgentNode): boolean {
  return name !== undefined || Object.keys(config).length > 0;
}

function saysTheSame(before: AgentNode, after: AgentNode, names: ReadonlyMap<string, string>): boolean {
  if (before.type !== after.type) return false;
  // A node may name itself.
  const renamed = renameReferences(before, new Map([...names, [before.id, after.id]]));
  return fieldChanges(meaningOf(renamed), meaningOf(after), '').length === 0;
}

function uniqueIds(nodes: readonly AgentNode[]): boolean {
  return new Set(nodes.map(({ id }) => id)).size === nodes.length;
}

/**
 * Nodes that have another id and are the same otherwise, by the old id: their expressions are compared with the names
 * found so far, until no more are found. None for definitions that give one id twice.
 */
export function renamedNodes(from: AgentDefinition, to: AgentDefinition): Map<string, string> {
  const names = new Map<string, string>();
  if (!uniqueIds(from.nodes) || !uniqueIds(to.nodes)) return names;
  const kept = new Set(to.nodes.map(({ id }) => id));
  const known = new Set(from.nodes.map(({ id }) => id));
  const gone = from.nodes.filter((node) => !kept.has(node.id) && isTelling(node));
  const fresh = new Set(to.nodes.filter(({ id }) => !known.has(id)));
  if (gone.length * fresh.size > MAX_PAIRS) return names;
  for (let found = true; found; ) {
    found = false;
    for (const node of gone) {
      if (names.has(node.id)) continue;
      const twin = [...fresh].find((each) => saysTheSame(node, each, names));
      if (twin === undefined) continue;
      names.set(node.id, twin.id);
      fresh.delete(twin);
      found = true;
    }
  }
  return names;
}

/** The definition with nodes called by their new ids, in expressions and edges too. */
export function withNames(definition: AgentDefinition, names: ReadonlyMap<string, string>): AgentDefinition {
  if (names.size === 0) return definition;
  const nameOf = (id: string) => names.get(id) ?? id;
  return {
    ...definition,
    nodes: definition.nodes.map((node) => ({ ...renameReferences(node, names), id: nameOf(node.id) })),
    edges: definition.edges.map((edge) => ({ ...edge, source: nameOf(edge.source), target: nameOf(edge.target) })),
  };
}
