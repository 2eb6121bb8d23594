import { z } from 'zod';
import { workspaceFiles } from '../deep-agents.ts';
import { modelRef } from '../models.ts';
import { type AgentTool, agentTools, TOOL_NAME_PATTERN } from './agent-tools.ts';
import { maxTokens, prompt, schema, system, temperature } from './ai.ts';
import { defineNode, OUT } from './types.ts';

const model = modelRef
  .refine((ref) => !ref.startsWith('builtin/'), {
    message: 'must be a language model that uses tools: the built-in one can’t',
  })
  .meta({
    title: 'Model',
    description: 'Which language model decides. It must know how to use tools.',
    control: 'model',
    needs_tools: true,
  });

/** Helpers of one deep agent. */
const MAX_HELPERS = 8;

const helper = z.strictObject({
  name: z.string().regex(TOOL_NAME_PATTERN, 'must be 1 to 64 letters, digits, _ or -').meta({
    title: 'Name',
    description: 'What the model calls the helper by',
    control: 'text',
    placeholder: 'researcher',
  }),
  description: z.string().min(1).max(2000).meta({
    title: 'Purpose',
    description: 'What to hand to it, for the model that hands over',
    control: 'prompt',
  }),
  system: z
    .string()
    .max(100_000)
    .optional()
    .meta({ title: 'Instructions', description: 'What the helper is told before its task', control: 'prompt' }),
  model: model.optional().meta({
    title: 'Model',
    description: "The agent's own when left out",
    control: 'model',
    needs_tools: true,
  }),
  tools: z.array(z.string().min(1).max(64)).max(32).optional().meta({
    title: 'Tools',
    description: "Names of the agent's tools that it may use; all when left out",
    control: 'text_list',
  }),
  max_turns: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(20)
    .meta({ title: 'Turns', description: 'How often its model may be asked for one task', control: 'number' }),
});

const deep = z.strictObject({
  planning: z.boolean().default(true).meta({
    title: 'Plan',
    description: 'Whether it keeps a list of what is to be done, which everybody who watches sees',
    control: 'boolean',
  }),
  files: z
    .union([
      z
        .string()
        .max(20_000)
        .refine((text) => text === '' || text.includes('{{'), 'must be contents by path, or one {{…}}'),
      workspaceFiles,
    ])
    .optional()
    .meta({
      title: 'Files',
      description: 'What its folder holds at the beginning: contents by path, or one {{…}} that gives them',
      control: 'files',
    }),
  ask_people: z.boolean().default(false).meta({
    title: 'May ask people',
    description: 'Whether it may ask a person in the middle of its work, and wait for the answer',
    control: 'boolean',
  }),
  helpers: z
    .array(helper)
    .max(MAX_HELPERS)
    .default([])
    .refine((helpers) => new Set(helpers.map(({ name }) => name)).size === helpers.length, 'must have different names')
    .meta({
      title: 'Helpers',
      description: 'Agents with a conversation of their own that it hands parts of its work to',
      control: 'helpers',
    }),
});
export type DeepAgent = z.output<typeof deep>;
export type DeepHelper = z.output<typeof helper>;

/** Tools that read and write the workspace; each helper has them too. */
export const FILE_TOOLS = ['ls', 'read_file', 'write_file', 'edit_file', 'delete_file', 'glob', 'grep'] as const;

/** Names that the tools of a deep agent's author can't have. */
export function deepToolNames({ planning, ask_people, helpers }: DeepAgent): string[] {
  return [
    ...FILE_TOOLS,
    ...(planning ? ['write_todos'] : []),
    ...(ask_people ? ['ask_person'] : []),
    ...(helpers.length > 0 ? ['task'] : []),
  ];
}

interface Toolset {
  readonly tools: readonly AgentTool[];
  readonly deep?: DeepAgent | undefined;
}

function checkToolset({ tools, deep: own }: Toolset, issues: z.RefinementCtx): void {
  const issue = (path: (string | number)[], message: string) => issues.addIssue({ code: 'custom', path, message });
  if (own === undefined) {
    if (tools.length === 0) issue(['tools'], 'must have at least one tool, unless this is a deep agent');
    const reads = tools.findIndex((tool) => tool.kind === 'builtin' && tool.name === 'check_agent');
    if (reads >= 0) issue(['tools', reads, 'name'], 'reads files, which only a deep agent has');
    return;
  }
  const taken = new Set(deepToolNames(own));
  for (const [index, tool] of tools.entries()) {
    if (tool.kind === 'mcp' || !taken.has(tool.name)) continue;
    issue(['tools', index, 'name'], `is the name of a tool that every deep agent like this one has: "${tool.name}"`);
  }
  // What a server offers is only known when it is asked.
  if (tools.some(({ kind }) => kind === 'mcp')) return;
  const names = new Set(tools.map((tool) => (tool.kind === 'mcp' ? '' : tool.name)));
  for (const [index, { tools: wanted = [] }] of own.helpers.entries()) {
    for (const [place, name] of wanted.entries()) {
      if (names.has(name)) continue;
      issue(['deep', 'helpers', index, 'tools', place], `is not a tool of this agent: "${name}"`);
    }
  }
}

export const aiAgent = defineNode({
  type: 'ai.agent',
  category: 'ai',
  title: 'Agent',
  description: 'Lets a model use tools, turn by turn, until it has an answer.',
  icon: 'wrench',
  config: z
    .strictObject({
      model,
      prompt: prompt('Task', 'What is to be done. Use {{…}} for values of earlier nodes.'),
      system,
      tools: agentTools.meta({
        title: 'Tools',
        description: 'HTTP calls, MCP servers, other agents and built-in tools that the model may use.',
        control: 'tools',
      }),
      max_turns: z
        .number()
        .int()
        .min(1)
        .max(200)
        .default(10)
        .meta({ title: 'Turns', description: 'How often the model may be asked.', control: 'number', advanced: true }),
      max_total_tokens: z.number().int().min(1).max(10_000_000).optional().meta({
        title: 'Token ceiling',
        description: 'Tokens of all turns, read and written.',
        control: 'number',
        advanced: true,
      }),
      on_limit: z
        .enum(['fail', 'answer'])
        .default('fail')
        .meta({
          title: 'At the limit',
          description: 'Fail, or answer once more without tools from what is known by then.',
          control: 'select',
          choices: { fail: 'Fail', answer: 'Answer without tools' },
          advanced: true,
        }),
      deep: deep.optional().meta({
        title: 'Deep agent',
        description: 'Plans, works in a folder of files, and hands parts of its work to helpers.',
        control: 'fields',
        switched: true,
      }),
      schema: schema.optional().meta({
        title: 'Answer schema',
        description: 'JSON Schema that the answer must fit.',
        control: 'json_schema',
        advanced: true,
      }),
      temperature,
      max_tokens: maxTokens,
    })
    .superRefine(checkToolset),
  output: z.object({
    text: z.string().describe('What the model answered at last'),
    data: z.json().nullable().describe('The answer as data, when a schema is set'),
    ended_by: z.enum(['answer', 'turns', 'tokens', 'size']).describe('The answer itself, or the limit before it'),
    files: z.array(z.string()).optional().describe('Paths in its folder at the end, of a deep agent'),
    turns: z.number().int(),
    tool_calls: z.number().int(),
    total_tokens: z.number().int(),
  }),
  handles: () => OUT,
  sideEffect: true,
  expressionFields: [],
  example: {
    model: 'anthropic/claude-haiku-4-5',
    prompt: 'Answer this customer: {{trigger.message}}',
    tools: [
      {
        kind: 'http',
        name: 'find_order',
        description: 'Finds an order by its number.',
        url: 'https://api.example.com/orders/{number}',
        headers: { authorization: 'Bearer {{env.SHOP_TOKEN}}' },
        parameters: { type: 'object', properties: { number: { type: 'string' } }, required: ['number'] },
      },
      {
        kind: 'http',
        name: 'refund',
        description: 'Pays an order back.',
        method: 'POST',
        url: 'https://api.example.com/orders/{number}/refund',
        headers: { authorization: 'Bearer {{env.SHOP_TOKEN}}' },
        parameters: { type: 'object', properties: { number: { type: 'string' } }, required: ['number'] },
        ask_first: true,
        approval: { approvers: { roles: ['admin'] }, timeout_seconds: 86_400, on_timeout: 'deny' },
      },
      { kind: 'builtin', name: 'calculator' },
    ],
  },
});
