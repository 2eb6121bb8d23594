import {
  type AgentDefinition,
  type AgentNode,
  ERROR_HANDLE,
  nodeType,
  type OutputHandle,
  outputHandles,
} from '@agentflow/contracts';

/** An exit as the canvas shows it; one that only an edge knows is kept, so that the edge can be seen and mended. */
export interface Exit extends OutputHandle {
  readonly known: boolean;
}

const DEFAULT_EXIT = 'out';

/** The exit by which an edge leaves. */
export function exitOf(edge: { readonly source_handle?: string | undefined }): string {
  return edge.source_handle ?? DEFAULT_EXIT;
}

/** How an edge names an exit: `out` is not written. */
export function handleField(exit: string): { source_handle?: string } {
  return exit === DEFAULT_EXIT ? {} : { source_handle: exit };
}

function readHandles(node: AgentNode): readonly OutputHandle[] | null {
  const type = nodeType(node.type);
  if (type === undefined) return null;
  const config = node.config ?? {};
  const parsed = type.config.safeParse(config);
  try {
    return outputHandles(type, parsed.success ? parsed.data : withReadableCases(config), node.on_error);
  } catch {
    return null;
  }
}

/** A switch with half a case still has the exits of its other cases. */
function withReadableCases(config: AgentNode['config']): AgentNode['config'] {
  const { cases } = config;
  const readable = (Array.isArray(cases) ? cases : []).filter(
    (each) =>
      typeof each === 'object' &&
      each !== null &&
      !Array.isArray(each) &&
      typeof each.handle === 'string' &&
      each.handle,
  );
  return { ...config, cases: readable };
}

const known = new WeakMap<AgentNode, readonly Exit[]>();

/** Exits of a node by its type and config. A type that this release does not know has one. */
export function exitsOf(node: AgentNode): readonly Exit[] {
  let exits = known.get(node);
  if (exits === undefined) {
    const handles = readHandles(node) ?? [
      { handle: DEFAULT_EXIT, title: 'Then' },
      ...(node.on_error === 'branch' ? [{ handle: ERROR_HANDLE, title: 'On error' }] : []),
    ];
    const once = new Map(handles.map((each) => [each.handle, { ...each, known: true }]));
    exits = [...once.values()];
    known.set(node, exits);
  }
  return exits;
}

/** Exits of a node with those that its edges name besides. */
export function exitsInUse(node: AgentNode, handles: Iterable<string>): readonly Exit[] {
  const own = exitsOf(node);
  const strange = [...new Set(handles)].filter((handle) => !own.some((each) => each.handle === handle));
  if (strange.length === 0) return own;
  return [...own, ...strange.map((handle) => ({ handle, title: `${handle}?`, known: false }))];
}

/** Words for an exit on its edge; null where the node has only the one. */
export function exitTitle(node: AgentNode, handle: string): string | null {
  if (handle === DEFAULT_EXIT && exitsOf(node).length <= 1) return null;
  return exitsOf(node).find((each) => each.handle === handle)?.title ?? `${handle}?`;
}

export function isTrigger(type: string): boolean {
  return (nodeType(type)?.category ?? type.split('.')[0]) === 'trigger';
}

/** Why no edge may lead from an exit of one node to another, or null where one may. */
export function whyNotConnect(
  definition: AgentDefinition,
  from: { readonly node: AgentNode; readonly exit: string },
  target: AgentNode,
): string | null {
  if (from.node.id === target.id) return 'A node can’t follow itself.';
  if (isTrigger(target.type)) return 'A trigger starts the agent: nothing can come before it.';
  if (exitsOf(from.node).length === 0) return 'This node ends the execution: nothing can follow it.';
  const there = definition.edges.some(
    (edge) => edge.source === from.node.id && edge.target === target.id && exitOf(edge) === from.exit,
  );
  if (there) return 'These two are connected already.';
  if (leadsTo(definition, target.id, from.node.id)) {
    return 'That would be a circle. To repeat steps, put them behind the exit “For each” of a loop.';
  }
  return null;
}

function leadsTo(definition: AgentDefinition, from: string, to: string): boolean {
  const seen = new Set([from]);
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    for (const edge of definition.edges) {
      if (edge.source !== at || seen.has(edge.target)) continue;
      seen.add(edge.target);
      open.push(edge.target);
    }
  }
  return false;
}
