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
  /** Whether it leads from a loop into its body: decided anew for each round, and never by the loop's own end. */
  readonly body: boolean;
}

export interface PlanNode {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly node: AgentNode;
  readonly incoming: PlanEdge[];
  readonly outgoing: PlanEdge[];
  /** Live edges with which it begins before all are decided; infinite where it waits for every one. */
  readonly join: number;
  /** The innermost loop in whose body it stands; null outside loops. */
  loop: PlanNode | null;
  /** How many loops it stands in: the length of its iteration path. */
  depth: number;
  readonly retry: RetryPolicy;
  readonly timeout_ms: number;
  readonly on_error: OnError;
}

/** A definition made ready to run: adjacency by object, defaults filled in, ancestors of each node. Immutable. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly byId: ReadonlyMap<string, PlanNode>;
  readonly triggers: readonly PlanNode[];
  /** Nodes of a loop's body, those of inner loops left out; for null those outside all loops. In the definition's order. */
  members(loop: PlanNode | null): readonly PlanNode[];
  /** Running time after which the execution fails, in milliseconds. */
  readonly timeout_ms: number;
  /** Agent that is started when an execution has failed. */
  readonly on_failure_agent_id: string | null;
  /** Nodes from which a node can be reached and the loops around it: what its expressions may read. In the definition's order. */
  ancestors(node: PlanNode): readonly PlanNode[];
  /** Names of secrets that a node's expressions can read (see `envNamesOf`). */
  envNames(node: PlanNode): readonly string[];
}

export const DEFAULT_STEP_TIMEOUT_MS = 120_000;
export const DEFAULT_EXECUTION_TIMEOUT_MS = 3_600_000;
/** The exit of a loop that leads into its body; the others go on after it. */
export const LOOP_BODY = 'each';
const LOOP_TYPE = 'logic.loop';
const NO_RETRY: RetryPolicy = { max_attempts: 1, initial_ms: 1000, factor: 2, max_ms: 60_000 };
/** Calls to models and to other servers fail for passing reasons; what only computes fails for lasting ones. */
const CALL_RETRY: RetryPolicy = { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 60_000 };

/** Of another agent only the start is tried again, which a limit or a busy database refuses for a while. */
const START_RETRY: RetryPolicy = { max_attempts: 10, initial_ms: 1000, factor: 2, max_ms: 60_000 };

function defaultRetry(type: string): RetryPolicy {
  if (type.startsWith('agent.')) return START_RETRY;
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
    join: node.type === 'logic.merge' ? joinOf(node.config as Partial<NodeConfig<'logic.merge'>>) : Infinity,
    loop: null,
    depth: 0,
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
    const handle = edge.source_handle ?? 'out';
    const planned: PlanEdge = {
      index,
      source,
      target,
      handle,
      body: source.type === LOOP_TYPE && handle === LOOP_BODY,
    };
    source.outgoing.push(planned);
    target.incoming.push(planned);
  });
  placeInLoops(nodes);
  const bodies = new Map<PlanNode | null, PlanNode[]>();
  for (const node of nodes) {
    const members = bodies.get(node.loop);
    if (members === undefined) bodies.set(node.loop, [node]);
    else members.push(node);
  }
  const ancestry = new Map<PlanNode, readonly PlanNode[]>();
  const secrets = new Map<PlanNode, readonly string[]>();
  return {
    nodes,
    members: (loop) => bodies.get(loop) ?? [],
    byId,
    triggers: nodes.filter((node) => node.type.startsWith('trigger.')),
    timeout_ms: definition.settings?.timeout_ms ?? DEFAULT_EXECUTION_TIMEOUT_MS,
    on_failure_agent_id: definition.settings?.on_failure_agent_id ?? null,
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

function joinOf({ mode, count }: Partial<NodeConfig<'logic.merge'>>): number {
  if (mode === 'any') return 1;
  return mode === 'first' ? (count ?? 1) : Infinity;
}

/** A loop's body is what its exit `each` leads to; of nested loops the innermost counts. */
function placeInLoops(nodes: readonly PlanNode[]): void {
  const bodies: { readonly loop: PlanNode; readonly body: ReadonlySet<PlanNode> }[] = [];
  for (const loop of nodes) {
    if (loop.type !== LOOP_TYPE) continue;
    const body = new Set<PlanNode>();
    const open = loop.outgoing.filter((edge) => edge.body).map((edge) => edge.target);
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (body.has(node)) continue;
      body.add(node);
      node.depth++;
      for (const edge of node.outgoing) open.push(edge.target);
    }
    bodies.push({ loop, body });
  }
  // Bodies are nested, so of the loops around a node the deepest one is the innermost.
  for (const { loop, body } of bodies) {
    for (const node of body) if (node.loop === null || node.loop.depth < loop.depth) node.loop = loop;
  }
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
  // What happened in the rounds of another loop is in that loop's output; there is no one round to read from.
  return [...seen].filter((each) => isAround(each.loop, node)).sort((a, b) => a.index - b.index);
}

/** Whether a node stands in this loop, at whatever depth; everything stands in none. */
function isAround(loop: PlanNode | null, node: PlanNode): boolean {
  if (loop === null) return true;
  for (let around = node.loop; around !== null; around = around.loop) if (around === loop) return true;
  return false;
}

/** The exit that a failed step leaves by under its node's `on_error`, or null where the execution fails with it. */
export function failureExit(node: PlanNode): string | null {
  if (node.on_error === 'branch') return ERROR_HANDLE;
  // A node with several exits has no "out": going on after an error takes none of them.
  return node.on_error === 'continue' ? 'out' : null;
}
