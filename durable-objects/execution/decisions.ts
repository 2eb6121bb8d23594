import { decisionBarrier, type JsonValue } from '@agentflow/contracts';
import {
  answered,
  type Decision,
  type Signal,
  type StepResult,
  type StepState,
  validateInput,
} from '@agentflow/engine';
import { newId } from '../../workers/platform/ids.ts';
import { type ApprovalRow, type Approvals, isIntact, presentApproval } from './approvals.ts';
import type { ApprovalAudit, ApprovalView, DecideRefusal, DecideRequest, DecideResult } from './client.ts';
import type { Outcome } from './outcomes.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import type { Facts } from './store/rows.ts';

/** Feeds a signal to the engine; `before` writes in the same transaction. */
export type TellEngine = (signal: Signal, outcome: Outcome | null, before?: () => void) => void;

/** A question as it is now; null where the execution asked no such thing. */
export function approvalOf({ approvals, row: { facts }, plan }: ExecutionRun, id: string): ApprovalView | null {
  const row = approvals.row(id);
  return row === null ? null : presentApproval(row, facts, plan.byId.get(row.node_id));
}

/** Decides a question and lets its step go on, or says why not. In one turn: of several decisions the first counts. */
export function decideOn(run: ExecutionRun, request: DecideRequest, now: number, tellEngine: TellEngine): DecideResult {
  // What has run out is not open any more, even where the alarm is late.
  if (!hasEnded(run)) tellEngine({ type: 'timer', now }, null);
  const { facts } = run.row;
  const judged = judgeDecision(run.approvals, facts, request, now);
  if (judged.outcome !== 'accepted') return judged;
  const { row } = judged;
  goOn(run, row, judged.decision, { id: newId('audit', now), origin: request.origin }, tellEngine);
  const decided = run.approvals.row(row.id) ?? row;
  return { outcome: 'decided', approval: presentApproval(decided, facts, run.plan.byId.get(row.node_id)) };
}

/**
 * The time of a step is over that goes on with a decision: the default that was chosen is taken, or it fails. False
 * for a step that asked nobody.
 */
export function timeIsOver(run: ExecutionRun, step: StepState, now: number, tellEngine: TellEngine): boolean {
  const row = run.approvals.pendingOf(step.key);
  if (row === null) return false;
  const decision = decisionByTime(row, now);
  if (decision !== null) {
    goOn(run, row, decision, null, tellEngine);
    return true;
  }
  const { key, attempt } = step;
  const error = { code: 'approval_timeout', message: 'Nobody decided in time.', retryable: false };
  tellEngine({ type: 'step_failed', key, attempt, error, now, random: 0 }, null);
  return true;
}

/** Lets a step that asked go on with what was decided, by somebody or by time. */
function goOn(
  run: ExecutionRun,
  row: ApprovalRow,
  decision: Decision,
  audit: ApprovalAudit | null,
  tellEngine: TellEngine,
): void {
  const step = run.state.steps.get(row.step_key);
  if (step?.status !== 'waiting') throw new Error(`the approval ${row.id} is pending but its step does not wait`);
  const { key, attempt } = step;
  const { payload: _kept, ...answer } = decision;
  const write = () => run.approvals.decide(row, answer, audit, decision.decided_at);
  if (row.ask.then === 'resume') {
    tellEngine({ type: 'step_resumed', key, attempt }, null, () => {
      run.endAsking(step, decision.decided_at);
      write();
    });
    return;
  }
  const { handle, output } = answered(row.ask.kind, decision);
  const result: StepResult = { kind: 'completed', input: null, output, handle, blocked: false, calls: [] };
  tellEngine({ type: 'step_completed', key, attempt, handle }, { key, attempt, result }, write);
}

/** The question that a request means, and the decision on it; or why there is none. Changes nothing. */
function judgeDecision(
  approvals: Approvals,
  facts: Facts,
  request: DecideRequest,
  now: number,
): { readonly outcome: 'accepted'; readonly row: ApprovalRow; readonly decision: Decision } | DecideRefusal {
  const found = questionOf(approvals, request);
  if ('outcome' in found) return found;
  const { ask, status } = found;
  const barrier = decisionBarrier(ask, facts.triggered_by, request.decider);
  if (barrier !== null) return { outcome: 'not_allowed', barrier };
  if (status !== 'pending') {
    return { outcome: 'decided_before', status, decided_by: found.answer?.decided_by?.name ?? null };
  }
  if (!isIntact(found) || (request.action_hash !== null && request.action_hash !== found.action_hash)) {
    return { outcome: 'changed' };
  }
  const errors = formErrors(ask, request);
  if (errors.length > 0) return { outcome: 'invalid', errors };
  const { decision, comment, decider } = request;
  const form = request.form ?? null;
  const payload = JSON.parse(found.payload) as JsonValue;
  const decided = { decision, comment, form, payload, decided_by: decider.actor, decided_at: now };
  return { outcome: 'accepted', row: found, decision: decided };
}

function questionOf(approvals: Approvals, { target }: DecideRequest): ApprovalRow | DecideRefusal {
  if ('approval_id' in target) return approvals.row(target.approval_id) ?? { outcome: 'not_found' };
  if (target.step_id !== null) return approvals.lastOf(target.step_id) ?? { outcome: 'not_found' };
  const pending = approvals.allPending();
  const [only] = pending;
  if (only === undefined) return { outcome: 'nothing_asked' };
  if (pending.length > 1) return { outcome: 'ambiguous', steps: pending.map(({ step_id }) => step_id).slice(0, 20) };
  return approvals.row(only.id) ?? { outcome: 'not_found' };
}

function formErrors(ask: ApprovalRow['ask'], request: DecideRequest): { path: string; message: string }[] {
  if (ask.form_schema === null) {
    return request.form === null ? [] : [{ path: 'form', message: 'nothing is to be filled in here' }];
  }
  if (request.decision === 'deny') {
    if (ask.kind === 'form') return [{ path: 'decision', message: 'a form can only be sent, with approve' }];
    return [];
  }
  return validateInput(ask.form_schema, request.form).map(({ path, message }) => ({
    path: path === '' ? 'form' : `form.${path}`,
    message,
  }));
}

/** What the choice for a question's end of time decides; null where it fails the step. */
function decisionByTime(row: ApprovalRow, now: number): Decision | null {
  const { on_timeout } = row.ask;
  if (on_timeout !== 'approve' && on_timeout !== 'deny') return null;
  const payload = JSON.parse(row.payload) as JsonValue;
  return { decision: on_timeout, comment: '', form: null, payload, decided_by: null, decided_at: now };
}
