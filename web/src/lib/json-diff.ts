import type { AgentDefinition, DefinitionDiff, FieldChange, JsonValue } from '@agentflow/contracts';

type Tree = JsonValue | undefined;

function isRecord(value: Tree): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function sameJson(a: Tree, b: Tree): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, at) => sameJson(each, b[at]));
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return false;
}

/** What differs, field by field: objects are entered, lists and plain values are compared whole. */
function fieldChanges(before: Tree, after: Tree, path: string): FieldChange[] {
  if (sameJson(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => fieldChanges(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function itemChanges(before: readonly { id: string }[], after: readonly { id: string }[]) {
  const plain = (item: { id: string } | undefined): Tree => {
    if (item === undefined) return undefined;
    const { position: _position, ...rest } = item as { id: string; position?: unknown };
    return rest as JsonValue;
  };
  const ids = [...new Set([...before, ...after].map((item) => item.id))];
  return ids.flatMap((id) => {
    const old = before.find((item) => item.id === id);
    const now = after.find((item) => item.id === id);
    const kind =
      old === undefined ? ('added' as const) : now === undefined ? ('removed' as const) : ('changed' as const);
    const fields = fieldChanges(plain(old) ?? {}, plain(now) ?? {}, '');
    return fields.length === 0 ? [] : [{ id, kind, fields }];
  });
}

/** The contract's diff, computed here where one side is a draft, which has no number. Positions are left out. */
export function diffDefinitions(before: AgentDefinition, after: AgentDefinition): Omit<DefinitionDiff, 'from' | 'to'> {
  return {
    nodes: itemChanges(before.nodes, after.nodes).map(({ id, ...change }) => ({ node_id: id, ...change })),
    edges: itemChanges(before.edges, after.edges).map(({ id, ...change }) => ({ edge_id: id, ...change })),
    other: [
      ...fieldChanges(before.input_schema, after.input_schema, 'input_schema'),
      ...fieldChanges(before.settings as Tree, after.settings as Tree, 'settings'),
    ],
  };
}
