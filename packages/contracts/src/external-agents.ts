import { z } from 'zod';
import { rotateApiKeyRequest } from './accounts.ts';
import { budgetState, setBudgetRequest, usdAmount } from './budgets.ts';
import { displayName, jsonValue, timestamp } from './common.ts';
import { externalPlatform } from './external-kinds.ts';
import { agentId, apiKeyId, externalAgentId } from './ids.ts';
import { rateLimits } from './rate-limits.ts';
import { maskedWebhookConfig, webhookConfig } from './webhook-config.ts';
import { disabled } from './webhooks.ts';

/**
 * What the key of an external agent may do: start agents, read what it started and list what it may start, cancel what it
 * started, answer questions of the runs that it started.
 */
export const EXTERNAL_OPERATIONS = ['invoke', 'read', 'cancel', 'approve'] as const;
export const externalOperation = z.enum(EXTERNAL_OPERATIONS);
export type ExternalOperation = z.infer<typeof externalOperation>;

const MAX_AGENTS = 200;
const MAX_CONCURRENCY = 10_000;

/** A field of a payload, by name or dotted path: its value is not recorded. */
const redactedField = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\s.]+(\.[^\s.]+)*$/, 'must be a name or a dotted path without spaces, such as customer.email');

export const externalConfig = z.strictObject({
  claude_scope: z.enum(['local', 'project', 'user']).optional().describe('Of `claude mcp add`'),
  chatgpt_mode: z.enum(['action', 'connector']).optional().describe('An action from OpenAPI, or a connector over MCP'),
});
export type ExternalConfig = z.infer<typeof externalConfig>;

export const recording = z.strictObject({
  payloads: z.boolean().default(true).describe('Whether requests and answers are kept with their invocations'),
  redact: z
    .array(redactedField)
    .max(100)
    .default([])
    .describe('Fields that are not kept, besides those that look like secrets'),
});
export type Recording = z.infer<typeof recording>;

export const externalAgentKey = z.object({
  id: apiKeyId,
  masked: z.string().describe('`ea_***abc`'),
  source: z.enum(['key', 'oauth']).describe('Handed out here, or by the consent of a person to a client'),
  created_at: timestamp,
  created_by: z.string(),
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  replaced_by: apiKeyId.nullable(),
});
export type ExternalAgentKey = z.infer<typeof externalAgentKey>;

export const externalAgent = z.object({
  id: externalAgentId,
  name: z.string(),
  platform: externalPlatform,
  description: z.string(),
  api_key: z.string().nullable().describe('The newest key that works, masked: `ea_***abc`; null where none does'),
  config: externalConfig,
  webhook_config: maskedWebhookConfig.nullable(),
  webhook_disabled: disabled
    .nullable()
    .describe('Why nothing is sent to its webhook any more, until `webhook_config` is set again'),
  agents: z.array(agentId).nullable().describe('The agents that it may call; null for all'),
  operations: z.array(externalOperation),
  budget: budgetState.nullable().describe('Of its budgets that of the shortest period; see `/budget` for all'),
  rate_limits: rateLimits.nullable(),
  max_concurrency: z
    .number()
    .int()
    .nullable()
    .describe('Executions that it may have running at once; null for no limit'),
  recording,
  is_active: z.boolean(),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
});
export type ExternalAgent = z.infer<typeof externalAgent>;

const described = z.string().trim().max(2000);
const agents = z.array(agentId).min(1).max(MAX_AGENTS).nullable();
const operations = z.array(externalOperation).min(1).max(EXTERNAL_OPERATIONS.length);
const maxConcurrency = z.number().int().min(1).max(MAX_CONCURRENCY).nullable();

export const createExternalAgentRequest = z.strictObject({
  name: displayName,
  platform: externalPlatform,
  description: described.default(''),
  config: externalConfig.default({}),
  webhook_config: webhookConfig.nullable().default(null),
  agents: agents.default(null),
  operations: operations.default(['invoke', 'read', 'cancel']),
  budget: setBudgetRequest.extend({ limit_usd: usdAmount }).nullable().default(null),
  rate_limits: rateLimits.nullable().default(null),
  max_concurrency: maxConcurrency.default(null),
  recording: recording.default({ payloads: true, redact: [] }),
  key_expires_at: timestamp.optional(),
});
export type CreateExternalAgentRequest = z.infer<typeof createExternalAgentRequest>;

/** What is left out stays as it is. A masked webhook secret that comes back unchanged stays as it is, too. */
export const updateExternalAgentRequest = z
  .strictObject({
    name: displayName,
    platform: externalPlatform,
    description: described,
    config: externalConfig,
    webhook_config: webhookConfig.nullable(),
    agents,
    operations,
    rate_limits: rateLimits.nullable(),
    max_concurrency: maxConcurrency,
    recording,
    is_active: z.boolean(),
  })
  .partial();
export type UpdateExternalAgentRequest = z.infer<typeof updateExternalAgentRequest>;

export const createdExternalAgent = externalAgent.extend({
  api_key: z.string().describe('The whole key, this once'),
  key_id: apiKeyId,
});
export type CreatedExternalAgent = z.infer<typeof createdExternalAgent>;

export const rotatedExternalKey = externalAgentKey.extend({ api_key: z.string().describe('The whole key, this once') });
export type RotatedExternalKey = z.infer<typeof rotatedExternalKey>;

/** An agent as an external agent sees it. */
export const permittedAgent = z.object({
  id: agentId,
  name: z.string(),
  description: z.string(),
  input_schema: z.record(z.string(), jsonValue).nullable().describe('JSON Schema; null where it takes anything'),
});
export type PermittedAgent = z.infer<typeof permittedAgent>;

export const rotateExternalKeyRequest = rotateApiKeyRequest.extend({
  key_id: apiKeyId.optional().describe('The newest one that works when left out'),
});
export type RotateExternalKeyRequest = z.infer<typeof rotateExternalKeyRequest>;

export const externalAgentFilter = z.object({
  platform: externalPlatform.optional(),
  status: z.enum(['active', 'inactive']).optional(),
  search: z.string().max(120).optional().describe('Part of the name, case-insensitive'),
  from: timestamp.optional().describe('Created at or after'),
  to: timestamp.optional().describe('Created at or before'),
});
export type ExternalAgentFilter = z.infer<typeof externalAgentFilter>;

/** The header in which an outside agent may say who it is; it has to be whose key it sends. */
export const EXTERNAL_AGENT_HEADER = 'X-External-Agent-ID';
