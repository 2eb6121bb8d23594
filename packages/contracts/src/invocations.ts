import { z } from 'zod';
import { usdAmount } from './budgets.ts';
import { jsonValue, timestamp } from './common.ts';
import { execution } from './executions.ts';
import { door, externalPlatform, invocationStatus } from './external-kinds.ts';
import { agentId, apiKeyId, deliveryId, executionId, externalAgentId, invocationId, projectId } from './ids.ts';

export const invokeRequest = z
  .strictObject({
    agent_id: agentId.optional(),
    agent: z.string().trim().min(1).max(120).optional().describe('Its name, instead of the id'),
    input: jsonValue.default({}),
    project_id: projectId.optional(),
    budget_usd: usdAmount.optional().describe('The most that this call may cost, together with all that it starts'),
  })
  .refine((request) => (request.agent_id === undefined) !== (request.agent === undefined), {
    path: ['agent_id'],
    message: 'give either agent_id or agent',
  });
export type InvokeRequest = z.infer<typeof invokeRequest>;

/**
 * Why a payload is not here whole: it was too large, its recording is off, it was left out under pressure, or it has gone
 * with its execution, whose retention has ended.
 */
export const payloadState = z.enum(['whole', 'capped', 'off', 'sampled_out', 'expired']);
export type PayloadState = z.infer<typeof payloadState>;

/** Bytes of JSON of a payload that are kept. */
export const PAYLOAD_BYTES = 16 * 1024;

/** A refused call, as the first and the last of its minute. */
export const refusalSample = z.object({
  at: timestamp,
  detail: z.string(),
  ip: z.string(),
  country: z.string().nullable(),
  agent: z.string().describe('The agent that it asked for'),
});
export type RefusalSample = z.infer<typeof refusalSample>;

/** How far the result of a call is on the way to the external agent's webhook; `none` where there is nothing to send. */
export const webhookDeliveryStatus = z.enum(['none', 'pending', 'delivered', 'failed']);

export const invocationSummary = z.object({
  id: invocationId,
  external_agent_id: externalAgentId,
  external_agent_name: z.string(),
  platform: externalPlatform,
  door,
  key_id: apiKeyId.nullable(),
  agent_id: agentId.nullable().describe('null where it named none that is there for it'),
  agent_name: z.string().nullable(),
  execution_id: executionId.nullable().describe('null for a refused call'),
  status: invocationStatus,
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  latency_ms: z.number().int().nullable().describe('From its admission to the end of its execution'),
  cost_usd: z.number().describe('Of its execution and all that it started'),
  count: z.number().int().describe('1, or how many refused calls of a minute this row sums up'),
  created_at: timestamp,
  finished_at: timestamp.nullable(),
  webhook_delivery_status: webhookDeliveryStatus.describe(
    "How far its result is on the way to the external agent's webhook; `none` where there is nothing to send",
  ),
  webhook_delivery_attempts: z.number().int(),
  webhook_delivery_error: z.string().nullable(),
  webhook_delivery_id: deliveryId.nullable().describe('null while it runs, and where there is nothing to send'),
});
export type InvocationSummary = z.infer<typeof invocationSummary>;

export const invocation = invocationSummary.extend({
  request_payload: jsonValue.nullable(),
  request_state: payloadState,
  response_payload: jsonValue.nullable(),
  response_state: payloadState,
  samples: z.object({ first: refusalSample, last: refusalSample }).nullable().describe('Of refused calls'),
  archived: z.boolean().describe('Its payloads are in the archive, from which this was read'),
});
export type Invocation = z.infer<typeof invocation>;

/** What a caller gets of its own call: the invocation, and its execution as far as it is. */
export const invoked = z.object({
  invocation_id: invocationId,
  status: invocationStatus,
  output: jsonValue.nullable(),
  execution,
});
export type Invoked = z.infer<typeof invoked>;

export const invocationFilter = z.object({
  external_agent_id: externalAgentId.optional(),
  agent_id: agentId.optional(),
  status: invocationStatus.optional(),
  error_code: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/)
    .optional()
    .describe('Of a refusal, or of the error with which the execution ended'),
  door: door.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type InvocationFilter = z.infer<typeof invocationFilter>;

export const usageQuery = z.object({
  group_by: z.enum(['hour', 'day', 'week']).default('day'),
  from: timestamp.optional().describe('The last 7 days when left out'),
  to: timestamp.optional(),
});
export type UsageQuery = z.infer<typeof usageQuery>;

const counts = {
  invocations: z.number().int().describe('All calls, refused ones included'),
  success: z.number().int(),
  error: z.number().int(),
  running: z.number().int(),
  throttled: z.number().int(),
  denied: z.number().int(),
  cost_usd: z.number(),
  average_latency_ms: z.number().nullable(),
};

export const usage = z.object({
  from: timestamp,
  to: timestamp,
  group_by: z.enum(['hour', 'day', 'week']),
  totals: z.object(counts),
  groups: z.array(
    z.object({ at: timestamp.describe('When the hour, day or week (from Monday, UTC) begins'), ...counts }),
  ),
  refusals: z
    .array(z.object({ code: z.string(), count: z.number().int(), last_at: timestamp }))
    .describe('Which limits bite, the most frequent first'),
});
export type Usage = z.infer<typeof usage>;
