import { z } from 'zod';
import { agentId, projectId } from './ids.ts';

/** A calendar day in UTC. */
const day = z.iso.date();

export const MAX_COST_DAYS = 366;

export const projectCostQuery = z.object({
  from: day.optional().describe('First day, in UTC; without it 30 days before the last'),
  to: day.optional().describe('Last day, in UTC; without it today'),
});
export type ProjectCostQuery = z.infer<typeof projectCostQuery>;

const spending = z.object({
  cost_usd: z.number(),
  calls: z.number().int().describe('Calls of models, those that failed included'),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
});

/** What the model calls of a project's executions have cost. */
export const projectCosts = z.object({
  project_id: projectId,
  from: day,
  to: day,
  total: spending,
  by_day: z.array(spending.extend({ day })).describe('Every day from the first to the last'),
  by_agent: z.array(spending.extend({ agent_id: agentId, name: z.string() })).describe('The dearest first'),
  by_model: z.array(spending.extend({ model: z.string() })).describe('`provider/name`, the dearest first'),
});
export type ProjectCosts = z.infer<typeof projectCosts>;
