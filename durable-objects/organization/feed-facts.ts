import type { Actor, ExecutionSummary, FeedApproval, FeedFact } from '@agentflow/contracts';
import type { AdmissionRequest, AgentHead } from './client.ts';
import type { Lease } from './store/leases.ts';

/** A start that was admitted. Its object has not answered yet: should it refuse, the feed is reset. */
export function admitted(
  request: AdmissionRequest,
  lease: Pick<Lease, 'execution_id' | 'state' | 'created_at'>,
  decided: { readonly agent: AgentHead; readonly version: number | null; readonly caller: Actor },
): FeedFact {
  const queued = lease.state === 'queued';
  const at = new Date(lease.created_at).toISOString();
  return {
    type: queued ? 'execution.queued' : 'execution.started',
    data: {
      execution: {
        id: lease.execution_id,
        organization_id: request.organization_id,
        agent_id: request.agent_id,
        agent_name: decided.agent.name,
        version: decided.version,
        mode: request.mode,
        status: queued ? 'queued' : 'running',
        waiting_reason: null,
        triggered_by: decided.caller,
        ...request.shown,
        parent_execution_id: request.lineage?.parent_execution_id ?? null,
        root_execution_id: request.lineage?.root_execution_id ?? null,
        error: null,
        input_tokens: 0,
        output_tokens: 0,
        cost_usd: 0,
        step_count: 0,
        created_at: at,
        started_at: queued ? null : at,
        finished_at: null,
        duration_ms: null,
      },
    },
  };
}

/** The turn of a queued execution has come. */
export function promoted(lease: Pick<Lease, 'execution_id' | 'agent_id'>, now: number): FeedFact {
  return {
    type: 'execution.started',
    data: {
      execution: {
        id: lease.execution_id,
        agent_id: lease.agent_id,
        status: 'running',
        waiting_reason: null,
        started_at: new Date(now).toISOString(),
      },
    },
  };
}

const ENDS = {
  completed: 'execution.completed',
  failed: 'execution.failed',
  cancelled: 'execution.cancelled',
} as const;

/** What an execution tells of itself when it waits, goes on or ends; null for one that was never told to do so. */
export function moved(execution: ExecutionSummary): FeedFact | null {
  const { status } = execution;
  if (status === 'queued') return null;
  const type = status === 'running' ? 'execution.resumed' : status === 'waiting' ? 'execution.waiting' : ENDS[status];
  return { type, data: { execution } };
}

const APPROVAL_TYPES = {
  pending: 'approval.requested',
  approved: 'approval.approved',
  denied: 'approval.denied',
  expired: 'approval.expired',
  cancelled: 'approval.cancelled',
} as const;

export function asked(approval: FeedApproval): FeedFact {
  return { type: APPROVAL_TYPES[approval.status], data: { approval } };
}

const STATUS_TYPES = { active: 'agent.activated', paused: 'agent.paused', archived: 'agent.archived' } as const;

/** What has become of an agent; null where nothing that lists show has changed. */
export function changed(before: AgentHead | null, after: AgentHead): FeedFact | null {
  const { agent_id: id, name, status, live_version } = after;
  const tell = (
    type:
      | 'agent.created'
      | 'agent.published'
      | 'agent.updated'
      | (typeof STATUS_TYPES)['active' | 'paused' | 'archived'],
  ): FeedFact => ({
    type,
    data: { agent: { id, name, status, live_version } },
  });
  if (before === null) return tell(live_version === null && status === 'draft' ? 'agent.created' : 'agent.updated');
  if (before.live_version !== live_version) return tell('agent.published');
  if (before.status !== status && status !== 'draft') return tell(STATUS_TYPES[status]);
  return before.revision < after.revision ? tell('agent.updated') : null;
}
