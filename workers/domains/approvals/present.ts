import {
  type Approval,
  type ApprovalSummary,
  approval,
  approvalSummary,
  type Decider,
  decisionBarrier,
} from '@agentflow/contracts';
import type { ApprovalView } from '../../../durable-objects/execution/client.ts';
import type { ApprovalRow, ListedApproval } from './queries.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

function summaryFields(row: ListedApproval) {
  return {
    ...row,
    step_id: row.step_key,
    approvers: parsed(row.approvers),
    self_approval: row.self_approval === 1,
    requested_by: parsed(row.requested_by),
    requested_at: iso(row.requested_at),
    expires_at: iso(row.expires_at),
    decided_by: parsed(row.decided_by),
    decided_at: iso(row.decided_at),
    may_decide: false,
  };
}

/** Whether the caller may decide it now: also the object's answer when they try. */
export function forCaller<T extends Omit<ApprovalSummary, 'may_decide'>>(view: T, decider: Decider) {
  const may = view.status === 'pending' && decisionBarrier(view, view.requested_by, decider) === null;
  return { ...view, may_decide: may };
}

export function presentListed(row: ListedApproval, decider: Decider): ApprovalSummary {
  return forCaller(approvalSummary.parse(summaryFields(row)), decider);
}

export function presentRow(row: ApprovalRow, decider: Decider): Approval {
  const view: ApprovalView = approval.parse({
    ...summaryFields(row),
    payload: parsed(row.payload),
    form_schema: parsed(row.form_schema),
    form: parsed(row.form),
  });
  return forCaller(view, decider);
}
