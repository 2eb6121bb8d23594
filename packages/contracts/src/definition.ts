import { z } from 'zod';
import { jsonObject, LIMITS } from './common.ts';
import { agentId } from './ids.ts';

/** Node ids are JSONata identifiers, so that `{{node.output}}` needs no quoting. */
export const NODE_ID_PATTERN = /^[a-z][a-z0-9_]{0,62}$/;
/** Names that expressions give another meaning: no node may carry them. */
export const RESERVED_NODE_IDS = ['trigger', 'env', 'context', 'item', 'true', 'false', 'null', 'and', 'or', 'in'];

export const retryPolicy = z.strictObject({
  max_attempts: z.number().int().min(1).max(10),
  initial_ms: z.number().int().min(0).max(3_600_000).default(1000),
  factor: z.number().min(1).max(10).default(2),
  max_ms: z.number().int().min(0).max(3_600_000).default(60_000),
});
export type RetryPolicy = z.infer<typeof retryPolicy>;

export const onError = z.enum(['fail', 'continue', 'branch']);
export type OnError = z.infer<typeof onError>;

/**
 * One node. The shape is checked when a draft is saved; whether the type exists, whether the config fits it and whether
 * references resolve is told by validation, so that a draft with mistakes is never lost.
 */
export const agentNode = z.strictObject({
  id: z.string().min(1).max(120),
  type: z.string().min(1).max(120),
  name: z.string().max(200).optional(),
  config: jsonObject.default({}),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
  retry: retryPolicy.optional(),
  timeout_ms: z.number().int().min(1).max(600_000).optional(),
  on_error: onError.optional(),
  /** Bare JSONata that makes the node's output; `result` is what the node gave. */
  output_mapping: z.string().min(1).max(20_000).optional(),
});
export type AgentNode = z.infer<typeof agentNode>;

export const agentEdge = z.strictObject({
  id: z.string().min(1).max(120),
  source: z.string().min(1).max(120),
  target: z.string().min(1).max(120),
  source_handle: z.string().min(1).max(120).optional(),
});
export type AgentEdge = z.infer<typeof agentEdge>;

export const concurrencyPolicy = z.enum(['reject', 'queue', 'cancel_oldest']);
export type ConcurrencyPolicy = z.infer<typeof concurrencyPolicy>;

export const agentSettings = z.strictObject({
  timeout_ms: z
    .number()
    .int()
    .min(1000)
    .max(30 * 86_400_000)
    .optional(),
  max_concurrency: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Executions of this agent that may run side by side'),
  concurrency_policy: concurrencyPolicy
    .optional()
    .describe(
      'What a start does that finds `max_concurrency` reached: be refused (`reject`, the default), wait for a place (`queue`), or take that of the oldest execution, which is cancelled (`cancel_oldest`)',
    ),
  retry: retryPolicy.optional(),
  on_failure_agent_id: agentId.optional().describe('Agent that is started once when an execution has failed'),
});
export type AgentSettings = z.infer<typeof agentSettings>;

/** Notes and tests are named like files: they are those of `knowledge/` and `tests/`. */
const NOTE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

/** Of a map of a definition. */
const MAX_NOTES = 50;

export const agentDefinition = z.strictObject({
  nodes: z.array(agentNode).max(LIMITS.definition_nodes),
  edges: z.array(agentEdge).max(LIMITS.definition_edges),
  input_schema: jsonObject.optional(),
  settings: agentSettings.optional(),
  knowledge: z
    .record(z.string().regex(NOTE_NAME, 'must be 1 to 80 letters, digits, _ or -'), z.string())
    .refine((notes) => Object.keys(notes).length <= MAX_NOTES, `must be at most ${MAX_NOTES} notes`)
    .optional()
    .describe('Notes in Markdown by name, which deep agents find as knowledge/<name>.md'),
  tests: z
    .record(z.string().regex(NOTE_NAME, 'must be 1 to 80 letters, digits, _ or -'), jsonObject)
    .refine((tests) => Object.keys(tests).length <= MAX_NOTES, `must be at most ${MAX_NOTES} tests`)
    .optional()
    .describe('Test cases by name, each {input, expect?}'),
});
export type AgentDefinition = z.infer<typeof agentDefinition>;

export const EMPTY_DEFINITION: AgentDefinition = { nodes: [], edges: [] };

/** One thing wrong with a definition. `path` is the place in the document, `node_id` and `field` what the UI jumps to. */
export const definitionProblem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  path: z.string(),
  node_id: z.string().optional(),
  edge_id: z.string().optional(),
  field: z.string().optional(),
});
export type DefinitionProblem = z.infer<typeof definitionProblem>;
