import type {
  AgentDefinition,
  AgentEdge,
  AgentNode,
  DefinitionDiff,
  FieldChange,
  JsonValue,
  NodeChange,
  NodeMove,
} from '@agentflow/contracts';
import { fieldChanges, fieldsOf } from './fields.ts';
import { renamedNodes, withNames } from './renames.ts';

interface PartChange {
  readonly id: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly fields: FieldChange[];
}

function topFields(part: AgentNode | AgentEdge, side: 'before' | 'after'): FieldChange[] {
  return Object.entries(fieldsOf(part)).map(([path, value]) => ({ path, [side]: value }));
}

/** By id; where an old or foreign draft gives one id twice, by the id and a number. */
function byKey<Part extends { readonly id: string }>(parts: readonly Part[]): Map<string, Part> {
  const keyed = new Map<string, Part>();
  for (const part of parts) {
    let key = part.id;
    for (let count = 2; keyed.has(key); count++) key = `${part.id}#${count}`;
    keyed.set(key, part);
  }
  return keyed;
}

/** Parts in the order of `to`, then those that are gone in the order of `from`. */
function partChanges(from: readonly (AgentNode | AgentEdge)[], to: readonly (AgentNode | AgentEdge)[]): PartChange[] {
  const [old, now] = [byKey(from), byKey(to)];
  const changes: PartChange[] = [];
  for (const [id, part] of now) {
    const before = old.get(id);
    if (before === undefined) {
      changes.push({ id, kind: 'added', fields: topFields(part, 'after') });
      continue;
    }
    const fields = fieldChanges(fieldsOf(before), fieldsOf(part), '');
    if (fields.length > 0) changes.push({ id, kind: 'changed', fields });
  }
  for (const [id, part] of old) {
    if (!now.has(id)) changes.push({ id, kind: 'removed', fields: topFields(part, 'before') });
  }
  return changes;
}

function nodeChanges(from: AgentDefinition, to: AgentDefinition, names: ReadonlyMap<string, string>): NodeChange[] {
  const renamed = new Map([...names].map(([before, after]) => [after, before]));
  const changes = new Map(partChanges(from.nodes, to.nodes).map(({ id, ...change }) => [id, change]));
  const order = [...byKey(to.nodes).keys(), ...changes.keys()];
  return [...new Set(order)].flatMap((node_id): NodeChange[] => {
    const change = changes.get(node_id);
    const renamed_from = renamed.get(node_id);
    if (change === undefined && renamed_from === undefined) return [];
    const fields = change?.fields ?? [];
    const onlyName = fields.every(({ path }) => path === 'name');
    const kind = change === undefined || (change.kind === 'changed' && onlyName) ? 'renamed' : change.kind;
    return [{ node_id, kind, ...(renamed_from === undefined ? {} : { renamed_from }), fields }];
  });
}

function moves(from: AgentDefinition, to: AgentDefinition): NodeMove[] {
  const old = byKey(from.nodes);
  return [...byKey(to.nodes)].flatMap(([node_id, { position: after }]) => {
    const part = old.get(node_id);
    const before = part?.position;
    if (part === undefined || (before?.x === after?.x && before?.y === after?.y)) return [];
    return [{ node_id, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}

/** A node reads its inputs in the order of its edges: where those that stay change places, that is a change. */
function edgeOrder(from: AgentDefinition, to: AgentDefinition): FieldChange[] {
  const inputs = ({ edges }: AgentDefinition, others: AgentDefinition) => {
    const kept = new Map([...byKey(others.edges)].map(([key, edge]) => [key, edge.target]));
    const lists = new Map<string, string[]>();
    for (const [key, { target }] of byKey(edges)) {
      if (kept.get(key) === target) lists.set(target, [...(lists.get(target) ?? []), key]);
    }
    return lists;
  };
  const [before, after] = [inputs(from, to), inputs(to, from)];
  const moved = [...after].filter(([target, keys]) => keys.join('\n') !== (before.get(target) ?? []).join('\n'));
  if (moved.length === 0) return [];
  const listed = (lists: Map<string, string[]>) => moved.flatMap(([target]) => lists.get(target) ?? []);
  return [{ path: 'edges', before: listed(before), after: listed(after) }];
}

/**
 * What differs between two definitions: nodes and edges by id, with the path of each changed field, and input_schema and
 * settings. An added or removed part lists its fields on one side only. A node that has another id and does the same is
 * renamed, and what names it is not changed by that: everything is told in the new names. Positions stand apart.
 *
 * Empty for equal definitions. Otherwise `from`, its nodes renamed, with every change made, is `to` up to the order of
 * nodes and edges; of edges, `other` tells the order where it matters.
 */
export function diffDefinitions(from: AgentDefinition, to: AgentDefinition): Omit<DefinitionDiff, 'from' | 'to'> {
  const names = renamedNodes(from, to);
  const before = withNames(from, names);
  return {
    nodes: nodeChanges(before, to, names),
    edges: partChanges(before.edges, to.edges).map(({ id, ...change }) => ({ edge_id: id, ...change })),
    other: [
      ...fieldChanges(before.input_schema, to.input_schema, 'input_schema'),
      ...fieldChanges(before.settings as JsonValue | undefined, to.settings as JsonValue | undefined, 'settings'),
      ...edgeOrder(before, to),
    ],
    moved: moves(before, to),
  };
}
