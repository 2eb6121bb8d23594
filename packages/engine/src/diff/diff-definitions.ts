import type {
  AgentDefinition,
  AgentEdge,
  AgentNode,
  DefinitionDiff,
  EdgeChange,
  FieldChange,
  JsonValue,
  NodeChange,
} from '@agentflow/contracts';

type JsonObject = Record<string, JsonValue>;

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Each field that differs, dotted, objects and lists entered; the order of an object's keys says nothing. */
function fieldChanges(before: JsonValue | undefined, after: JsonValue | undefined, path: string): FieldChange[] {
  const below = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => fieldChanges(ownField(before, key), ownField(after, key), below(key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const places = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return places.flatMap((index) => fieldChanges(before[index], after[index], below(index)));
  }
  if (before === after) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function ownField(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** What of a node or edge is compared: its id names it, and where it stands on the canvas is nobody's business. */
function comparable(part: AgentNode | AgentEdge): JsonObject {
  // Parsed from JSON by the contract, so every field is a JSON value; undefined ones are left out.
  const fields = Object.entries(part) as [string, JsonValue | undefined][];
  const kept = fields.filter(([key, value]) => key !== 'id' && key !== 'position' && value !== undefined);
  return Object.fromEntries(kept) as JsonObject;
}

interface PartChange {
  readonly id: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly fields: FieldChange[];
}

function topFields(part: AgentNode | AgentEdge, side: 'before' | 'after'): FieldChange[] {
  return Object.entries(comparable(part)).map(([path, value]) => ({ path, [side]: value }));
}

/** Parts in the order of `to`, then those that are gone in the order of `from`. */
function partChanges(from: readonly (AgentNode | AgentEdge)[], to: readonly (AgentNode | AgentEdge)[]): PartChange[] {
  const old = new Map(from.map((part) => [part.id, part]));
  const kept = new Set(to.map((part) => part.id));
  const changes: PartChange[] = [];
  for (const part of to) {
    const before = old.get(part.id);
    if (before === undefined) {
      changes.push({ id: part.id, kind: 'added', fields: topFields(part, 'after') });
      continue;
    }
    const fields = fieldChanges(comparable(before), comparable(part), '');
    if (fields.length > 0) changes.push({ id: part.id, kind: 'changed', fields });
  }
  for (const part of from) {
    if (!kept.has(part.id)) changes.push({ id: part.id, kind: 'removed', fields: topFields(part, 'before') });
  }
  return changes;
}

/**
 * What differs between two definitions: nodes and edges by id, with the dotted path of each changed field, and
 * input_schema and settings. An added or removed part lists its fields on one side only. Positions are left out.
 */
export function diffDefinitions(
  from: AgentDefinition,
  to: AgentDefinition,
): Pick<DefinitionDiff, 'nodes' | 'edges' | 'other'> {
  const nodes: NodeChange[] = partChanges(from.nodes, to.nodes).map(({ id, ...change }) => ({
    node_id: id,
    ...change,
  }));
  const edges: EdgeChange[] = partChanges(from.edges, to.edges).map(({ id, ...change }) => ({
    edge_id: id,
    ...change,
  }));
  const other = [
    ...fieldChanges(from.input_schema, to.input_schema, 'input_schema'),
    ...fieldChanges(from.settings as JsonValue | undefined, to.settings as JsonValue | undefined, 'settings'),
  ];
  return { nodes, edges, other };
}
