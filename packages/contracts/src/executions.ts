import { z } from 'zod';
import { usdAmount } from './budgets.ts';
import { jsonValue, LIMITS, timestamp } from './common.ts';
import { agentId, executionId, organizationId, projectId } from './ids.ts';

export const EXECUTION_STATUSES = ['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'] as const;
export const executionStatus = z.enum(EXECUTION_STATUSES);
export type ExecutionStatus = z.infer<typeof executionStatus>;
export const TERMINAL_EXECUTION_STATUSES: readonly ExecutionStatus[] = ['completed', 'failed', 'cancelled'];
export function isTerminal(status: ExecutionStatus): boolean {
  return TERMINAL_EXECUTION_STATUSES.includes(status);
}

export const waitingReason = z.enum(['approval', 'delay', 'budget', 'child', 'concurrency']);
export type WaitingReason = z.infer<typeof waitingReason>;

export const STEP_STATUSES = ['pending', 'running', 'waiting', 'completed', 'failed', 'skipped', 'cancelled'] as const;
export const stepStatus = z.enum(STEP_STATUSES);
export type StepStatus = z.infer<typeof stepStatus>;

/** `external`: an external agent called; `agent`: called by another execution; `handoff`: work was handed over; `failure`: another execution has failed; `shadow`: it was tried again by a shadow run. */
export const executionTrigger = z.enum([
  'manual',
  'api',
  'external',
  'test',
  'agent',
  'handoff',
  'failure',
  'shadow',
  'refinement',
]);
export type ExecutionTrigger = z.infer<typeof executionTrigger>;
export const executionMode = z.enum(['live', 'test']);
export type ExecutionMode = z.infer<typeof executionMode>;

export const actor = z.object({
  type: z.enum(['user', 'api_key', 'external_agent', 'system']),
  id: z.string(),
  name: z.string(),
});
export type Actor = z.infer<typeof actor>;

export const executionError = z.object({
  code: z.string(),
  message: z.string(),
  node_id: z.string().optional(),
});
export type ExecutionError = z.infer<typeof executionError>;

export const executionSummary = z.object({
  id: executionId,
  organization_id: organizationId,
  agent_id: agentId,
  agent_name: z.string(),
  version: z.number().int().nullable().describe('The published version that ran; null for a test run of the draft'),
  mode: executionMode,
  status: executionStatus,
  waiting_reason: waitingReason.nullable(),
  action_needed: z
    .string()
    .optional()
    .describe('What somebody has to do so that it goes on; absent where it needs nobody'),
  trigger: executionTrigger,
  triggered_by: actor,
  parent_execution_id: executionId.nullable().describe('The execution that started this one'),
  root_execution_id: executionId
    .nullable()
    .describe('The first of the executions that led here; null for one of its own'),
  project_id: projectId.nullable(),
  error: executionError.nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z.number(),
  step_count: z.number().int().describe('Steps that ended so far, skipped ones left out'),
  created_at: timestamp,
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  duration_ms: z.number().int().nullable(),
});
export type ExecutionSummary = z.infer<typeof executionSummary>;

const ACTIONS: Readonly<Partial<Record<WaitingReason, string>>> = {
  approval: 'Somebody has to decide: GET /approvals tells what is asked.',
  budget:
    'A budget has no money left: GET /executions/{id}/budget tells which. Top it up or raise it, or wait for its next period.',
};

/** What `action_needed` tells of an execution that waits for this. */
export function actionNeeded(reason: WaitingReason | null): { action_needed?: string } {
  const action_needed = reason === null ? undefined : ACTIONS[reason];
  return action_needed === undefined ? {} : { action_needed };
}

export const execution = executionSummary.extend({
  input: jsonValue,
  output: jsonValue.nullable(),
  trace_id: z.string(),
  retry_of: executionId.nullable().describe('The execution whose finished steps this one took over'),
  shadow_of: executionId.nullable().describe('The execution that this shadow run repeated with another definition'),
  parent_step: z.string().nullable().describe('Id of the step of the parent that started this execution'),
  depth: z.number().int().describe('How many executions stand above this one'),
});
export type Execution = z.infer<typeof execution>;

export const stepAttempt = z.object({
  attempt: z.number().int(),
  status: z.enum(['running', 'completed', 'failed', 'cancelled']),
  error: executionError.nullable(),
  model: z.string().nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z.number(),
  started_at: timestamp,
  finished_at: timestamp.nullable(),
  duration_ms: z.number().int().nullable(),
});
export type StepAttempt = z.infer<typeof stepAttempt>;

export const executionStep = z.object({
  id: z
    .string()
    .describe('`node`, `node@0.2` inside loops, `node#t1.0` for a call of a tool loop: unique in its execution'),
  node_id: z.string(),
  node_name: z.string(),
  node_type: z.string(),
  iteration: z.string().describe('Path of loop indices, empty outside loops'),
  status: stepStatus,
  waiting_reason: waitingReason.nullable(),
  handle: z.string().nullable().describe('The output handle that was taken'),
  input: jsonValue.nullable().describe("The node's config with its expressions resolved; secrets stay as {{env.NAME}}"),
  output: jsonValue.nullable(),
  error: executionError.nullable(),
  reused_from: z
    .string()
    .nullable()
    .describe('Its result was not computed here: the execution that it was taken from, or `pinned`'),
  blocked: z.boolean().describe('A side effect that a test run did not perform; output is what would have been sent'),
  child_execution_id: executionId.nullable().describe('The execution that this step started'),
  attempts: z.array(stepAttempt),
  model: z.string().nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z.number(),
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  duration_ms: z.number().int().nullable(),
});
export type ExecutionStep = z.infer<typeof executionStep>;

export const EXECUTION_EVENT_TYPES = [
  'execution.queued',
  'execution.started',
  'step.started',
  'step.delta',
  'step.log',
  'step.waiting',
  'step.completed',
  'step.failed',
  'step.retrying',
  'step.skipped',
  'state.updated',
  'agent.handoff',
  'agent.message',
  'execution.waiting',
  'execution.resumed',
  'execution.events_capped',
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
] as const;
export const executionEventType = z.enum(EXECUTION_EVENT_TYPES);
export type ExecutionEventType = z.infer<typeof executionEventType>;

/**
 * One event of an execution. `seq` counts from 1 without gaps for logged events. `step.delta` (streamed text) is not
 * logged: it repeats the `seq` of the last logged event and carries `attempt` and `offset` in `data`. After
 * `execution.events_capped`, which tells the `limit`, only the execution's end is logged.
 */
export const executionEvent = z.object({
  seq: z.number().int(),
  type: executionEventType,
  execution_id: executionId,
  at: timestamp,
  node_id: z.string().optional(),
  iteration: z.string().optional(),
  data: z.record(z.string(), jsonValue),
});
export type ExecutionEvent = z.infer<typeof executionEvent>;

export const executionLog = z.object({
  seq: z.number().int(),
  at: timestamp,
  level: z.enum(['info', 'warning', 'error']),
  node_id: z.string().nullable(),
  message: z.string(),
});
export type ExecutionLog = z.infer<typeof executionLog>;

export const executeRequest = z.strictObject({
  input: jsonValue.default({}),
  version: z.number().int().min(1).optional(),
  project_id: projectId.optional().describe('Whose shared context the execution reads, and to which its cost belongs'),
  budget_usd: usdAmount
    .optional()
    .describe('What the execution may spend, together with all that it starts; when it is used up, it waits for more'),
});
export type ExecuteRequest = z.infer<typeof executeRequest>;

const nodeList = z.array(z.string().min(1).max(120)).max(LIMITS.definition_nodes);

export const testRequest = z.strictObject({
  input: jsonValue.default({}),
  pinned: z
    .record(z.string().min(1).max(120), jsonValue)
    .refine((pinned) => Object.keys(pinned).length <= LIMITS.definition_nodes, 'has too many nodes')
    .optional()
    .describe('Outputs by node id that stand in for running the node'),
  project_id: projectId.optional().describe('Whose shared context the test reads, and to which its cost belongs'),
  only: nodeList.min(1).optional().describe('The nodes that may run; all others are skipped unless they are pinned'),
});

export const retryRequest = z.strictObject({
  from_node: z
    .string()
    .min(1)
    .max(120)
    .optional()
    .describe('Runs this node and all after it again; without it, what did not end well'),
  input: jsonValue
    .optional()
    .describe(
      'With `from_node`: the resolved configuration to run that node with. Without: another input, so that nothing is reused',
    ),
});
export type RetryRequest = z.infer<typeof retryRequest>;
export type TestRequest = z.infer<typeof testRequest>;

export const streamTicket = z.object({ ticket: z.string(), expires_in: z.number().int() });

export const executionFilter = z.object({
  agent_id: agentId.optional(),
  status: executionStatus.optional(),
  trigger: executionTrigger.optional(),
  project_id: projectId.optional(),
  parent: executionId.optional().describe('Only what this execution started'),
  root: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: only executions that no other one started; `false`: only those that one did'),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type ExecutionFilter = z.infer<typeof executionFilter>;
