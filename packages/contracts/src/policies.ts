import { z } from 'zod';
import { displayName, jsonValue, timestamp } from './common.ts';
import { externalPlatform } from './external-kinds.ts';
import { agentId, apiKeyId, executionId, externalAgentId, policyId, projectId, userId } from './ids.ts';
import { role } from './permissions.ts';
import { policyCondition } from './policy-conditions.ts';
import { agentTag, agentTags } from './tags.ts';

/** Policies of one organization. */
export const MAX_POLICIES = 500;
/** Different input paths that all policies of an organization read together. */
export const MAX_POLICY_INPUTS = 100;

export const policyEffect = z.enum(['allow', 'deny']);
export type PolicyEffect = z.infer<typeof policyEffect>;

/** What a policy speaks about: starts by people and API keys, calls of external agents, tests of drafts. */
export const policyAction = z.enum(['execute', 'invoke', 'test']);
export type PolicyAction = z.infer<typeof policyAction>;

export const SUBJECT_KINDS = ['user', 'api_key', 'external_agent'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

const named = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(100).optional();

export const policySubject = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('*').describe('Whoever calls') }),
  z.strictObject({ kind: z.literal('user'), ids: named(userId), roles: named(role) }),
  z.strictObject({ kind: z.literal('api_key'), ids: named(apiKeyId) }),
  z.strictObject({
    kind: z.literal('external_agent'),
    ids: named(externalAgentId),
    platforms: named(externalPlatform),
  }),
]);
export type PolicySubject = z.infer<typeof policySubject>;

const anyAgent = '*';
export const policyResources = z
  .strictObject({
    agents: z
      .array(z.string().refine((id) => id === anyAgent || agentId.safeParse(id).success, 'must be an agent id, or *'))
      .max(100)
      .default([]),
    tags: z.array(agentTag).max(100).default([]),
  })
  .refine(({ agents, tags }) => agents.length + tags.length > 0, 'must name an agent, a tag, or * for every agent');
export type PolicyResources = z.infer<typeof policyResources>;

const fields = {
  name: displayName,
  description: z.string().max(2000).default(''),
  effect: policyEffect,
  priority: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Of several policies that decide the same way, the one with the highest is named'),
  subjects: z
    .array(policySubject)
    .min(1)
    .max(20)
    .describe('Who it is about: one of these. Within one, every list that is there must name the caller.'),
  actions: z
    .array(z.enum([...policyAction.options, '*']))
    .min(1)
    .max(4),
  resources: policyResources.describe('The agents: one of these, or one with such a tag'),
  conditions: policyCondition.nullable().default(null),
  is_active: z.boolean().default(true),
  stop_running: z
    .boolean()
    .default(false)
    .describe('Of a deny: live executions that it matches are cancelled when it is saved'),
};

export const policyRequest = z
  .strictObject(fields)
  .refine(({ effect, stop_running }) => effect === 'deny' || !stop_running, {
    path: ['stop_running'],
    message: 'can only be set on a policy that denies',
  });
export type PolicyRequest = z.infer<typeof policyRequest>;
export type PolicyDraft = z.input<typeof policyRequest>;

export const policy = z.object({
  id: policyId,
  ...fields,
  version: z.number().int().describe('Counts its changes'),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
  updated_by: z.string(),
});
export type Policy = z.infer<typeof policy>;

export const policyFilter = z.object({
  effect: policyEffect.optional(),
  is_active: z.enum(['true', 'false']).optional(),
  search: z.string().max(120).optional().describe('Part of the name, case-insensitive'),
});
export type PolicyFilter = z.input<typeof policyFilter>;

export const policyVersion = z.object({
  version: z.number().int(),
  change: z.enum(['created', 'updated', 'deleted']),
  changed_at: timestamp,
  changed_by: z.string(),
  policy,
});
export type PolicyVersion = z.infer<typeof policyVersion>;

export const policyDefault = z.object({ default: policyEffect.describe('Holds where no policy decides') });
export const setPolicyDefaultRequest = z.strictObject(policyDefault.shape);
export type PolicyDefault = z.infer<typeof policyDefault>;

/** What a dry run asks about. With an execution, what is not said is taken from it. */
export const describedRequest = z.strictObject({
  execution_id: executionId.optional().describe('A real request: what started this execution'),
  subject: z
    .strictObject({
      kind: z.enum(SUBJECT_KINDS),
      id: z.string().max(64).optional(),
      role: role.optional().describe("Of a user; the member's own where their id is given"),
      platform: externalPlatform.optional().describe('Of an external agent'),
    })
    .optional(),
  action: policyAction.optional(),
  agent_id: agentId.optional(),
  agent_tags: agentTags.optional().describe("Instead of the agent's own"),
  project_id: projectId.nullable().optional(),
  ip: z
    .string()
    .refine((ip) => z.ipv4().safeParse(ip).success || z.ipv6().safeParse(ip).success, 'must be an IP address')
    .optional(),
  cost_estimate_usd: z.number().min(0).max(1_000_000).optional().describe("Instead of the agent's own estimate"),
  at: timestamp.optional().describe('Now when left out'),
  input: jsonValue.optional(),
});
export type DescribedRequest = z.infer<typeof describedRequest>;

export const evaluatePoliciesRequest = z.strictObject({
  request: describedRequest,
  drafts: z
    .array(z.strictObject({ replaces: policyId.nullable().default(null), policy: policyRequest }))
    .max(20)
    .default([])
    .describe('Policies that are not saved: new ones, or in the place of saved ones'),
  default: policyEffect.optional().describe("Instead of the organization's"),
});
export type EvaluatePoliciesRequest = z.infer<typeof evaluatePoliciesRequest>;

/** `unknown`: the attribute is missing or can't be compared. A deny holds with it, an allow does not. */
export const conditionOutcome = z.enum(['true', 'false', 'unknown']);
export type ConditionOutcome = z.infer<typeof conditionOutcome>;

export const explainedCondition = z.object({
  path: z.string().describe('Place in the policy, as in `conditions.all.0`'),
  outcome: conditionOutcome,
  actual: jsonValue.describe('What the request has; null where it has none'),
});

export const explainedPolicy = z.object({
  id: policyId.nullable().describe('null for a draft that replaces none'),
  name: z.string(),
  effect: policyEffect,
  priority: z.number().int(),
  subject_matches: z.boolean(),
  action_matches: z.boolean(),
  resource_matches: z.boolean(),
  condition: conditionOutcome.describe('Of all its conditions together; true where it has none'),
  conditions: z.array(explainedCondition),
  holds: z.boolean(),
  decides: z.boolean(),
});
export type ExplainedPolicy = z.infer<typeof explainedPolicy>;

export const policyEvaluation = z.object({
  decision: policyEffect,
  decided_by: z
    .object({ id: policyId.nullable(), name: z.string() })
    .nullable()
    .describe("null: no policy holds, and the organization's default decides"),
  reason: z.string(),
  default: policyEffect,
  request: describedRequest.describe('What was judged'),
  policies: z.array(explainedPolicy).describe('Active policies: those that hold first, then by priority'),
});
export type PolicyEvaluation = z.infer<typeof policyEvaluation>;
