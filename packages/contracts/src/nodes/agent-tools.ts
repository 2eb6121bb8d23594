import { z } from 'zod';
import { approvers, MAX_APPROVAL_SECONDS } from '../approvals.ts';
import { jsonObject } from '../common.ts';
import { HEADER_NAME } from './action.ts';

/** What every provider takes as the name of a tool. */
export const TOOL_NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

const name = z
  .string()
  .regex(TOOL_NAME_PATTERN, 'must be 1 to 64 letters, digits, _ or -')
  .meta({ title: 'Name', description: 'What the model calls the tool by', control: 'text', placeholder: 'find_order' });
const purpose = z.string().min(1).max(4000).meta({
  title: 'Purpose',
  description: 'What it does and when to use it, for the model',
  control: 'prompt',
});
const headers = z
  .record(z.string().regex(HEADER_NAME, 'must be a header name'), z.string().max(8000))
  .optional()
  .meta({ title: 'Headers', description: 'Secrets as {{env.NAME}}', control: 'key_value' });
/** Of a tool that asks before each call; the same words and defaults as `human.approval` has. */
const question = {
  ask_first: z.boolean().default(false).meta({
    title: 'Ask a person first',
    description: 'Whether a person has to approve each call before it is made',
    control: 'boolean',
  }),
  approval: z
    .strictObject({
      approvers: approvers.optional().meta({
        title: 'Who decides',
        description: 'Whoever may decide approvals when left out',
        control: 'approvers',
      }),
      self_approval: z.boolean().default(true).meta({
        title: 'The person who started it may decide',
        description: 'Whether whoever started the execution may decide',
        control: 'boolean',
      }),
      timeout_seconds: z.number().int().min(1).max(MAX_APPROVAL_SECONDS).optional().meta({
        title: 'Time to decide',
        description: 'Seconds; without, it waits until somebody decides',
        control: 'duration',
      }),
      on_timeout: z
        .enum(['approve', 'deny', 'fail'])
        .default('deny')
        .meta({
          title: 'When time runs out',
          description: 'Make the call, tell the model that it was refused, or that it failed',
          control: 'select',
          choices: { approve: 'Make the call', deny: 'Refuse it', fail: 'Fail' },
        }),
    })
    .optional()
    .meta({
      title: 'Question',
      description: 'Who is asked, and for how long; with `ask_first`',
      control: 'fields',
      when: { field: 'ask_first', is: ['true'] },
    }),
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
  .meta({ title: 'Arguments', description: 'JSON Schema of the arguments', control: 'json_schema' });

const httpTool = z
  .strictObject({
    kind: z.literal('http').meta({ title: 'HTTP request', description: 'Calls an address of yours.' }),
    name,
    description: purpose,
    method: z
      .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .default('GET')
      .meta({ title: 'Method', description: 'The HTTP method.', control: 'select' }),
    url: z.string().min(1).max(8000).meta({
      title: 'URL',
      description: 'Arguments fill places like {order_id} in path and query; the others go into the query, or the body',
      control: 'url',
      placeholder: 'https://api.example.com/orders/{order_id}',
    }),
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
    kind: z.literal('mcp').meta({ title: 'MCP server', description: 'Offers the tools of a server.' }),
    server_url: z.string().min(1).max(8000).meta({
      title: 'Server',
      description: 'Address of an MCP server that speaks Streamable HTTP',
      control: 'template',
      placeholder: 'https://mcp.example.com/mcp',
    }),
    headers,
    allowed_tools: z
      .array(z.string().min(1).max(200))
      .max(128)
      .optional()
      .meta({ title: 'Tools', description: 'Only these; all when left out', control: 'text_list' }),
    ...question,
  })
  .superRefine(checkQuestion);

export const BUILTIN_TOOLS = ['calculator', 'current_time', 'query_json', 'check_agent'] as const;

const builtinTool = z.strictObject({
  kind: z.literal('builtin').meta({ title: 'Built-in tool', description: 'Computes, without reaching out.' }),
  name: z.enum(BUILTIN_TOOLS).meta({
    title: 'Tool',
    description: 'They compute, and see nothing of the run but the files of a deep agent.',
    control: 'select',
    choices: {
      calculator: 'Calculator',
      current_time: 'Current time',
      query_json: 'Query JSON',
      check_agent: 'Check an agent’s files',
    },
  }),
});

const otherAgent = z
  .strictObject({
    kind: z.literal('agent').meta({ title: 'Agent', description: 'Runs another agent and waits for it.' }),
    name,
    description: purpose,
    agent_id: z.string().min(1).max(2000).meta({
      title: 'Agent',
      description: 'Id of the agent to run; the arguments are its input',
      control: 'agent',
    }),
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
  .max(32)
  .default([])
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
