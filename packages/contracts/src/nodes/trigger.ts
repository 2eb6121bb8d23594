import { z } from 'zod';
import { cronProblem, isTimeZone } from '../schedule.ts';
import { defineNode, OUT } from './types.ts';

export const triggerManual = defineNode({
  type: 'trigger.manual',
  category: 'trigger',
  title: 'Manual start',
  description: 'Starts the agent with the input that a person or an API call gives.',
  icon: 'play',
  config: z.strictObject({}),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: {},
});

export const triggerWebhook = defineNode({
  type: 'trigger.webhook',
  category: 'trigger',
  title: 'Webhook',
  description:
    'Describes a call from outside that starts the agent. This release takes no such calls: start the agent by hand or through POST /agents/{id}/execute, with the call as its input.',
  icon: 'webhook',
  config: z.strictObject({
    methods: z
      .array(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']))
      .min(1)
      .refine((methods) => new Set(methods).size === methods.length, 'must differ')
      .default(['POST'])
      .meta({ title: 'Methods', description: 'HTTP methods of the call.', control: 'multi_select' }),
    response: z
      .enum(['immediately', 'when_done'])
      .default('immediately')
      .meta({
        title: 'Answer',
        description: 'Before the agent runs, or with its output when it has ended.',
        control: 'select',
        choices: { immediately: 'At once', when_done: 'When the agent has ended' },
      }),
  }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { methods: ['POST'], response: 'immediately' },
});

export const triggerSchedule = defineNode({
  type: 'trigger.schedule',
  category: 'trigger',
  title: 'Schedule',
  description:
    'Describes the times at which the agent starts. This release starts nothing by the clock: start the agent by hand or through POST /agents/{id}/execute.',
  icon: 'calendar-clock',
  config: z.strictObject({
    cron: z
      .string()
      .max(200)
      .superRefine((text, context) => {
        const message = cronProblem(text);
        if (message !== null) context.addIssue({ code: 'custom', message });
      })
      .meta({
        title: 'Times',
        description: 'Cron: minute, hour, day of the month, month, day of the week.',
        control: 'cron',
      }),
    timezone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'is not a time zone such as Europe/Berlin')
      .default('UTC')
      .meta({ title: 'Time zone', description: 'Name from the IANA database.', control: 'time_zone' }),
  }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { cron: '0 9 * * mon-fri', timezone: 'Europe/Berlin' },
});

export const triggerEvent = defineNode({
  type: 'trigger.event',
  category: 'trigger',
  title: 'Event',
  description:
    'Describes events of the organization that start the agent. This release delivers none: start the agent by hand or through POST /agents/{id}/execute, with the event as its input.',
  icon: 'radio',
  config: z.strictObject({
    types: z
      .array(z.string().regex(/^[a-z_]+\.([a-z_]+|\*)$/, 'must be a type like execution.failed, or execution.*'))
      .min(1)
      .max(50)
      .meta({
        title: 'Events',
        description: 'Types, as in execution.failed.',
        control: 'text_list',
        placeholder: 'execution.failed',
        suggestions: [
          'execution.started',
          'execution.completed',
          'execution.failed',
          'execution.cancelled',
          'execution.*',
          'agent.published',
          'agent.handoff',
          'agent.*',
          'approval.requested',
          'approval.approved',
          'approval.denied',
          'approval.*',
        ],
      }),
  }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { types: ['execution.failed'] },
});
