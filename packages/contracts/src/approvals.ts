import { z } from 'zod';
import { jsonObject, jsonValue, pageQuery, timestamp } from './common.ts';
import { type Actor, actor, executionMode } from './executions.ts';
import { agentId, executionId, idSchema, teamId, userId } from './ids.ts';
import { type Role, role } from './permissions.ts';

export const approvalId = idSchema('approval');

export const APPROVAL_STATUSES = ['pending', 'approved', 'denied', 'expired', 'cancelled'] as const;
export const approvalStatus = z.enum(APPROVAL_STATUSES);
export type ApprovalStatus = z.infer<typeof approvalStatus>;

/** Whom a question is for. All three empty: whoever has the permission `approvals:approve`. */
export const approvers = z.strictObject({
  users: z.array(userId).max(100).default([]),
  roles: z.array(role).max(10).default([]),
  teams: z.array(teamId).max(100).default([]),
});
export type Approvers = z.infer<typeof approvers>;

/** Longest list of approvers, message and the like stay small; this bounds what is shown with them, in characters of JSON. */
export const MAX_APPROVAL_CHARACTERS = 256 * 1024;
export const MAX_APPROVAL_SECONDS = 30 * 86_400;

export const approvalSummary = z.object({
  id: approvalId,
  execution_id: executionId,
  agent_id: agentId,
  agent_name: z.string(),
  mode: executionMode,
  step_id: z.string().describe('The step that waits, as GET /executions/{id}/steps names it'),
  node_id: z.string(),
  node_name: z.string(),
  kind: z.enum(['approval', 'form']),
  title: z.string(),
  message: z.string(),
  action_hash: z
    .string()
    .describe('SHA-256, in hex, of the payload as canonical JSON (RFC 8785): what is approved is exactly that'),
  approvers,
  self_approval: z.boolean().describe('Whether whoever started the execution may decide'),
  requested_by: actor.describe('Who or what started the execution'),
  requested_at: timestamp,
  expires_at: timestamp.nullable(),
  on_timeout: z
    .enum(['approve', 'deny', 'fail', 'continue'])
    .nullable()
    .describe('What happens when nobody has decided by `expires_at`'),
  status: approvalStatus,
  decided_by: actor.nullable().describe('null while pending, and where time or the end of the execution decided'),
  decided_at: timestamp.nullable(),
  comment: z.string(),
  may_decide: z.boolean().describe('Whether the caller may decide it now'),
});
export type ApprovalSummary = z.infer<typeof approvalSummary>;

export const approval = approvalSummary.extend({
  payload: jsonValue.nullable().describe('What will be done, exactly'),
  form_schema: jsonObject.nullable().describe('JSON Schema of what is to be filled in'),
  form: jsonValue.nullable().describe('What was filled in'),
});
export type Approval = z.infer<typeof approval>;

export const approvalQuery = pageQuery.extend({
  status: z
    .enum([...APPROVAL_STATUSES, 'decided'])
    .optional()
    .describe('`decided` is everything but `pending`'),
  mine: z.enum(['true', 'false']).optional().describe('`true`: only what is pending and the caller may decide'),
  execution_id: executionId.optional(),
});
export type ApprovalQuery = z.infer<typeof approvalQuery>;

const decisionFields = {
  decision: z.enum(['approve', 'deny']).describe('A form can only be approved: that sends it'),
  comment: z.string().trim().max(4000).default(''),
  form: jsonValue.optional().describe('The answers to a form'),
  action_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex')
    .optional()
    .describe('The `action_hash` that was shown: the decision is refused when something else waits by now'),
};
export const decisionRequest = z.strictObject(decisionFields);
export type DecisionRequest = z.infer<typeof decisionRequest>;

export const approveExecutionRequest = z.strictObject({
  ...decisionFields,
  step_id: z.string().min(1).max(400).optional().describe('Needed where several steps of the execution wait'),
});
export type ApproveExecutionRequest = z.infer<typeof approveExecutionRequest>;

/** Who wants to decide, with the role and teams that they have now; keys have neither. */
export interface Decider {
  readonly actor: Actor;
  readonly role: Role | null;
  readonly teams: readonly string[];
  /** Whether role or scopes give `approvals:approve`. */
  readonly may_approve: boolean;
}

interface Question {
  readonly approvers: {
    readonly users: readonly string[];
    readonly roles: readonly Role[];
    readonly teams: readonly string[];
  };
  readonly self_approval: boolean;
}

export type DecisionBarrier = 'own_execution' | 'not_named' | 'no_permission';

/**
 * Why somebody may not decide; null when they may. Being named is enough for a person, whatever their role; where nobody
 * is named the permission decides. Keys are in no list of names.
 */
export function decisionBarrier(question: Question, startedBy: Actor, decider: Decider): DecisionBarrier | null {
  const { users, roles, teams } = question.approvers;
  const { actor: who } = decider;
  if (!question.self_approval && who.type === startedBy.type && who.id === startedBy.id) return 'own_execution';
  if (users.length + roles.length + teams.length === 0) return decider.may_approve ? null : 'no_permission';
  if (who.type !== 'user') return 'not_named';
  const named =
    users.includes(who.id) ||
    (decider.role !== null && roles.includes(decider.role)) ||
    decider.teams.some((team) => teams.includes(team));
  return named ? null : 'not_named';
}
