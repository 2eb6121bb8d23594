import { z } from 'zod';
import { jsonValue } from '../common.ts';
import { defineNode, OUT } from './types.ts';

export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

export const actionHttp = defineNode({
  type: 'action.http',
  category: 'action',
  title: 'HTTP request',
  description: 'Calls a URL and gives back status, headers and body.',
  icon: 'globe',
  config: z.strictObject({
    method: z
      .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])
      .default('GET')
      .meta({ title: 'Method', description: 'The HTTP method.', control: 'select' }),
    url: z.string().min(1).max(8000).meta({
      title: 'URL',
      description: 'An https:// address outside private networks.',
      control: 'url',
      placeholder: 'https://api.example.com/',
    }),
    headers: z
      .record(z.string().regex(HEADER_NAME, 'must be a header name'), z.string().max(8000))
      .optional()
      .meta({ title: 'Headers', description: 'Secrets as {{env.NAME}}.', control: 'key_value' }),
    body: jsonValue
      .optional()
      .meta({ title: 'Body', description: 'Text, or a value that is sent as JSON.', control: 'json' }),
    fail_on_status: z.boolean().default(true).meta({
      title: 'Fail on 4xx and 5xx',
      description: 'Off: the step completes with whatever status was answered.',
      control: 'boolean',
    }),
  }),
  output: z.object({
    status: z.number().int(),
    headers: z.record(z.string(), z.string()),
    body: z.json().nullable().describe('Parsed when the answer is JSON, else text'),
  }),
  handles: () => OUT,
  sideEffect: true,
  expressionFields: [],
  example: { method: 'POST', url: 'https://api.example.com/tickets', body: { summary: '{{summary.output.summary}}' } },
});

export const actionWebhook = defineNode({
  type: 'action.webhook',
  category: 'action',
  title: 'Send webhook',
  description: 'Posts an event to a URL, signed so that the receiver can tell that it is from you (Standard Webhooks).',
  icon: 'webhook',
  config: z.strictObject({
    url: z.string().min(1).max(8000).meta({
      title: 'URL',
      description: 'An https:// address outside private networks.',
      control: 'template',
      placeholder: 'https://api.example.com/',
    }),
    event: z
      .string()
      .min(1)
      .max(120)
      .meta({ title: 'Event', description: 'What happened, as in ticket.triaged.', control: 'template' }),
    payload: jsonValue
      .optional()
      .meta({ title: 'Data', description: 'What the receiver gets as data.', control: 'json' }),
    secret: z.string().min(1).max(8000).meta({
      title: 'Signing secret',
      description: 'The secret that the receiver checks with, as {{env.NAME}}; whsec_… or any text.',
      control: 'template',
    }),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a header name'), z.string().max(8000))
      .optional()
      .meta({ title: 'Headers', description: 'More headers, secrets as {{env.NAME}}.', control: 'key_value' }),
  }),
  output: z.object({
    id: z.string().describe('webhook-id: the same for every attempt'),
    status: z.number().int(),
    body: z.json().nullable(),
  }),
  handles: () => OUT,
  sideEffect: true,
  expressionFields: [],
  example: {
    url: 'https://hooks.example.com/agents',
    event: 'ticket.triaged',
    payload: { team: '{{route.output.case}}' },
    secret: '{{env.WEBHOOK_SECRET}}',
  },
});
