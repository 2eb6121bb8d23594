import {
  type AgentDefinition,
  type AgentNode,
  ERROR_HANDLE,
  type NodeConfig,
  nodeType,
  type OnError,
  type RetryPolicy,
} from '@agentflow/contracts';
import { envNamesOf } from '../expressions/index.ts';

export interface PlanEdge {
  readonly index: number;
  readonly target: PlanNode;
  readonly source: PlanNode;
  /** Exit of the source by which this edge leaves; `out` where the definition names none. */
  readonly handle: string;
}

export interface PlanNode {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly node: AgentNode;
  readonly incoming: PlanEdge[];
  readonly outgoing: PlanEdge[];
  /** `all` waits until every incoming edge is decided; `any` runs at the first live one. */
  readonly join: 'all' | 'any';
  readonly retry: RetryPolicy;
  readonly timeout_ms: number;
  readonly on_error: OnError;
}

/** A definition made ready to run: adjacency by object, defaults filled in, ancestors of each node. Immutable. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly byId: ReadonlyMap<string, PlanNode>;
  readonly triggers: readonly PlanNode[];
  /** Running time after which the execution fails, in milliseconds. */
  readonly timeout_ms: number;
  /** Nodes from which a node can be reached: what its expressions may read. In the order of the definition. */
  ancestors(node: PlanNode): readonly PlanNode[];
  /** Names of secrets that a node's expressions can read (see `envNamesOf`). */
  envNames(node: PlanNode): readonly string[];
}

export const DEFAULT_STEP_TIMEOUT_MS = 120_000;
export const DEFAULT_EXECUTION_TIMEOUT_MS = 3_600_000;
const NO_RETRY: RetryPolicy = { max_attempts: 1, initial_ms: 1000, factor: 2, max_ms: 60_000 };
/** Calls to models and to other servers fail for passing reasons; what only computes fails for lasting ones. */
const CALL_RETRY: RetryPolicy = { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 60_000 };

function defaultRetry(type: string): RetryPolicy {
  return type.startsWith('ai.') || type.startsWith('action.') ? CALL_RETRY : NO_RETRY;
}

/**
 * Compiles a definition that validation has passed. Throws on an edge to a node that is not there, since no published
 * version can hold one.
 */
export function compile(definition: AgentDefinition): Plan {
  const nodes: PlanNode[] = definition.nodes.map((node, index) => ({
    index,
    id: node.id,
    type: node.type,
    name: node.name ?? node.id,
    node,
    incoming: [],
    outgoing: [],
    join:
      node.type === 'logic.merge' && (node.config as Partial<NodeConfig<'logic.merge'>>).mode === 'any' ? 'any' : 'all',
    retry: node.retry ?? definition.settings?.retry ?? defaultRetry(node.type),
    timeout_ms: node.timeout_ms ?? DEFAULT_STEP_TIMEOUT_MS,
    on_error: node.on_error ?? 'fail',
  }));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  definition.edges.forEach((edge, index) => {
    const source = byId.get(edge.source);
    const target = byId.get(edge.target);
    if (source === undefined || target === undefined)
      throw new Error(`edge ${edge.id} leads to a node that is not there`);
    const planned: PlanEdge = { index, source, target, handle: edge.source_handle ?? 'out' };
    source.outgoing.push(planned);
    target.incoming.push(planned);
  });
  const ancestry = new Map<PlanNode, readonly PlanNode[]>();
  const secrets = new Map<PlanNode, readonly string[]>();
  return {
    nodes,
    byId,
    triggers: nodes.filter((node) => node.type.startsWith('trigger.')),
    timeout_ms: definition.settings?.timeout_ms ?? DEFAULT_EXECUTION_TIMEOUT_MS,
    ancestors(node) {
      let known = ancestry.get(node);
      if (known === undefined) {
        known = findAncestors(node);
        ancestry.set(node, known);
      }
      return known;
    },
    envNames(node) {
      let known = secrets.get(node);
      if (known === undefined) {
        known = envNamesOf(node.node.config, nodeType(node.type)?.expressionFields ?? []);
        secrets.set(node, known);
      }
      return known;
    },
  };
}

function findAncestors(node: PlanNode): readonly PlanNode[] {
  const seen = new Set<PlanNode>();
  const open = [node];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const edge of current.incoming) {
      if (!seen.has(edge.source)) {
        seen.add(edge.source);
        open.push(edge.source);
      }
    }
  }
  return [...seen].sort((a, b) => a.index - b.index);
}

/** The exit that a failed step leaves by under its node's `on_error`, or null where the execution fails with it. */
export function failureExit(node: PlanNode): string | null {
  if (node.on_error === 'branch') return ERROR_HANDLE;
  // A node with several exits has no "out": going on after an error takes none of them.
  return node.on_error === 'continue' ? 'out' : null;
}
