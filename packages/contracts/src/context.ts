import { z } from 'zod';
import { jsonValue, timestamp } from './common.ts';
import { agentId, executionId, handoffId, projectId } from './ids.ts';

/** Of a project's shared context; a value's size counts the characters of its JSON. */
export const CONTEXT_LIMITS = {
  value_characters: 64 * 1024,
  keys: 1000,
  /** What one step reads at most, when it asks for the whole context. */
  read_characters: 4 * 1024 * 1024,
  default_ttl_seconds: 3600,
  max_ttl_seconds: 30 * 86_400,
} as const;

export const CONTEXT_KEY = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;
export const contextKey = z
  .string()
  .regex(CONTEXT_KEY, 'must begin with a letter and hold only letters, digits and _ . : -');

const ttl = z.number().int().min(1).max(CONTEXT_LIMITS.max_ttl_seconds).default(CONTEXT_LIMITS.default_ttl_seconds);

/** One value that a project's executions share, until it expires. */
export const contextEntry = z.object({
  project_id: projectId,
  key: z.string(),
  value: jsonValue,
  version: z.number().int().describe('Counts the changes of this key; begins at 1 again after it has expired'),
  expires_at: timestamp,
  updated_at: timestamp,
  updated_by: z.string(),
});
export type ContextEntry = z.infer<typeof contextEntry>;

/** The same without its value, for lists. */
export const contextEntrySummary = contextEntry.omit({ value: true }).extend({
  preview: z.string().describe("The beginning of the value's JSON"),
  characters: z.number().int().describe("Length of the value's JSON"),
});
export type ContextEntrySummary = z.infer<typeof contextEntrySummary>;

export const contextFilter = z.object({
  search: z.string().max(128).optional().describe('Part of the key, case-insensitive'),
});
export type ContextFilter = z.infer<typeof contextFilter>;

export const deleteContextQuery = z.object({
  if_version: z.coerce.number().int().min(1).optional().describe('Only when the key is at this version'),
});

export const setContextRequest = z.strictObject({
  value: jsonValue,
  ttl_seconds: ttl,
  if_version: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Only when the key is at this version; 0: when it is not there'),
});
export type SetContextRequest = z.infer<typeof setContextRequest>;

export const appendContextRequest = z.strictObject({
  item: jsonValue.describe('Put at the end of the list; a key that is not there becomes a list'),
  ttl_seconds: ttl,
});
export type AppendContextRequest = z.infer<typeof appendContextRequest>;

/** Work that one agent, or somebody outside, gave to an agent. */
export const handoff = z.object({
  id: handoffId,
  project_id: projectId.nullable(),
  from_agent_id: agentId.nullable().describe('null for a handoff from outside'),
  to_agent_id: agentId,
  instructions: z.string(),
  context: jsonValue,
  from_execution_id: executionId.nullable(),
  execution_id: executionId.nullable().describe('The execution that was started with it, if any'),
  created_at: timestamp,
  created_by: z.string(),
});
export type Handoff = z.infer<typeof handoff>;

/** Leaves room for the rest of the entry that carries it. */
export const MAX_HANDOFF_CONTEXT_CHARACTERS = 48 * 1024;

export const createHandoffRequest = z.strictObject({
  to_agent_id: agentId,
  instructions: z.string().min(1).max(10_000),
  context: jsonValue.default({}),
  project_id: projectId.optional(),
  start: z.boolean().default(false).describe('Starts the agent with `{"handoff": …}` as its input'),
});
export type CreateHandoffRequest = z.infer<typeof createHandoffRequest>;

export const handoffFilter = z.object({ to_agent_id: agentId.optional(), project_id: projectId.optional() });
export type HandoffFilter = z.infer<typeof handoffFilter>;
