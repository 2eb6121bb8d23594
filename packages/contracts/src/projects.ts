import { z } from 'zod';
import { agentStatus } from './agents.ts';
import { displayName, timestamp } from './common.ts';
import { executionStatus } from './executions.ts';
import { agentId, executionId, projectId } from './ids.ts';

/** What groups executions: they share a context, and their cost belongs together. */
export const project = z.object({
  id: projectId,
  name: z.string(),
  description: z.string(),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
  archived_at: timestamp.nullable(),
});
export type Project = z.infer<typeof project>;

export const projectSummary = project.extend({
  context_keys: z.number().int().describe('Values in its shared context that have not expired'),
  last_execution_at: timestamp.nullable(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const projectFilter = z.object({
  archived: z.enum(['true', 'false']).default('false'),
  search: z.string().max(120).optional().describe('Part of the name, case-insensitive'),
});
export type ProjectFilter = z.input<typeof projectFilter>;

/** How many of a project's newest executions its list of agents is made of. */
export const PROJECT_AGENTS_WINDOW = 1000;

/** An agent that ran in a project; the numbers are of the executions that were counted. */
export const projectAgent = z.object({
  id: agentId,
  name: z.string(),
  status: agentStatus,
  executions: z.number().int(),
  failed: z.number().int(),
  cost_usd: z.number(),
  last_execution: z.object({ id: executionId, status: executionStatus, created_at: timestamp }),
});
export type ProjectAgent = z.infer<typeof projectAgent>;

export const projectAgents = z.object({
  data: z.array(projectAgent).describe('Whoever ran last comes first'),
  counted_executions: z
    .number()
    .int()
    .describe(`The project's newest executions that were counted, at most ${PROJECT_AGENTS_WINDOW}`),
});
export type ProjectAgents = z.infer<typeof projectAgents>;

const description = z.string().max(2000);

export const createProjectRequest = z.strictObject({ name: displayName, description: description.default('') });
export const updateProjectRequest = z.strictObject({
  name: displayName.optional(),
  description: description.optional(),
});
export type CreateProjectRequest = z.infer<typeof createProjectRequest>;
export type UpdateProjectRequest = z.infer<typeof updateProjectRequest>;
