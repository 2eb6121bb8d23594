import {
  type ExecutionStatus,
  executionStatus,
  ID_PREFIXES,
  isTerminal,
  type LineageGraph,
  microusdToUsd,
  webhookDeliveryStatus,
} from '@agentflow/contracts';
import { type ExecutionRecord, executionObject, type Touches } from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound } from '../../platform/errors.ts';
import { idBody } from '../../platform/ids.ts';
import { findInvocation } from '../invocations/index.ts';
import { deliveryNode, type ExternalCaller, externalNode, graphOf, type Kin, MAX_NODES } from './graph.ts';
import { type CallerRow, readFamily } from './queries.ts';

type Context = Pick<RequestContext, 'env' | 'organizationId'>;

/** Objects that one reading asks, and at once: what runs is further than its row. */
const MOST_ASKED = 30;
const ASKED_AT_ONCE = 10;

/** From the root of an execution to all that it led to. */
export async function executionLineage(ctx: Context, id: string): Promise<LineageGraph> {
  const family = await familyOf(ctx, id);
  if (family === null) throw notFound('execution', id);
  return graphOf(family.caller, family.kin);
}

/** From the external agent that called to all that this led to. */
export async function invocationLineage(ctx: Context, id: string): Promise<LineageGraph> {
  const executionId = `${ID_PREFIXES.execution}_${idBody(id)}`;
  const family = await familyOf(ctx, executionId);
  if (family !== null && family.caller !== null && family.kin[0]?.id === executionId) {
    return graphOf(family.caller, family.kin);
  }
  // Nothing ran for a call that was refused, and an execution may be kept for a shorter time than its call.
  const row = await findInvocation(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  if (row === undefined) throw notFound('invocation', id);
  const { status, count } = row;
  const caller = callerOf(row);
  const node = {
    ...externalNode(caller),
    status: status === 'success' ? ('success' as const) : ('error' as const),
    count,
    failed: status === 'success' ? 0 : count,
    cost_usd: microusdToUsd(row.cost_microusd),
    started_at: new Date(row.created_at).toISOString(),
    duration_ms: row.latency_ms,
    detail: row.error_code,
  };
  const delivery = deliveryNode(caller);
  if (delivery === null) return { nodes: [node], edges: [], truncated: false };
  return { nodes: [node, delivery], edges: [{ from: node.id, to: delivery.id }], truncated: false };
}

function callerOf(row: CallerRow): ExternalCaller {
  const status = webhookDeliveryStatus.parse(row.webhook_delivery_status);
  const id = row.webhook_delivery_id;
  return {
    external_agent_id: row.external_agent_id,
    name: row.external_agent_name,
    delivery:
      status === 'none' || id === null
        ? null
        : {
            id,
            status,
            attempts: row.webhook_delivery_attempts,
            error: row.webhook_delivery_error,
          },
  };
}

interface Family {
  readonly caller: ExternalCaller | null;
  readonly kin: readonly Kin[];
}

/** null where there is no such execution. */
async function familyOf(ctx: Context, id: string): Promise<Family | null> {
  const stored = await storedFamily(ctx, id);
  if (stored.kin.has(id)) return complete(ctx, stored, []);
  const record = await recordOf(ctx, id);
  if (record === null) return null;
  const root = record.summary.root_execution_id;
  return complete(ctx, root === null ? stored : await storedFamily(ctx, root), [record]);
}

interface Known {
  caller: ExternalCaller | null;
  readonly kin: Map<string, Kin>;
}

async function storedFamily({ env, organizationId }: Context, id: string): Promise<Known> {
  const { rows, touches } = await readFamily(db(env, organizationId), organizationId, id, MAX_NODES);
  const touched = new Map(touches.map((each) => [each.execution_id, JSON.parse(each.touches) as Touches]));
  const known: Known = { caller: null, kin: new Map() };
  for (const { call, error, root_execution_id, ...row } of rows) {
    if (call !== null && root_execution_id === null) {
      known.caller = callerOf(call);
    }
    known.kin.set(row.id, {
      ...row,
      status: executionStatus.parse(row.status) satisfies ExecutionStatus,
      error_code: error === null ? null : (JSON.parse(error) as { code: string }).code,
      touches: touched.get(row.id) ?? null,
    });
  }
  return known;
}

/** Asks those that run, and those that they started and D1 does not know yet. */
async function complete(ctx: Context, known: Known, records: readonly ExecutionRecord[]): Promise<Family> {
  const asked = new Set<string>();
  const toAsk: string[] = [];
  const want = (id: string) => {
    if (asked.size < MOST_ASKED && !asked.has(id)) {
      asked.add(id);
      toAsk.push(id);
    }
  };
  const take = (record: ExecutionRecord) => {
    const { summary, invocation, started } = record;
    asked.add(summary.id);
    known.kin.set(summary.id, kinOf(record));
    if (invocation !== null) {
      const { external_agent_id, name } = invocation.call;
      known.caller ??= { external_agent_id, name, delivery: null };
    }
    for (const id of started) if (!known.kin.has(id)) want(id);
    const root = summary.root_execution_id;
    if (root !== null && !known.kin.has(root)) want(root);
  };
  records.forEach(take);
  for (const { id, status } of known.kin.values()) if (!isTerminal(status)) want(id);
  while (toAsk.length > 0) {
    const page = toAsk.splice(0, ASKED_AT_ONCE);
    for (const record of await Promise.all(page.map((id) => recordOf(ctx, id)))) if (record !== null) take(record);
  }
  const kin = [...known.kin.values()].sort(byBeginning);
  return { caller: known.caller, kin };
}

/** The root before all others, which have a parent. */
function byBeginning(a: Kin, b: Kin): number {
  const generation = Number(a.parent_execution_id !== null) - Number(b.parent_execution_id !== null);
  return generation !== 0 ? generation : a.id < b.id ? -1 : 1;
}

function recordOf({ env, organizationId }: Context, id: string): Promise<ExecutionRecord | null> {
  return executionObject(env.EXECUTION, id).record(organizationId);
}

function kinOf({ summary, cost_microusd, touches }: ExecutionRecord): Kin {
  const millis = (at: string | null) => (at === null ? null : Date.parse(at));
  return {
    id: summary.id,
    agent_id: summary.agent_id,
    agent_name: summary.agent_name,
    status: summary.status,
    parent_execution_id: summary.parent_execution_id,
    error_code: summary.error?.code ?? null,
    input_tokens: summary.input_tokens,
    output_tokens: summary.output_tokens,
    cost_microusd,
    created_at: Date.parse(summary.created_at),
    started_at: millis(summary.started_at),
    finished_at: millis(summary.finished_at),
    touches,
  };
}
