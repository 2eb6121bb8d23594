import type { JsonValue } from '@agentflow/contracts';
import type { ApprovalView } from '../../../durable-objects/execution/client.ts';
import { adapterOf, type ChatMessage, messageOf } from '../../chat/index.ts';
import type { CallbackContext, PressedChannel } from './press.ts';

const CLOSED: Readonly<Record<ApprovalView['status'], { readonly tone: ChatMessage['tone']; readonly verb: string }>> =
  {
    pending: { tone: 'waiting', verb: 'To be approved' },
    approved: { tone: 'good', verb: 'Approved' },
    denied: { tone: 'bad', verb: 'Denied' },
    expired: { tone: 'neutral', verb: 'Expired' },
    cancelled: { tone: 'neutral', verb: 'Cancelled' },
  };

/** The message that asked, as it is after the decision: who, when, and no buttons. */
export async function decidedPayload(
  { organizationId, origin }: CallbackContext,
  { config, templates }: PressedChannel,
  approval: ApprovalView,
): Promise<Record<string, unknown>> {
  const event = {
    id: approval.id,
    type: 'approval.requested',
    at: Date.parse(approval.requested_at),
    data: dataOf(approval),
  } as const;
  const { message } = await messageOf(event, { organizationId, templates, publicUrl: origin, buttons: false });
  const { tone, verb } = CLOSED[approval.status];
  const facts = [...message.facts, ...decisionFacts(approval)];
  const decided = { ...message, tone, title: `${verb}: ${approval.title}`, facts };
  return adapterOf(config.platform).format(decided, config) as Record<string, unknown>;
}

function decisionFacts({ status, decided_by, decided_at, comment }: ApprovalView): ChatMessage['facts'] {
  const who = decided_by === null ? [] : [{ name: `${CLOSED[status].verb} by`, value: decided_by.name }];
  const when = decided_at === null ? [] : [{ name: 'At', value: `${decided_at.slice(0, 16).replace('T', ' ')} UTC` }];
  return [...who, ...when, ...(comment === '' ? [] : [{ name: 'Comment', value: comment }])];
}

/** As the event `approval.requested` has it. */
function dataOf(approval: ApprovalView): Record<string, JsonValue> {
  const { id, execution_id, agent_id, agent_name, kind, title, message } = approval;
  const { status, action_hash, requested_at, decided_by, comment } = approval;
  return {
    approval_id: id,
    execution_id,
    agent_id,
    agent_name,
    project_id: null,
    kind,
    title,
    message,
    status,
    action_hash,
    requested_at,
    decided_by: decided_by === null ? null : { ...decided_by },
    comment,
  };
}
