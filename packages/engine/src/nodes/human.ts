import type { Approvers, JsonValue } from '@agentflow/contracts';
import type { Decision, Due, StepError } from '../ports.ts';
import { checkSchema } from '../validation/json-schema.ts';
import { refused, type StepHandler } from './step-outcome.ts';

/** Whoever may decide approvals. */
export const NOBODY: Approvers = { users: [], roles: [], teams: [] };

const TIMED_OUT: StepError = {
  code: 'approval_timeout',
  message: 'Nobody decided in time.',
  retryable: false,
};

/** Output and exit of a step that asked a person, once it has been decided. */
export function answered(kind: 'approval' | 'form', decision: Decision): { handle: string; output: JsonValue } {
  const approved = decision.decision === 'approve';
  return {
    handle: kind === 'form' ? 'out' : approved ? 'approved' : 'denied',
    output: answerOf(decision.decision, decision),
  };
}

function answerOf(decision: 'approve' | 'deny' | null, answer: Omit<Decision, 'decision'>): JsonValue {
  return {
    decision,
    comment: answer.comment,
    decided_by: answer.decided_by === null ? null : { ...answer.decided_by },
    decided_at: new Date(answer.decided_at).toISOString(),
    payload: answer.payload,
    form: answer.form,
  };
}

function byTime(payload: JsonValue, at: number): Omit<Decision, 'decision'> {
  return { comment: '', form: null, payload, decided_by: null, decided_at: at };
}

/** Asks, and lets the step wait; its time, if it has one, ends it by the default that was chosen. */
export const runApproval: StepHandler<'human.approval'> = (config, { now }) => {
  const { title, message, timeout_seconds, on_timeout, self_approval } = config;
  const payload = config.payload ?? null;
  const wakeAt = timeout_seconds === undefined ? null : now + timeout_seconds * 1000;
  let due: Due | null = null;
  if (wakeAt !== null) {
    const output = answerOf(on_timeout === 'approve' ? 'approve' : 'deny', byTime(payload, wakeAt));
    due =
      on_timeout === 'fail'
        ? { kind: 'fail', error: TIMED_OUT }
        : { kind: 'complete', handle: on_timeout === 'approve' ? 'approved' : 'denied', output };
  }
  return {
    kind: 'waiting',
    reason: 'approval',
    wake_at: wakeAt,
    due,
    ask: {
      kind: 'approval',
      ...(title === undefined ? {} : { title }),
      message,
      payload,
      approvers: config.approvers ?? NOBODY,
      self_approval,
      form_schema: null,
      ...(wakeAt === null ? {} : { on_timeout }),
      // biome-ignore lint/suspicious/noThenProperty: never awaited; the ask's word for what comes after it
      then: 'complete',
    },
  };
};

export const runForm: StepHandler<'human.form'> = (config, { now }) => {
  const { title, message, schema, timeout_seconds, on_timeout } = config;
  const [problem] = checkSchema(schema);
  if (problem !== undefined) {
    const field = problem.path === '' ? 'schema' : `schema.${problem.path}`;
    return refused('schema_invalid', `${field} ${problem.message}.`);
  }
  const wakeAt = timeout_seconds === undefined ? null : now + timeout_seconds * 1000;
  let due: Due | null = null;
  if (wakeAt !== null) {
    const output = answerOf(null, byTime(null, wakeAt));
    due = on_timeout === 'fail' ? { kind: 'fail', error: TIMED_OUT } : { kind: 'complete', handle: 'out', output };
  }
  return {
    kind: 'waiting',
    reason: 'approval',
    wake_at: wakeAt,
    due,
    ask: {
      kind: 'form',
      ...(title === undefined ? {} : { title }),
      message,
      payload: null,
      approvers: config.approvers ?? NOBODY,
      self_approval: true,
      form_schema: schema,
      ...(wakeAt === null ? {} : { on_timeout }),
      // biome-ignore lint/suspicious/noThenProperty: never awaited; the ask's word for what comes after it
      then: 'complete',
    },
  };
};
