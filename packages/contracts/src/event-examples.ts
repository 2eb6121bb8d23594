import type { EventData, EventType } from './event-catalogue.ts';

const AGENT = { agent_id: 'agt_01k7x0b2d3e4f5g6h7j8k9m0np', agent_name: 'Support triage' } as const;
const EXECUTION_ID = 'exe_01k7x1a1b2c3d4e5f6g7h8j9k0';
const PROJECT_ID = 'prj_01k7wz8x9y0z1a2b3c4d5e6f7g';
const EXTERNAL = { external_agent_id: 'ext_01k7wy3c4d5e6f7g8h9j0k1m2n', name: 'Claude Code of the desk' } as const;
const USER_ID = 'usr_01k7ww9p8q7r6s5t4v3w2x1y0z';
const EMAIL = 'ada@example.com';
const ADA = { type: 'user', id: USER_ID, name: 'Ada' } as const;

const EXECUTION: EventData<'execution.started'> = {
  execution_id: EXECUTION_ID,
  ...AGENT,
  version: 3,
  mode: 'live',
  status: 'running',
  trigger: 'api',
  triggered_by: { type: 'api_key', id: 'key_01k7wv5m6n7p8q9r0s1t2v3w4x', name: 'Help desk' },
  project_id: PROJECT_ID,
  parent_execution_id: null,
  root_execution_id: null,
  error: null,
  output_preview: null,
  cost_usd: 0,
  duration_ms: null,
  started_at: '2026-10-20T08:30:00.000Z',
  finished_at: null,
};
const ENDED = { cost_usd: 0.0042, duration_ms: 1830, finished_at: '2026-10-20T08:30:01.830Z' } as const;

const APPROVAL: EventData<'approval.requested'> = {
  approval_id: 'apr_01k7x1b8c9d0e1f2g3h4j5k6m7',
  execution_id: EXECUTION_ID,
  ...AGENT,
  project_id: PROJECT_ID,
  kind: 'approval',
  title: 'Refund',
  message: 'Refund 40 EUR to Grace?',
  status: 'pending',
  action_hash: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
  requested_at: '2026-10-20T08:30:00.900Z',
  decided_by: null,
  comment: '',
};

const BUDGET = { scope: 'project', id: PROJECT_ID, period: 'month', limit_usd: 50, spent_usd: 40.0125 } as const;
const PROPOSAL = { proposal_id: 'prp_01k7x2n3p4q5r6s7t8v9w0x1y2', ...AGENT } as const;

/** What the data of each type looks like: in the reference, in answers, and what a test of a subscription sends. */
export const EVENT_EXAMPLES: { readonly [T in EventType]: EventData<T> } = {
  'execution.started': EXECUTION,
  'execution.completed': {
    ...EXECUTION,
    ...ENDED,
    status: 'completed',
    output_preview: '{"queue":"billing","urgency":"high"}',
  },
  'execution.failed': {
    ...EXECUTION,
    ...ENDED,
    status: 'failed',
    error: { code: 'http_error', message: 'The ticket system answered 502.', node_id: 'update_ticket' },
  },
  'execution.cancelled': {
    ...EXECUTION,
    ...ENDED,
    status: 'cancelled',
    error: { code: 'cancelled', message: 'Cancelled by Ada.' },
  },
  'agent.created': { ...AGENT, status: 'draft', live_version: null },
  'agent.published': { ...AGENT, status: 'active', live_version: 3 },
  'agent.activated': { ...AGENT, status: 'active', live_version: 3 },
  'agent.paused': { ...AGENT, status: 'paused', live_version: 3 },
  'agent.archived': { ...AGENT, status: 'archived', live_version: 3 },
  'agent.handoff': {
    handoff_id: 'hof_01k7x1d4e5f6g7h8j9k0m1n2p3',
    ...AGENT,
    from_agent_id: 'agt_01k7x0c7d8e9f0g1h2j3k4m5n6',
    execution_id: EXECUTION_ID,
    project_id: PROJECT_ID,
  },
  'approval.requested': APPROVAL,
  'approval.approved': { ...APPROVAL, status: 'approved', decided_by: ADA, comment: 'The parcel never arrived.' },
  'approval.denied': { ...APPROVAL, status: 'denied', decided_by: ADA, comment: 'Refunded last week.' },
  'project.budget_exceeded': { ...BUDGET, spent_usd: 50.0008, project_id: PROJECT_ID },
  'budget.threshold_reached': { ...BUDGET, threshold: 80, refused_usd: null },
  'budget.overrun': { ...BUDGET, reserved_for_call_usd: 0.02, cost_of_call_usd: 0.0231 },
  'external_agent.invoked': {
    ...EXTERNAL,
    platform: 'claude_code',
    door: 'mcp',
    invocation_id: 'inv_01k7x1a1b2c3d4e5f6g7h8j9k0',
    execution_id: EXECUTION_ID,
    ...AGENT,
    project_id: null,
    status: 'success',
    error: null,
    latency_ms: 1830,
    cost_usd: 0.0042,
    result: { queue: 'billing', urgency: 'high' },
    result_truncated: false,
  },
  'external_agent.throttled': { ...EXTERNAL, code: 'rate_limited' },
  'external_agent.suspicious': {
    ...EXTERNAL,
    reason: 'new_country',
    key_id: 'key_01k7wy3f6g7h8j9k0m1n2p3q4r',
    country: 'NZ',
  },
  'external_agent.key_revoked': {
    external_agent_id: EXTERNAL.external_agent_id,
    key_id: 'key_01k7wy3f6g7h8j9k0m1n2p3q4r',
    key: 'ea_***k0m1',
  },
  'external_agent.stopped': {
    stop_id: 'stp_01k7x3q5r6s7t8v9w0x1y2z3a4',
    kind: 'external_agent',
    subject_id: EXTERNAL.external_agent_id,
    targeted: 4,
  },
  'proposal.created': PROPOSAL,
  'proposal.approved': PROPOSAL,
  'proposal.rejected': PROPOSAL,
  'webhook.disabled': {
    target_id: 'whk_01k7x4v8w9x0y1z2a3b4c5d6e7',
    kind: 'webhook',
    name: 'https://example.com/hooks/agentflow',
    reason: 'gone',
    detail: 'The receiver answered 410.',
    failing_since: null,
  },
  'channel.unhealthy': { platform: 'slack', attempts: 40, failed: 38, last_error: 'HTTP 503' },
  'channel.recovered': { platform: 'slack' },
  'member.invited': {
    invitation_id: 'ivt_01k7x5w1x2y3z4a5b6c7d8e9f0',
    email: EMAIL,
    role: 'editor',
    invited_by: 'usr_01k7ww0a1b2c3d4e5f6g7h8j9k',
  },
  'member.joined': { user_id: USER_ID, email: EMAIL, role: 'editor' },
  'member.removed': { user_id: USER_ID, email: EMAIL, removed_by: 'usr_01k7ww0a1b2c3d4e5f6g7h8j9k' },
  'billing.payment_failed': { invoice_id: 'in_1QxExample', amount_usd: 49 },
};
