import { EVENT_CATALOGUE, type EventType, type JsonValue, type MessageKind } from '@agentflow/contracts';
import type { MessageEvent } from '../port.ts';

const ID = '01jd9m0v8k3s5x7z2b4c6d8f0g';
const AT = Date.UTC(2026, 10, 21, 9, 30);
const time = (seconds: number) => new Date(AT + seconds * 1000).toISOString();
const DANA = { type: 'user', id: `usr_${ID}`, name: 'Dana Reyes' };

const EXECUTION = {
  execution_id: `exe_${ID}`,
  agent_id: `agt_${ID}`,
  agent_name: 'Invoice reader',
  version: 7,
  mode: 'live',
  trigger: 'api',
  triggered_by: DANA,
  project_id: null,
  parent_execution_id: null,
  root_execution_id: null,
  error: null,
  output_preview: null,
  cost_usd: 0.0134,
  duration_ms: 8200,
  started_at: time(-8.2),
  finished_at: time(0),
};

const TYPES = {
  result: 'external_agent.invoked',
  failure: 'execution.failed',
  approval: 'approval.requested',
  budget: 'budget.threshold_reached',
  notice: 'agent.published',
} as const satisfies Record<MessageKind, EventType>;

const DATA: Readonly<Record<MessageKind, JsonValue>> = {
  result: {
    external_agent_id: `ext_${ID}`,
    name: 'Claude Code',
    platform: 'claude_code',
    door: 'mcp',
    invocation_id: `inv_${ID}`,
    execution_id: `exe_${ID}`,
    agent_id: `agt_${ID}`,
    agent_name: 'Invoice reader',
    project_id: null,
    status: 'success',
    error: null,
    latency_ms: 8200,
    cost_usd: 0.0134,
    result: { supplier: 'Alder & Finch', total: '1,280.00 EUR', due: '2026-12-20' },
    result_truncated: false,
  },
  failure: {
    ...EXECUTION,
    status: 'failed',
    error: { code: 'model_unavailable', message: 'The model did not answer in time.', node_id: 'extract' },
  },
  approval: {
    approval_id: `apr_${ID}`,
    execution_id: `exe_${ID}`,
    agent_id: `agt_${ID}`,
    agent_name: 'Invoice reader',
    project_id: null,
    kind: 'approval',
    title: 'Pay 1,280.00 EUR to Alder & Finch',
    message: 'The invoice is 12 % above the order. Pay it?',
    status: 'pending',
    action_hash: '3f9a1c5e7b2d4086'.repeat(4),
    requested_at: time(0),
    decided_by: null,
    comment: '',
  },
  budget: {
    scope: 'project',
    id: `prj_${ID}`,
    period: 'month',
    limit_usd: 250,
    spent_usd: 201.4,
    threshold: 80,
    refused_usd: null,
  },
  notice: { agent_id: `agt_${ID}`, agent_name: 'Invoice reader', status: 'active', live_version: 7 },
};

/** An event as previews and tests tell it: what the catalogue takes, and nothing that exists. */
export function exampleEvent(kind: MessageKind): MessageEvent {
  const type = TYPES[kind];
  const data = EVENT_CATALOGUE[type].data.parse(DATA[kind]) as MessageEvent['data'];
  return { id: `evt_${ID}`, type, at: AT, data };
}
