import type { JsonValue } from '@agentflow/contracts';
import { type ContextKeys, contextKeysOf, type PlanNode } from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import type { Facts } from './store/rows.ts';
import { readContext } from './wiring.ts';

/** A database that is away for a moment must not fail steps that only compute. */
const RETRY_MS = [100, 500, 2000];

/** Told from a node's config once: plans of versions are shared by the executions of an isolate. */
const keysOfNode = new WeakMap<PlanNode, { readonly keys: ContextKeys }>();

function keysOf(node: PlanNode): ContextKeys {
  let known = keysOfNode.get(node);
  if (known === undefined) {
    known = { keys: contextKeysOf(node.type, node.node.config) };
    keysOfNode.set(node, known);
  }
  return known.keys;
}

/**
 * What a node's expressions read of the shared context, in one read; null where there is nothing to read: no project, or
 * no expression that asks for it. Rejects when the database stays away.
 */
export function contextFor(env: Env, facts: Facts, node: PlanNode): Promise<Record<string, JsonValue>> | null {
  if (facts.project_id === null) return null;
  const keys = keysOf(node);
  return keys === null ? null : read(env, facts.organization_id, facts.project_id, keys);
}

async function read(env: Env, organizationId: string, projectId: string, keys: NonNullable<ContextKeys>) {
  for (const delay of RETRY_MS) {
    try {
      return await readContext(env, organizationId, projectId, keys);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
  return readContext(env, organizationId, projectId, keys);
}
