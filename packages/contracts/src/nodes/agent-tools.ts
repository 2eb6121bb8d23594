import { z } from 'zod';
import { approvers, MAX_APPROVAL_SECONDS } from '../approvals.ts';
import { jsonObject } from '../common.ts';
import { HEADER_NAME } from './action.ts';

/** What every provider takes as the name of a tool. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

const name = z
  .string()
  .regex(TOOL_NAME_PATTERN, 'must be 1 to 64 letters, digits, _ or -')
  .describe('What the model calls the tool by');
const headers = z
  .record(z.string().regex(HEADER_NAME, 'must be a header name'), z.string().max(8000))
  .optional()
  .describe('Secrets as {{env.NAME}}');
/** Of a tool that asks before each call; the same words and defaults as `human.approval` has. */
const question = {
  ask_first: z.boolean().default(false).describe('Whether a person has to approve each call before it is made'),
  approval: z
    .strictObject({
      approvers: approvers.optional().describe('Who decides; whoever may decide approvals when left out'),
      self_approval: z.boolean().default(true).describe('Whether whoever started the execution may decide'),
      timeout_seconds: z
        .number()
        .int()
        .min(1)
        .max(MAX_APPROVAL_SECONDS)
        .optional()
        .describe('Seconds; without, it waits until somebody decides'),
      on_timeout: z
        .enum(['approve', 'deny', 'fail'])
        .default('deny')
        .describe('When time runs out: make the call, tell the model that it was refused, or that it failed'),
    })
    .optional()
    .describe('Who is asked, and for how long; with `ask_first`'),
};

/** What is said of a question that nobody is asked would be believed. */
function checkQuestion(
  { ask_first, approval }: { ask_first: boolean; approval?: object | undefined },
  issues: z.RefinementCtx,
): void {
  if (ask_first || approval === undefined) return;
  issues.addIssue({ code: 'custom', path: ['approval'], message: 'needs ask_first: without it nobody is asked' });
}

/** Places in a URL that an argument of the model fills: `{order_id}`. */
const PLACE = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function placesIn(url: string): string[] {
  return [...url.replace(/\{\{[\s\S]*?\}\}/g, '').matchAll(PLACE)].map(([, place]) => place ?? '');
}

const parameters = jsonObject
  .refine((value) => value.type === 'object', { message: 'must be a JSON Schema of type "object"' })
  .default({ type: 'object', properties: {} })
  .describe('JSON Schema of the arguments');

const httpTool = z
  .strictObject({
    kind: z.literal('http'),
    name,
    description: z.string().min(1).max(4000).describe('What it does and when to use it, for the model'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    url: z
      .string()
      .min(1)
      .max(8000)
      .describe('Arguments fill places like {order_id} in path and query; the others go into the query, or the body'),
    headers,
    parameters,
    ...question,
  })
  .superRefine(checkQuestion)
  .superRefine(({ url, parameters: schema }, issues) => {
    const known = typeof schema.properties === 'object' ? (schema.properties ?? {}) : {};
    const afterHost = url.replace(/^https?:\/\/[^/?#]*/i, '');
    for (const place of placesIn(url)) {
      if (!Object.hasOwn(known, place)) {
        issues.addIssue({
          code: 'custom',
          path: ['url'],
          message: `has the place {${place}}, which no parameter fills`,
        });
      } else if (!placesIn(afterHost).includes(place)) {
        issues.addIssue({
          code: 'custom',
          path: ['url'],
          message: `has {${place}} in its host, which a model may not choose`,
        });
      }
    }
  });

const mcpTools = z
  .strictObject({
    kind: z.literal('mcp'),
    server_url: z.string().min(1).max(8000).describe('Address of an MCP server that speaks Streamable HTTP'),
    headers,
    allowed_tools: z.array(z.string().min(1).max(200)).max(128).optional().describe('Only these; all when left out'),
    ...question,
  })
  .superRefine(checkQuestion);

export const BUILTIN_TOOLS = ['calculator', 'current_time', 'query_json'] as const;

const builtinTool = z.strictObject({
  kind: z.literal('builtin'),
  name: z.enum(BUILTIN_TOOLS),
});

const otherAgent = z
  .strictObject({
    kind: z.literal('agent'),
    name,
    description: z.string().min(1).max(4000).describe('What it does and when to use it, for the model'),
    agent_id: z.string().min(1).max(2000).describe('Id of the agent to run; the arguments are its input'),
    parameters,
    ...question,
  })
  .superRefine(checkQuestion);

export const agentTool = z.discriminatedUnion('kind', [httpTool, mcpTools, builtinTool, otherAgent]);
export type AgentTool = z.output<typeof agentTool>;
export type HttpTool = z.output<typeof httpTool>;
export type AgentAsTool = z.output<typeof otherAgent>;
export type McpTools = z.output<typeof mcpTools>;
export type BuiltinToolName = (typeof BUILTIN_TOOLS)[number];

/** Tools of one agent; a name that two of them have is told at the second. */
export const agentTools = z
  .array(agentTool)
  .min(1)
  .max(32)
  .superRefine((tools, issues) => {
    const names = new Set<string>();
    for (const [index, tool] of tools.entries()) {
      if (tool.kind === 'mcp') continue;
      if (names.has(tool.name)) {
        issues.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `is the name of another tool: "${tool.name}"`,
        });
      }
      names.add(tool.name);
    }
  });
