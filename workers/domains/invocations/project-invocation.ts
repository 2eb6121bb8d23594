import {
  type Door,
  type ExecutionSummary,
  type ExternalPlatform,
  ID_PREFIXES,
  type PayloadState,
} from '@agentflow/contracts';
import { deliveryIdOf } from '../../../durable-objects/webhook-target/client.ts';
import type { Database } from '../../db/client.ts';
import { idBody } from '../../platform/ids.ts';
import type { InvocationRow } from './list-queries.ts';
import { updateCost, upsertInvocation } from './queries.ts';

/** A call of an external agent as its execution tells it. */
export interface ToldInvocation {
  readonly call: {
    readonly external_agent_id: string;
    readonly name: string;
    readonly platform: ExternalPlatform;
    readonly door: Door;
    readonly key_id: string;
  };
  readonly summary: ExecutionSummary;
  readonly request: { readonly text: string | null; readonly state: PayloadState };
  readonly response: { readonly text: string | null; readonly state: PayloadState };
  /** Of the event that tells its result; null while it runs. */
  readonly event_id: string | null;
  readonly revision: number;
}

/** An invocation and its execution are found by each other. */
export function invocationIdOf(executionId: string): string {
  return `${ID_PREFIXES.invocation}_${idBody(executionId)}`;
}

/** Statements for the batch that writes the execution's row, behind it. */
export function invocationStatements(database: Database, organizationId: string, told: ToldInvocation) {
  const row = upsertInvocation(database, rowOf(organizationId, told));
  return [row, ...invocationCostStatements(database, organizationId, told.summary.id)];
}

/** The row without what the call has cost, which is summed up in D1. */
export function rowOf(
  organizationId: string,
  { call, summary, request, response, event_id, revision }: ToldInvocation,
): InvocationRow {
  const created_at = Date.parse(summary.created_at);
  const finished_at = summary.finished_at === null ? null : Date.parse(summary.finished_at);
  const { error } = summary;
  return {
    id: invocationIdOf(summary.id),
    organization_id: organizationId,
    external_agent_id: call.external_agent_id,
    external_agent_name: call.name,
    platform: call.platform,
    door: call.door,
    key_id: call.key_id,
    agent_id: summary.agent_id,
    agent_name: summary.agent_name,
    execution_id: summary.id,
    status: invocationStatusOf(summary),
    error_code: error?.code ?? (summary.status === 'cancelled' ? 'cancelled' : null),
    error_message: error?.message ?? null,
    request_payload: request.text,
    request_state: request.state,
    response_payload: response.text,
    response_state: response.state,
    samples: null,
    latency_ms: finished_at === null ? null : finished_at - created_at,
    cost_microusd: 0,
    count: 1,
    created_at,
    finished_at,
    webhook_delivery_status: 'none',
    webhook_delivery_attempts: 0,
    webhook_delivery_error: null,
    webhook_delivery_id: event_id === null ? null : deliveryIdOf(call.external_agent_id, event_id),
    archive: null,
    revision,
  };
}

/** Of an execution that a call of an external agent led to: the call costs what it has cost, too. */
export function invocationCostStatements(database: Database, organizationId: string, rootExecutionId: string) {
  return [updateCost(database, organizationId, invocationIdOf(rootExecutionId), rootExecutionId)];
}

export function invocationStatusOf({ status }: Pick<ExecutionSummary, 'status'>): 'running' | 'success' | 'error' {
  switch (status) {
    case 'completed':
      return 'success';
    case 'failed':
    case 'cancelled':
      return 'error';
    case 'queued':
    case 'running':
    case 'waiting':
      return 'running';
  }
}
