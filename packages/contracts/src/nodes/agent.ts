import { z } from 'zod';
import { jsonValue } from '../common.ts';
import { defineNode, OUT } from './types.ts';

/** Executions that may stand above one. */
export const MAX_CALL_DEPTH = 8;

const agentReference = z.string().min(1).max(2000);

export const agentCall = defineNode({
  type: 'agent.call',
  category: 'agent',
  title: 'Call an agent',
  description: 'Runs another agent of the organization as an execution of its own, and gives back what it came to.',
  icon: 'bot',
  config: z.strictObject({
    agent_id: agentReference.meta({ title: 'Agent', description: 'Id of the agent to run.', control: 'agent' }),
    input: jsonValue.default({}).meta({
      title: 'Input',
      description: 'What the agent gets as {{trigger}}.',
      control: 'json',
      input_of: 'agent_id',
    }),
    version: z.number().int().min(1).optional().meta({
      title: 'Version',
      description: 'A published version; the live one when not set.',
      control: 'number',
      advanced: true,
    }),
    wait: z.boolean().default(true).meta({
      title: 'Wait for its end',
      description: 'Off: goes on as soon as the agent was started.',
      control: 'boolean',
      advanced: true,
    }),
  }),
  output: z.object({
    execution_id: z.string(),
    status: z.string().describe('completed; of an agent that is not waited for, how far it was'),
    output: z.json().nullable(),
  }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { agent_id: 'agt_01hzy3k8m2q4r6t8v0x2z4b6d8', input: { ticket: '{{trigger.ticket}}' } },
});

export const agentHandoff = defineNode({
  type: 'agent.handoff',
  category: 'agent',
  title: 'Hand over',
  description: 'Gives instructions and context to another agent: recorded, and readable for it in the project.',
  icon: 'forward',
  config: z.strictObject({
    to_agent_id: agentReference.meta({
      title: 'To agent',
      description: 'Id of the agent that goes on with the work.',
      control: 'agent',
    }),
    instructions: z
      .string()
      .min(1)
      .max(10_000)
      .meta({ title: 'Instructions', description: 'What the other agent is to do.', control: 'prompt' }),
    context: jsonValue
      .default({})
      .meta({ title: 'Context', description: 'What it needs to know, at most 48 KiB.', control: 'json' }),
    start: z.boolean().default(false).meta({
      title: 'Start it',
      description: 'Starts the other agent with the handoff as its input, without waiting for it.',
      control: 'boolean',
    }),
  }),
  output: z.object({
    handoff_id: z.string(),
    to_agent_id: z.string(),
    execution_id: z.string().nullable().describe('The execution that was started, if any'),
  }),
  handles: () => OUT,
  sideEffect: true,
  expressionFields: [],
  example: {
    to_agent_id: 'agt_01hzy3k8m2q4r6t8v0x2z4b6d8',
    instructions: 'Check the answer for tone and send it.',
    context: { answer: '{{trigger.answer}}' },
  },
});
