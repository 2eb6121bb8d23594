import { z } from 'zod';
import { timestamp } from './common.ts';

/** Left to right: who called, what ran, what it touched. */
export const LINEAGE_TYPES = ['external', 'agent', 'sub_agent', 'model', 'tool', 'delivery'] as const;
export const lineageType = z.enum(LINEAGE_TYPES);
export type LineageType = z.infer<typeof lineageType>;

/** `touches` are what one step of an execution reached outside of it; calls of one thing by one step are one node. */
export const lineageNode = z.object({
  id: z.string(),
  type: lineageType,
  name: z.string(),
  status: z.enum(['running', 'waiting', 'success', 'error', 'cancelled']),
  count: z.number().int().describe('How many calls this node stands for'),
  failed: z
    .number()
    .int()
    .describe('How many of them failed, those included after which another try or model was used'),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z.number(),
  started_at: timestamp.nullable(),
  duration_ms: z.number().int().nullable(),
  execution_id: z.string().nullable(),
  agent_id: z.string().nullable(),
  step_id: z.string().nullable(),
  external_agent_id: z.string().nullable(),
  detail: z.string().nullable().describe('Where a tool is, the code of an error, or why a delivery failed'),
});
export type LineageNode = z.infer<typeof lineageNode>;

export const lineage = z.object({
  nodes: z.array(lineageNode),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
  truncated: z.boolean().describe('There is more than is shown'),
});
export type LineageGraph = z.infer<typeof lineage>;
