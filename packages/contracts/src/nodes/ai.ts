import { z } from 'zod';
import { jsonObject } from '../common.ts';
import { DEFAULT_MODEL, fallbackChain, modelRef } from '../models.ts';
import { defineNode, OUT } from './types.ts';

const model = modelRef
  .default(DEFAULT_MODEL)
  .meta({ title: 'Model', description: 'Which language model answers.', control: 'model' });
const fallback = fallbackChain.optional().meta({
  title: 'Fallback models',
  description: 'Asked in this order where the model cannot answer; when not set, those of the organization.',
  control: 'models',
  advanced: true,
});
export const system = z
  .string()
  .max(100_000)
  .optional()
  .meta({ title: 'System prompt', description: 'Who the model is and how it should behave.', control: 'prompt' });
export const temperature = z.number().min(0).max(2).optional().meta({
  title: 'Temperature',
  description: '0 is steady, higher is more varied.',
  control: 'slider',
  advanced: true,
});
export const maxTokens = z.number().int().min(1).max(200_000).optional().meta({
  title: 'Token limit',
  description: 'The most tokens that the model may write.',
  control: 'number',
  advanced: true,
});

export function prompt(title: string, description: string) {
  return z.string().min(1).max(400_000).meta({ title, description, control: 'prompt' });
}

/** The subset of JSON Schema (an object with named properties) that ai.extract and structured answers take. */
export const schema = jsonObject.refine((value) => value.type === 'object' && typeof value.properties === 'object', {
  message: 'must be a JSON Schema of type "object" with "properties"',
});

export const aiChat = defineNode({
  type: 'ai.chat',
  category: 'ai',
  title: 'Chat',
  description: 'Asks a language model and gives back its text, or data when a schema is set.',
  icon: 'message-square',
  config: z.strictObject({
    model,
    prompt: prompt('Prompt', 'What the model is asked. Use {{…}} for values of earlier nodes.'),
    system,
    temperature,
    max_tokens: maxTokens,
    fallback,
    schema: schema.optional().meta({
      title: 'Answer schema',
      description: 'JSON Schema that the answer must fit.',
      control: 'json_schema',
      advanced: true,
    }),
  }),
  output: z.object({
    text: z.string().describe('What the model wrote'),
    data: z.json().nullable().describe('The answer as data, when a schema is set'),
    finish_reason: z.string(),
  }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { model: DEFAULT_MODEL, prompt: 'Answer this customer: {{trigger.message}}' },
});

export const aiSummarize = defineNode({
  type: 'ai.summarize',
  category: 'ai',
  title: 'Summarize',
  description: 'Makes a short summary of a text.',
  icon: 'align-left',
  config: z.strictObject({
    model,
    prompt: prompt('Text', 'The text to summarize.'),
    system,
    max_sentences: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(2)
      .meta({ title: 'Sentences', description: 'How long the summary may be.', control: 'number' }),
    temperature,
    max_tokens: maxTokens,
    fallback,
  }),
  output: z.object({ summary: z.string() }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { model: DEFAULT_MODEL, prompt: '{{trigger.body}}', max_sentences: 2 },
});

const label = z.union([
  z.string().min(1).max(100),
  z.strictObject({
    name: z.string().min(1).max(100),
    description: z.string().max(2000).default('').describe('When this label is right'),
    examples: z.array(z.string().max(2000)).max(50).default([]).describe('Texts that carry this label'),
  }),
]);
export type ClassifyLabel = z.output<typeof label>;

export const aiClassify = defineNode({
  type: 'ai.classify',
  category: 'ai',
  title: 'Classify',
  description: 'Chooses the one label that fits a text best.',
  icon: 'tags',
  config: z.strictObject({
    model,
    prompt: prompt('Text', 'The text to classify.'),
    labels: z
      .array(label)
      .min(2)
      .max(100)
      .meta({ title: 'Labels', description: 'Names to choose from, each with when it is right.', control: 'labels' }),
    system,
    temperature,
    max_tokens: maxTokens,
    fallback,
  }),
  output: z.object({
    label: z.string(),
    confidence: z.number().nullable().describe('0 to 1 where the model gives one, else null'),
  }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: {
    model: DEFAULT_MODEL,
    prompt: '{{trigger.body}}',
    labels: [
      { name: 'billing', description: 'Invoices, refunds, payments' },
      { name: 'technical', description: 'Errors, crashes, things that do not work' },
    ],
  },
});

export const aiExtract = defineNode({
  type: 'ai.extract',
  category: 'ai',
  title: 'Extract',
  description: 'Reads named fields out of a text.',
  icon: 'scan-text',
  config: z.strictObject({
    model,
    prompt: prompt('Text', 'The text to read.'),
    schema: schema.meta({
      title: 'Fields',
      description: 'JSON Schema of the fields; what the text does not tell is null.',
      control: 'json_schema',
    }),
    system,
    temperature,
    max_tokens: maxTokens,
    fallback,
  }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: {
    model: DEFAULT_MODEL,
    prompt: '{{trigger.body}}',
    schema: {
      type: 'object',
      properties: { order_number: { type: 'string' }, email: { type: 'string', format: 'email' } },
    },
  },
});
