import { z } from 'zod';
import { approvers, MAX_APPROVAL_SECONDS } from '../approvals.ts';
import { jsonObject, jsonValue } from '../common.ts';
import { actor } from '../executions.ts';
import { defineNode, OUT } from './types.ts';

const title = z
  .string()
  .max(200)
  .optional()
  .meta({ title: 'Title', description: 'In a few words; the name of the node if empty.', control: 'template' });
const message = (description: string) =>
  z.string().min(1).max(10_000).meta({ title: 'Message', description, control: 'prompt' });
const whom = approvers.optional().meta({
  title: 'Who decides',
  description: 'People, roles and teams; if empty, whoever may decide approvals.',
  control: 'approvers',
});
const timeout = z.number().int().min(1).max(MAX_APPROVAL_SECONDS).optional().meta({
  title: 'Time limit',
  description: 'Seconds; if empty, it waits until somebody decides.',
  control: 'duration',
});

/** What both give: see docs/engine.md, Approvals. */
const answer = {
  comment: z.string(),
  decided_by: actor.nullable().describe('null where time decided'),
  decided_at: z.string(),
  payload: z.json().nullable(),
  form: z.json().nullable(),
};

export const humanApproval = defineNode({
  type: 'human.approval',
  category: 'human',
  title: 'Approval',
  description: 'Asks a person whether to go on, and leaves by their answer.',
  icon: 'user-check',
  config: z.strictObject({
    title,
    message: message('What is asked, with what one must know to answer.'),
    payload: jsonValue.optional().meta({
      title: 'Payload',
      description: 'What will be done, exactly. Steps behind read it from this step’s output.',
      control: 'json',
    }),
    approvers: whom,
    self_approval: z.boolean().default(true).meta({
      title: 'Own executions',
      description: 'Off: whoever started the execution may not decide.',
      control: 'boolean',
      advanced: true,
    }),
    timeout_seconds: timeout,
    on_timeout: z
      .enum(['approve', 'deny', 'fail'])
      .default('deny')
      .meta({
        title: 'When time runs out',
        description: 'Count it as approved or denied, or fail the step.',
        control: 'select',
        choices: { approve: 'Counts as approved', deny: 'Counts as denied', fail: 'The step fails' },
        when: { field: 'timeout_seconds' },
      }),
  }),
  output: z.object({ decision: z.enum(['approve', 'deny']), ...answer }),
  handles: () => [
    { handle: 'approved', title: 'Approved' },
    { handle: 'denied', title: 'Denied' },
  ],
  sideEffect: false,
  expressionFields: [],
  example: {
    title: 'Refund',
    message: 'Refund {{trigger.amount}} to {{trigger.customer}}?',
    payload: { customer: '{{trigger.customer}}', amount: '{{trigger.amount}}' },
    timeout_seconds: 86_400,
    on_timeout: 'deny',
  },
});

export const humanForm = defineNode({
  type: 'human.form',
  category: 'human',
  title: 'Form',
  description: 'Asks a person to fill in a form, and goes on with the answers.',
  icon: 'clipboard-list',
  config: z.strictObject({
    title,
    message: message('What is to be filled in, and what for.'),
    schema: jsonObject.meta({
      title: 'Fields',
      description: 'JSON Schema of the answers.',
      control: 'json_schema',
    }),
    approvers: whom,
    timeout_seconds: timeout,
    on_timeout: z
      .enum(['fail', 'continue'])
      .default('fail')
      .meta({
        title: 'When time runs out',
        description: 'Fail the step, or go on without answers.',
        control: 'select',
        choices: { fail: 'The step fails', continue: 'Goes on without answers' },
        when: { field: 'timeout_seconds' },
      }),
  }),
  output: z.object({ decision: z.literal('approve').nullable(), ...answer }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: {
    message: 'How bad is it, and who takes care of it?',
    schema: {
      type: 'object',
      properties: {
        severity: { type: 'string', enum: ['low', 'high'], title: 'Severity' },
        assignee: { type: 'string', minLength: 1, title: 'Who takes it' },
      },
      required: ['severity', 'assignee'],
    },
  },
});
