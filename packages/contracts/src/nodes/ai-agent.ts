import { z } from 'zod';
import { modelRef } from '../models.ts';
import { agentTools } from './agent-tools.ts';
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

export const aiAgent = defineNode({
  type: 'ai.agent',
  category: 'ai',
  title: 'Agent',
  description: 'Lets a model use tools, turn by turn, until it has an answer.',
  icon: 'wrench',
  config: z.strictObject({
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
      .max(50)
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
    schema: schema.optional().meta({
      title: 'Answer schema',
      description: 'JSON Schema that the answer must fit.',
      control: 'json_schema',
      advanced: true,
    }),
    temperature,
    max_tokens: maxTokens,
  }),
  output: z.object({
    text: z.string().describe('What the model answered at last'),
    data: z.json().nullable().describe('The answer as data, when a schema is set'),
    ended_by: z.enum(['answer', 'turns', 'tokens', 'size']).describe('The answer itself, or the limit before it'),
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
