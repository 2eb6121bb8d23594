import { z } from 'zod';
import { displayName, jsonValue, timestamp } from './common.ts';
import { agentDefinition, definitionProblem } from './definition.ts';
import { executionMode, executionStatus } from './executions.ts';
import { agentId, executionId, projectId } from './ids.ts';
import { agentTag, agentTags } from './tags.ts';

export const agentStatus = z.enum(['draft', 'active', 'paused', 'archived']);
export type AgentStatus = z.infer<typeof agentStatus>;

const description = z.string().max(2000);

export const agent = z.object({
  id: agentId,
  name: z.string(),
  description: z.string(),
  tags: agentTags.describe('Words that policies speak of it by'),
  status: agentStatus.describe('`draft` until the first version is published'),
  live_version: z.number().int().nullable(),
  latest_version: z.number().int().describe('Number of the newest published version; 0 when there is none'),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
});
export type Agent = z.infer<typeof agent>;

/** Days that an agent's statistics go back, today included. */
export const AGENT_STATS_DAYS = 14;

export const agentStats = z.object({
  triggers: z.array(z.string()).describe('Types of the trigger nodes of the live version, or of the draft before it'),
  last_execution: z
    .object({ id: executionId, status: executionStatus, mode: executionMode, created_at: timestamp })
    .nullable(),
  success_rate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Completed of those that completed or failed; null of none'),
  days: z
    .array(
      z.object({
        date: z.iso.date(),
        completed: z.number().int(),
        failed: z.number().int(),
        cancelled: z.number().int(),
      }),
    )
    .describe('Live executions by the UTC day of their end: 14 days, oldest first'),
});
export type AgentStats = z.infer<typeof agentStats>;
/** An agent as the list gives it. */
export const listedAgent = agent.extend({ stats: agentStats.optional().describe('With `include=stats`') });
export type ListedAgent = z.infer<typeof listedAgent>;

export const createAgentRequest = z.strictObject({
  name: displayName,
  description: description.optional(),
  definition: agentDefinition.optional(),
});
export const updateAgentRequest = z.strictObject({
  name: displayName.optional(),
  description: description.optional(),
  tags: agentTags.optional(),
});
export const setStatusRequest = z.strictObject({ status: z.enum(['active', 'paused', 'archived']) });
export const publishRequest = z.strictObject({ change_message: z.string().max(500).optional() });
export const rollbackRequest = z.strictObject({ version: z.number().int().min(1) });

export const validateRequest = z.strictObject({
  definition: agentDefinition.optional().describe('What to validate; the stored draft where it is absent'),
});
export const validation = z.object({ valid: z.boolean(), problems: z.array(definitionProblem) });
export type Validation = z.infer<typeof validation>;

export const agentVersion = z.object({
  agent_id: agentId,
  version: z.number().int(),
  change_message: z.string(),
  created_at: timestamp,
  created_by: z.string(),
  is_live: z.boolean(),
});
export const agentVersionDetail = agentVersion.extend({ definition: agentDefinition });
export type AgentVersion = z.infer<typeof agentVersion>;
export type AgentVersionDetail = z.infer<typeof agentVersionDetail>;

export const fieldChange = z.object({ path: z.string(), before: jsonValue.optional(), after: jsonValue.optional() });
export const nodeChange = z.object({
  node_id: z.string(),
  kind: z
    .enum(['added', 'removed', 'changed', 'renamed'])
    .describe('`renamed`: it is called something else and does the same; `changed` may be called something else too'),
  renamed_from: z.string().optional().describe('The id that the node had; expressions follow it'),
  fields: z.array(fieldChange),
});
export const edgeChange = z.object({
  edge_id: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  fields: z.array(fieldChange),
});
const canvasPosition = z.object({ x: z.number(), y: z.number() });
export const nodeMove = z.object({
  node_id: z.string(),
  before: canvasPosition.optional(),
  after: canvasPosition.optional(),
});
/** What differs between two definitions. What was only moved on the canvas stands apart: it changes nothing that runs. */
export const definitionDiff = z.object({
  from: z.number().int().nullable().describe('The version compared; null for nothing, where no version is live'),
  to: z.number().int().nullable().describe('The version that it is compared with; null for the draft'),
  nodes: z.array(nodeChange),
  edges: z.array(edgeChange),
  other: z.array(fieldChange).describe('Changes of input_schema and settings, and `edges` where inputs change places'),
  moved: z.array(nodeMove).describe('Nodes that stand elsewhere on the canvas'),
});
export type FieldChange = z.infer<typeof fieldChange>;
export type NodeMove = z.infer<typeof nodeMove>;
export type NodeChange = z.infer<typeof nodeChange>;
export type EdgeChange = z.infer<typeof edgeChange>;
export type DefinitionDiff = z.infer<typeof definitionDiff>;

export const AGENT_FILE_FORMAT = 'agentflow/agent@1';
/** The document that export writes and import reads, as JSON or YAML. */
export const agentFile = z.strictObject({
  format: z.literal(AGENT_FILE_FORMAT),
  name: displayName,
  description: description.default(''),
  definition: agentDefinition,
});
export type AgentFile = z.infer<typeof agentFile>;

export const agentTrigger = z.enum(['trigger.manual', 'trigger.webhook', 'trigger.schedule', 'trigger.event']);
export type AgentTrigger = z.infer<typeof agentTrigger>;
export const agentSort = z.enum(['newest', 'name', 'updated', 'last_run']);
export type AgentSort = z.infer<typeof agentSort>;

export const agentFilter = z.object({
  status: agentStatus.optional(),
  search: z.string().max(120).optional().describe('Part of the name, case-insensitive'),
  project_id: projectId.optional().describe('Agents that have run in the project'),
  trigger: agentTrigger
    .optional()
    .describe('Agents with such a trigger in the live version, or in the draft before it'),
  tag: agentTag.optional().describe('Agents with this tag'),
  sort: agentSort.optional().describe('`newest` when left out'),
  include: z.enum(['stats']).optional().describe('`stats`: last execution, success and runs of 14 days'),
});
export type AgentFilter = z.infer<typeof agentFilter>;
export type CreateAgentRequest = z.infer<typeof createAgentRequest>;
export type UpdateAgentRequest = z.infer<typeof updateAgentRequest>;
