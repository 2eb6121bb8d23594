import { ERROR_CODES } from '@agentflow/contracts';
import type { CountedRefusals, RefusedCall } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { upsertRefusals } from './queries.ts';

/** Writes how many calls were refused, a row per external agent, code and minute, in one batch. Retelling changes nothing. */
export async function projectRefusals(
  database: Database,
  organizationId: string,
  counted: readonly CountedRefusals[],
): Promise<void> {
  const [first, ...rest] = counted.map((each) => statementOf(database, organizationId, each));
  if (first !== undefined) await database.batch([first, ...rest]);
}

function statementOf(database: Database, organizationId: string, refusals: CountedRefusals) {
  const { id, code, count, first, last } = refusals;
  return upsertRefusals(database, {
    id,
    organization_id: organizationId,
    external_agent_id: refusals.external_agent_id,
    external_agent_name: refusals.external_agent_name,
    platform: refusals.platform,
    door: refusals.door,
    key_id: refusals.key_id,
    agent_id: null,
    agent_name: null,
    execution_id: null,
    status: ERROR_CODES[code].status === 429 ? 'throttled' : 'denied',
    error_code: code,
    error_message: last.detail,
    request_payload: null,
    request_state: 'off',
    response_payload: null,
    response_state: 'off',
    samples: JSON.stringify({ first: presented(first), last: presented(last) }),
    latency_ms: null,
    cost_microusd: 0,
    count,
    created_at: first.at,
    finished_at: last.at,
    webhook_delivery_status: 'none',
    webhook_delivery_attempts: 0,
    webhook_delivery_error: null,
    webhook_delivery_id: null,
    archive: null,
    revision: count,
  });
}

function presented({ at, ...call }: RefusedCall) {
  return { ...call, at: new Date(at).toISOString() };
}
