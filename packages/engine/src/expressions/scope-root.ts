import type { Scope } from '../ports.ts';

interface KnownRoot {
  readonly root: Record<string, unknown>;
  readonly nodes: number;
}

const roots = new WeakMap<Scope, KnownRoot>();

/**
 * The object that expressions see as their root: the upstream nodes by id, and trigger, context, env, item, which win
 * over nodes of the same name. Remembered per scope until a node is added to it.
 */
export function rootOf(scope: Scope): Record<string, unknown> {
  const known = roots.get(scope);
  if (known !== undefined && known.nodes === scope.nodes.size) return known.root;
  const root: Record<string, unknown> = Object.create(null);
  for (const [id, node] of scope.nodes) root[id] = { ...node };
  root.trigger = scope.trigger;
  root.context = scope.context;
  root.env = scope.env;
  if (scope.item !== undefined) root.item = scope.item;
  if (scope.result !== undefined) root.result = scope.result;
  if (scope.event !== undefined) root.event = scope.event;
  roots.set(scope, { root, nodes: scope.nodes.size });
  return root;
}
