import {
  type Invocation,
  type InvocationSummary,
  invocationSummary,
  type JsonValue,
  microusdToUsd,
  payloadState,
  type RefusalSample,
} from '@agentflow/contracts';
import type { InvocationRow, ListedInvocation } from './list-queries.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

export function presentSummary(row: ListedInvocation): InvocationSummary {
  return invocationSummary.parse({
    id: row.id,
    external_agent_id: row.external_agent_id,
    external_agent_name: row.external_agent_name,
    platform: row.platform,
    door: row.door,
    key_id: row.key_id,
    agent_id: row.agent_id,
    agent_name: row.agent_name,
    execution_id: row.execution_id,
    status: row.status,
    error_code: row.error_code,
    error_message: row.error_message,
    latency_ms: row.latency_ms,
    cost_usd: microusdToUsd(row.cost_microusd),
    count: row.count,
    created_at: iso(row.created_at),
    finished_at: iso(row.finished_at),
    webhook_delivery_status: row.webhook_delivery_status,
    webhook_delivery_attempts: row.webhook_delivery_attempts,
    webhook_delivery_error: row.webhook_delivery_error,
    webhook_delivery_id: row.webhook_delivery_id,
  });
}

/** The row's payloads, in JSON, wherever they were read. */
export interface Payloads {
  readonly request: string | null;
  readonly response: string | null;
}

export function presentInvocation(row: InvocationRow, { request, response }: Payloads): Invocation {
  return {
    ...presentSummary(row),
    request_payload: parsed(request),
    request_state: payloadState.parse(row.request_state),
    response_payload: parsed(response),
    response_state: payloadState.parse(row.response_state),
    samples: row.samples === null ? null : (JSON.parse(row.samples) as { first: RefusalSample; last: RefusalSample }),
    archived: row.archive !== null,
  };
}

function parsed(text: string | null): JsonValue | null {
  return text === null ? null : (JSON.parse(text) as JsonValue);
}
