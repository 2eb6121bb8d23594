import { z } from 'zod';
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
