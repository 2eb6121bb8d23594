import { z } from 'zod';
import { jsonValue, timestamp } from './common.ts';
import { executionError, executionStatus, stepStatus } from './executions.ts';
import { agentId, executionId, idSchema } from './ids.ts';

export const MAX_SHADOW_EXECUTIONS = 20;
export const DEFAULT_SHADOW_EXECUTIONS = 5;

export const shadowRunId = idSchema('shadowRun');

export const startShadowRunRequest = z
  .strictObject({
    count: z
      .number()
      .int()
      .min(1)
      .max(MAX_SHADOW_EXECUTIONS)
      .optional()
      .describe(`How many of the last executions are repeated; ${DEFAULT_SHADOW_EXECUTIONS} when absent`),
    execution_ids: z
      .array(executionId)
      .min(1)
      .max(MAX_SHADOW_EXECUTIONS)
      .refine((ids) => new Set(ids).size === ids.length, 'names an execution twice')
      .optional()
      .describe('The executions to repeat, instead of the last ones'),
  })
  .refine((request) => request.count === undefined || request.execution_ids === undefined, {
    path: ['count'],
    message: 'goes without execution_ids',
  });
export type StartShadowRunRequest = z.infer<typeof startShadowRunRequest>;

/** What one side of a comparison came to. */
const measure = z.object({
  status: executionStatus,
  error: executionError.nullable(),
  cost_usd: z.number().describe('Of all its steps; what was answered from the record counts as it was recorded'),
  latency_ms: z
    .number()
    .int()
    .describe('Time in which its models, tools and calls worked, added up; recorded for what was not run'),
});

export const shadowOutcome = z.object({
  output_changed: z.boolean(),
  steps_changed: z.number().int().describe('Steps that ended in another way, with another output, or on one side only'),
  steps_run: z.number().int().describe('Steps that were run; those that only compute are left out'),
  steps_recorded: z.number().int().describe('Steps that answered as recorded'),
  steps_blocked: z.number().int().describe('Side effects that were not performed'),
  spent_usd: z.number().describe('What the repetition itself cost'),
  before: measure,
  after: measure,
});
export type ShadowOutcome = z.infer<typeof shadowOutcome>;

export const shadowComparisonStatus = z.enum(['waiting', 'running', 'compared', 'failed', 'cancelled']);
export type ShadowComparisonStatus = z.infer<typeof shadowComparisonStatus>;

export const shadowComparison = z.object({
  execution_id: executionId.describe('The execution that is repeated'),
  shadow_execution_id: executionId.nullable().describe('Its repetition, once it has started'),
  status: shadowComparisonStatus,
  error: executionError.nullable().describe('Why it could not be compared'),
  outcome: shadowOutcome.nullable(),
});
export type ShadowComparison = z.infer<typeof shadowComparison>;

export const shadowRunStatus = z.enum(['running', 'completed', 'cancelled']);

export const shadowRun = z.object({
  id: shadowRunId,
  agent_id: agentId,
  status: shadowRunStatus,
  draft_revision: z.number().int().nullable().describe('The revision of the draft that was tried, as in its ETag'),
  created_at: timestamp,
  created_by: z.string(),
  finished_at: timestamp.nullable(),
  comparisons: z.array(shadowComparison),
});
export type ShadowRun = z.infer<typeof shadowRun>;

const stepSide = z.object({
  status: stepStatus,
  output: jsonValue.nullable(),
  error: executionError.nullable(),
  cost_usd: z.number(),
  duration_ms: z.number().int().nullable(),
});

export const shadowStepDifference = z.object({
  step_id: z.string(),
  node_id: z.string(),
  node_name: z.string(),
  node_type: z.string(),
  kind: z.enum(['changed', 'added', 'removed']),
  blocked: z
    .boolean()
    .describe('The repetition did not perform it: `output` is what was sent then, and what would be sent'),
  before: stepSide.nullable(),
  after: stepSide.nullable(),
});
export type ShadowStepDifference = z.infer<typeof shadowStepDifference>;

export const shadowComparisonDetail = shadowComparison.extend({
  missing: z
    .array(z.enum(['execution', 'shadow_execution']))
    .describe('Which of the two is no longer kept; then outputs and steps are not told'),
  output: z
    .object({ before: jsonValue.nullable(), after: jsonValue.nullable() })
    .nullable()
    .describe('null where it is that of a side effect which was not performed'),
  steps: z.array(shadowStepDifference),
});
export type ShadowComparisonDetail = z.infer<typeof shadowComparisonDetail>;
