import { z } from 'zod';
import { jsonValue, timestamp } from './common.ts';
import { actor, executionError, executionMode, executionStatus, executionTrigger } from './executions.ts';
import { door, externalPlatform, invocationStatus } from './external-kinds.ts';
import {
  agentId,
  apiKeyId,
  eventId,
  executionId,
  externalAgentId,
  handoffId,
  idSchema,
  invitationId,
  invocationId,
  projectId,
  stopId,
  userId,
} from './ids.ts';
import { type Permission, role } from './permissions.ts';

const executionData = z.object({
  execution_id: executionId,
  agent_id: agentId,
  agent_name: z.string(),
  version: z.number().int().nullable(),
  mode: executionMode,
  status: executionStatus,
  trigger: executionTrigger,
  triggered_by: actor,
  project_id: projectId.nullable(),
  parent_execution_id: executionId.nullable(),
  root_execution_id: executionId.nullable(),
  error: executionError.nullable(),
  output_preview: z.string().nullable().describe('The beginning of the output as JSON text'),
  cost_usd: z.number(),
  duration_ms: z.number().int().nullable(),
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
});
const agentData = z.object({
  agent_id: agentId,
  agent_name: z.string(),
  status: z.string(),
  live_version: z.number().int().nullable(),
});
const handoffData = z.object({
  handoff_id: handoffId,
  agent_id: agentId.describe('To whom'),
  agent_name: z.string(),
  from_agent_id: agentId.nullable(),
  execution_id: executionId.nullable().describe('That handed over'),
  project_id: projectId.nullable(),
});
const approvalData = z.object({
  approval_id: idSchema('approval'),
  execution_id: executionId,
  agent_id: agentId,
  agent_name: z.string(),
  project_id: projectId.nullable(),
  kind: z.enum(['approval', 'form']),
  title: z.string(),
  message: z.string(),
  status: z.string(),
  action_hash: z.string().nullable(),
  requested_at: timestamp,
  decided_by: actor.nullable(),
  comment: z.string(),
});
const budgetData = z.object({
  scope: z.string().describe('organization, project, agent or external_agent'),
  id: z.string().nullable(),
  period: z.string(),
  limit_usd: z.number(),
  spent_usd: z.number(),
});
const externalData = z.object({ external_agent_id: externalAgentId, name: z.string() });
const targetData = z.object({
  target_id: z.string(),
  kind: z.enum(['webhook', 'channel', 'external_agent']),
  name: z.string(),
});
const byWhom = z.string().describe('Id of the person or the API key');
const memberEmail = z.string().nullable().describe('null once the person was erased');
const proposalData = z.object({ proposal_id: z.string(), agent_id: agentId, agent_name: z.string() });

interface EventKind {
  readonly description: string;
  /** Of the data's schema; a change that a reader could notice raises it. */
  readonly version: number;
  /** What a caller needs to see it. */
  readonly permission: Permission;
  readonly data: z.ZodObject;
  /** Whether the bell tells it to those who may see it. */
  readonly notifies: boolean;
  /** Nothing tells it yet. */
  readonly reserved?: true;
}

const of = <D extends z.ZodObject>(
  description: string,
  permission: Permission,
  data: D,
  more: { readonly notifies?: true; readonly reserved?: true } = {},
): EventKind & { readonly data: D } => ({ description, version: 1, permission, data, notifies: false, ...more });

/** Every type of event there is. */
const CATALOGUE = {
  'execution.started': of('An execution has begun', 'executions:read', executionData),
  'execution.completed': of('An execution has ended well', 'executions:read', executionData),
  'execution.failed': of('An execution has ended with an error', 'executions:read', executionData),
  'execution.cancelled': of('An execution was cancelled', 'executions:read', executionData),
  'agent.created': of('An agent was created', 'agents:read', agentData),
  'agent.published': of('A version of an agent went live', 'agents:read', agentData),
  'agent.activated': of('An agent that was paused or archived takes executions again', 'agents:read', agentData),
  'agent.paused': of('An agent was paused', 'agents:read', agentData),
  'agent.archived': of('An agent was archived', 'agents:read', agentData),
  'agent.handoff': of('Work was handed over to an agent', 'executions:read', handoffData),
  'approval.requested': of('An execution waits for the decision of a person', 'executions:read', approvalData, {
    notifies: true,
  }),
  'approval.approved': of('What an execution asked was approved', 'executions:read', approvalData),
  'approval.denied': of('What an execution asked was denied', 'executions:read', approvalData),
  'project.budget_exceeded': of(
    'A project has reached its budget',
    'governance:read',
    budgetData.extend({ project_id: projectId.nullable() }),
    { notifies: true },
  ),
  'budget.threshold_reached': of(
    'A share of a budget is spent, or a call was refused for want of money',
    'governance:read',
    budgetData.extend({ threshold: z.number(), refused_usd: z.number().nullable() }),
    { notifies: true },
  ),
  'budget.overrun': of(
    'A call has cost more than was set aside for it',
    'governance:read',
    budgetData.extend({ reserved_for_call_usd: z.number(), cost_of_call_usd: z.number() }),
    { notifies: true },
  ),
  'external_agent.invoked': of(
    'A call by an external agent has ended, with its result',
    'external_agents:read',
    externalData.extend({
      platform: externalPlatform,
      door,
      invocation_id: invocationId,
      execution_id: executionId,
      agent_id: agentId,
      agent_name: z.string(),
      project_id: projectId.nullable(),
      status: invocationStatus,
      error: executionError.nullable(),
      latency_ms: z.number().int().nullable(),
      cost_usd: z.number(),
      result: jsonValue.nullable().describe('What it was answered, redacted; its beginning as a text where it is long'),
      result_truncated: z.boolean(),
    }),
  ),
  'external_agent.throttled': of(
    'An external agent was refused by a limit',
    'external_agents:read',
    externalData.extend({ code: z.string() }),
  ),
  'external_agent.suspicious': of(
    'An external agent calls in an unusual way',
    'external_agents:read',
    externalData.extend({
      reason: z.enum(['denials', 'new_country', 'many_addresses', 'spend']),
      key_id: apiKeyId.optional(),
      code: z.string().optional().describe('Of the refusals that have become many'),
      country: z.string().optional().describe('That it had not called from: ISO 3166-1 alpha-2'),
      addresses: z.number().int().optional().describe('Networks that its key was used from'),
      spent_usd: z.number().optional().describe('Today'),
      usual_usd: z.number().optional().describe('On a usual day'),
    }),
    { notifies: true },
  ),
  'external_agent.key_revoked': of(
    'A key of an external agent was revoked',
    'external_agents:read',
    z.object({ external_agent_id: externalAgentId, key_id: apiKeyId, key: z.string() }),
  ),
  'external_agent.stopped': of(
    'What runs for a subject is being stopped',
    'external_agents:read',
    z.object({ stop_id: stopId, kind: z.string(), subject_id: z.string(), targeted: z.number().int() }),
    { notifies: true },
  ),
  'proposal.created': of('A change of an agent was proposed', 'agents:read', proposalData),
  'proposal.approved': of('A proposed change was approved', 'agents:read', proposalData),
  'proposal.rejected': of('A proposed change was rejected', 'agents:read', proposalData),
  'webhook.disabled': of(
    'Nothing is sent to a target any more',
    'webhooks:read',
    targetData.extend({ reason: z.enum(['gone', 'failing']), detail: z.string(), failing_since: timestamp.nullable() }),
    { notifies: true },
  ),
  'channel.unhealthy': of(
    'Most of what is sent to a chat platform fails',
    'webhooks:read',
    z.object({ platform: z.string(), attempts: z.number().int(), failed: z.number().int(), last_error: z.string() }),
    { notifies: true },
  ),
  'channel.recovered': of(
    'What is sent to a chat platform arrives again',
    'webhooks:read',
    z.object({ platform: z.string() }),
  ),
  'member.invited': of(
    'A person was invited',
    'members:read',
    z.object({ invitation_id: invitationId, email: memberEmail, role, invited_by: byWhom }),
  ),
  'member.joined': of('A person has joined', 'members:read', z.object({ user_id: userId, email: memberEmail, role })),
  'member.removed': of(
    'A person was removed, or has left',
    'members:read',
    z.object({ user_id: userId, email: memberEmail, removed_by: byWhom }),
  ),
  'billing.payment_failed': of(
    'A payment has failed',
    'org:manage',
    z.object({ invoice_id: z.string(), amount_usd: z.number() }),
    { reserved: true },
  ),
} as const satisfies Record<string, EventKind>;

export type EventType = keyof typeof CATALOGUE;
export const EVENT_CATALOGUE: Readonly<Record<EventType, EventKind>> = CATALOGUE;
export const EVENT_TYPES = Object.keys(CATALOGUE) as [EventType, ...EventType[]];

/** What an event of a type tells, as it leaves the place where it happened. */
export type EventData<T extends EventType> = z.infer<(typeof CATALOGUE)[T]['data']>;

/** Data of an event of this type, checked. Throws for what the catalogue does not have. */
export function eventData<T extends EventType>(type: T, data: unknown): EventData<T> {
  return EVENT_CATALOGUE[type].data.parse(data) as EventData<T>;
}

/** The type of what a test sends; nobody subscribes to it. */
export const TEST_EVENT = 'webhook.test';

export const testEventData = z.object({ message: z.string(), event_id: eventId });
