import { type ExecutionStatus, type LineageGraph, type LineageNode, microusdToUsd } from '@agentflow/contracts';
import type { Touch, Touches } from '../../../durable-objects/execution/client.ts';

export const MAX_NODES = 500;

/** One execution as a lineage shows it. Times in milliseconds since the epoch. */
export interface Kin {
  readonly id: string;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly status: ExecutionStatus;
  readonly parent_execution_id: string | null;
  readonly error_code: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_microusd: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly touches: Touches | null;
}

export interface ExternalCaller {
  readonly external_agent_id: string;
  readonly name: string;
  /** Of the result to its webhook; null where there is nothing to send. */
  readonly delivery: ResultDelivery | null;
}

export interface ResultDelivery {
  readonly id: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly error: string | null;
}

const STATUSES = {
  queued: 'running',
  running: 'running',
  waiting: 'waiting',
  completed: 'success',
  failed: 'error',
  cancelled: 'cancelled',
} as const satisfies Record<ExecutionStatus, LineageNode['status']>;

/**
 * Who called, what ran, what it touched. Where there is more than `MAX_NODES`, executions come before what they touched.
 * @param kin the root first, then what it led to, the oldest first
 */
export function graphOf(caller: ExternalCaller | null, kin: readonly Kin[]): LineageGraph {
  const [root] = kin;
  const nodes: LineageNode[] = [];
  const edges: { from: string; to: string }[] = [];
  if (caller !== null && root !== undefined) {
    nodes.push({ ...externalNode(caller), ...sumOf(kin, root) });
    edges.push({ from: caller.external_agent_id, to: root.id });
    const delivery = deliveryNode(caller);
    if (delivery !== null) {
      nodes.push(delivery);
      edges.push({ from: root.id, to: delivery.id });
    }
  }
  const shown = kin.slice(0, MAX_NODES - nodes.length);
  const ids = new Set(shown.map(({ id }) => id));
  for (const each of shown) {
    nodes.push(executionNode(each, each === root));
    if (each === root || root === undefined) continue;
    const parent = each.parent_execution_id;
    edges.push({ from: parent !== null && ids.has(parent) ? parent : root.id, to: each.id });
  }
  let truncated = shown.length < kin.length;
  for (const { id, touches } of shown) {
    if (touches === null) continue;
    const fitting = touches.entries.slice(0, Math.max(0, MAX_NODES - nodes.length));
    truncated ||= touches.truncated || fitting.length < touches.entries.length;
    for (const touch of fitting) {
      const node = touchNode(id, touch);
      nodes.push(node);
      edges.push({ from: id, to: node.id });
    }
  }
  return { nodes, edges, truncated };
}

/** Of a call that nothing ran for, or whose execution is not kept any more. */
export function externalNode({
  external_agent_id,
  name,
}: Pick<ExternalCaller, 'external_agent_id' | 'name'>): LineageNode {
  return {
    ...NOTHING,
    id: external_agent_id,
    type: 'external',
    name,
    status: 'error',
    external_agent_id,
  };
}

const DELIVERY_STATUSES = { pending: 'waiting', delivered: 'success', failed: 'error' } as const;

export function deliveryNode({ external_agent_id, name, delivery }: ExternalCaller): LineageNode | null {
  if (delivery === null) return null;
  const { id, status, attempts, error } = delivery;
  return {
    ...NOTHING,
    id,
    type: 'delivery',
    name: `Webhook of ${name}`,
    status: DELIVERY_STATUSES[status],
    count: Math.max(1, attempts),
    failed: status === 'delivered' ? attempts - 1 : attempts,
    external_agent_id,
    detail: error,
  };
}

const NOTHING = {
  count: 1,
  failed: 0,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: 0,
  started_at: null,
  duration_ms: null,
  execution_id: null,
  agent_id: null,
  step_id: null,
  external_agent_id: null,
  detail: null,
} as const;

/** The call as a whole: how its execution stands, and what all of it has taken. */
function sumOf(kin: readonly Kin[], root: Kin) {
  const sum = (of: (each: Kin) => number) => kin.reduce((total, each) => total + of(each), 0);
  return {
    ...timesOf(root),
    status: STATUSES[root.status],
    failed: root.status === 'failed' ? 1 : 0,
    input_tokens: sum((each) => each.input_tokens),
    output_tokens: sum((each) => each.output_tokens),
    cost_usd: microusdToUsd(sum((each) => each.cost_microusd)),
    detail: root.error_code,
  };
}

function executionNode(of: Kin, isRoot: boolean): LineageNode {
  return {
    ...NOTHING,
    ...timesOf(of),
    id: of.id,
    type: isRoot ? 'agent' : 'sub_agent',
    name: of.agent_name,
    status: STATUSES[of.status],
    failed: of.status === 'failed' ? 1 : 0,
    input_tokens: of.input_tokens,
    output_tokens: of.output_tokens,
    cost_usd: microusdToUsd(of.cost_microusd),
    execution_id: of.id,
    agent_id: of.agent_id,
    detail: of.error_code,
  };
}

function timesOf({ created_at, started_at, finished_at }: Kin) {
  const from = started_at ?? created_at;
  return { started_at: new Date(from).toISOString(), duration_ms: finished_at === null ? null : finished_at - from };
}

function touchNode(executionId: string, touch: Touch): LineageNode {
  const { type, name, step_id, cost_microusd, started_at, ...told } = touch;
  return {
    ...NOTHING,
    ...told,
    id: `${executionId}:${step_id}:${type}:${name}`,
    type,
    name,
    step_id,
    cost_usd: microusdToUsd(cost_microusd),
    started_at: started_at === null ? null : new Date(started_at).toISOString(),
    execution_id: executionId,
  };
}
