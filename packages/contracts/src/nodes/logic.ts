import { z } from 'zod';
import { jsonValue } from '../common.ts';
import { defineNode, ERROR_HANDLE, OUT } from './types.ts';

export const CONDITION_OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'starts_with',
  'ends_with',
  'matches',
  'greater_than',
  'greater_or_equal',
  'less_than',
  'less_or_equal',
  'in',
  'not_in',
  'is_empty',
  'is_not_empty',
] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

/** The operators as a sentence has them: between the field and the value. */
export const CONDITION_OPERATOR_WORDS: Readonly<Record<ConditionOperator, string>> = {
  equals: 'equals',
  not_equals: 'does not equal',
  contains: 'contains',
  not_contains: 'does not contain',
  starts_with: 'starts with',
  ends_with: 'ends with',
  matches: 'matches the pattern',
  greater_than: 'is greater than',
  greater_or_equal: 'is at least',
  less_than: 'is less than',
  less_or_equal: 'is at most',
  in: 'is one of',
  not_in: 'is not one of',
  is_empty: 'is empty',
  is_not_empty: 'is not empty',
};
/** Operators that look at the field alone. */
export const UNARY_OPERATORS: readonly ConditionOperator[] = ['is_empty', 'is_not_empty'];

const condition = z.strictObject({
  field: jsonValue.describe('What is looked at, as in {{classify.output.label}}'),
  operator: z.enum(CONDITION_OPERATORS),
  value: jsonValue.optional().describe('What it is compared with; not used by is_empty and is_not_empty'),
});
export type Condition = z.infer<typeof condition>;
export type ConditionGroup = { all: ConditionNode[] } | { any: ConditionNode[] };
export type ConditionNode = Condition | ConditionGroup;

const conditionNode: z.ZodType<ConditionNode> = z.lazy(() =>
  z.union([condition, conditionGroup]),
) as z.ZodType<ConditionNode>;
export const conditionGroup: z.ZodType<ConditionGroup> = z.union([
  z.strictObject({ all: z.array(conditionNode).min(1).max(50) }),
  z.strictObject({ any: z.array(conditionNode).min(1).max(50) }),
]) as z.ZodType<ConditionGroup>;

export const logicIf = defineNode({
  type: 'logic.if',
  category: 'logic',
  title: 'If',
  description: 'Goes one way when its conditions hold, the other way when they do not.',
  icon: 'split',
  config: z.strictObject({
    conditions: conditionGroup.meta({
      title: 'Conditions',
      description: 'All or any of them must hold; groups can be nested.',
      control: 'conditions',
    }),
  }),
  output: z.object({ result: z.boolean() }),
  handles: () => [
    { handle: 'true', title: 'True' },
    { handle: 'false', title: 'False' },
  ],
  sideEffect: false,
  expressionFields: [],
  example: { conditions: { all: [{ field: '{{trigger.amount}}', operator: 'greater_than', value: 100 }] } },
});

const switchCase = z.strictObject({
  handle: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must start with a letter: lower-case letters, digits, _')
    .refine((name) => name !== 'default' && name !== ERROR_HANDLE, 'default and error are taken'),
  equals: jsonValue,
});

export const logicSwitch = defineNode({
  type: 'logic.switch',
  category: 'logic',
  title: 'Switch',
  description: 'Takes the exit of the first case that equals a value, or the default exit.',
  icon: 'git-branch',
  config: z.strictObject({
    value: jsonValue.meta({ title: 'Value', description: 'What is compared.', control: 'template' }),
    cases: z
      .array(switchCase)
      .min(1)
      .max(50)
      .refine((cases) => new Set(cases.map((each) => each.handle)).size === cases.length, 'handles must differ')
      .meta({ title: 'Cases', description: 'Each case has its own exit.', control: 'cases' }),
  }),
  output: z.object({ case: z.string(), value: z.json() }),
  handles: (config) => [
    ...config.cases.map((each) => ({ handle: each.handle, title: each.handle.replaceAll('_', ' ') })),
    { handle: 'default', title: 'Otherwise' },
  ],
  sideEffect: false,
  expressionFields: [],
  example: { value: '{{classify.output.label}}', cases: [{ handle: 'billing', equals: 'billing' }] },
});

export const logicMerge = defineNode({
  type: 'logic.merge',
  category: 'logic',
  title: 'Merge',
  description: 'Brings branches together. Branches that were not taken are not waited for.',
  icon: 'merge',
  config: z
    .strictObject({
      mode: z
        .enum(['all', 'any', 'first'])
        .default('all')
        .meta({
          title: 'Wait for',
          description: 'All live branches, the first that arrives, or the first few.',
          control: 'select',
          choices: { all: 'All live branches', any: 'The first that arrives', first: 'The first few' },
        }),
      count: z
        .number()
        .int()
        .min(1)
        .max(50)
        .optional()
        .meta({
          title: 'How many',
          description: 'Branches to wait for, with “first”.',
          control: 'number',
          when: { field: 'mode', is: ['first'] },
        }),
      combine: z
        .enum(['by_node', 'append', 'combine', 'by_key'])
        .default('by_node')
        .meta({
          title: 'Output',
          description:
            'An object by node, a list, the outputs’ fields in one object, or a list of objects joined by a key.',
          control: 'select',
          choices: {
            by_node: 'An object by node',
            append: 'One list',
            combine: 'Fields in one object',
            by_key: 'Objects joined by a key',
          },
        }),
      key: z
        .string()
        .min(1)
        .max(120)
        .optional()
        .meta({
          title: 'Key',
          description: 'Field by which objects belong together, with “by key”.',
          control: 'text',
          when: { field: 'combine', is: ['by_key'] },
        }),
    })
    .refine(({ mode, count }) => mode !== 'first' || count !== undefined, { path: ['count'], message: 'is needed' })
    .refine(({ combine, key }) => combine !== 'by_key' || key !== undefined, { path: ['key'], message: 'is needed' }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { mode: 'all', combine: 'by_node' },
});

export const logicTransform = defineNode({
  type: 'logic.transform',
  category: 'logic',
  title: 'Transform',
  description: 'Computes a value with a JSONata expression.',
  icon: 'braces',
  config: z.strictObject({
    expression: z.string().min(1).max(20_000).meta({
      title: 'Expression',
      description: 'JSONata over trigger, context and every earlier node by its id.',
      control: 'expression',
    }),
  }),
  output: null,
  handles: () => OUT,
  sideEffect: false,
  expressionFields: ['expression'],
  example: { expression: '{ "total": $sum(trigger.items.price) }' },
});

export const logicStop = defineNode({
  type: 'logic.stop',
  category: 'logic',
  title: 'Stop',
  description: 'Ends the execution at once with a result, or as failed.',
  icon: 'octagon-x',
  config: z.strictObject({
    status: z
      .enum(['completed', 'failed'])
      .default('completed')
      .meta({
        title: 'Ends as',
        description: 'How the execution ends.',
        control: 'select',
        choices: { completed: 'Completed', failed: 'Failed' },
      }),
    output: jsonValue
      .optional()
      .meta({ title: 'Output', description: 'The result of the execution.', control: 'json' }),
    message: z
      .string()
      .max(2000)
      .optional()
      .meta({ title: 'Message', description: 'Why it ends, shown with a failed execution.', control: 'template' }),
  }),
  output: z.object({ output: z.json().nullable() }),
  handles: () => [],
  sideEffect: false,
  expressionFields: [],
  example: { status: 'completed', output: { route: '{{route.output}}' } },
});

/** More rounds than this are refused: a loop is for lists, not for tables. */
export const MAX_ROUNDS = 10_000;
export const MAX_DELAY_SECONDS = 30 * 86_400;

/** A number, or text with an expression that gives one. */
const numberOrTemplate = z.union([z.number(), z.string().max(2000)]);

export const logicLoop = defineNode({
  type: 'logic.loop',
  category: 'logic',
  title: 'Loop',
  description:
    'Runs the nodes behind its exit “each” once for every item, a number of times, or while a condition holds.',
  icon: 'repeat',
  config: z
    .strictObject({
      items: jsonValue.optional().meta({
        title: 'Items',
        description: 'A list; {{item}} is the current one.',
        control: 'template',
        one_of: { group: 'Runs', choice: 'For each item' },
      }),
      count: numberOrTemplate.optional().meta({
        title: 'Times',
        description: 'How many rounds; {{item}} counts from 0.',
        control: 'number_or_template',
        one_of: { group: 'Runs', choice: 'A number of times' },
      }),
      while: z
        .string()
        .min(1)
        .max(20_000)
        .optional()
        .meta({
          title: 'While',
          description: 'JSONata that is looked at before each round; item is the output of the round before.',
          control: 'condition',
          one_of: { group: 'Runs', choice: 'While it holds' },
        }),
      concurrency: z.number().int().min(1).max(50).default(1).meta({
        title: 'Side by side',
        description: 'Rounds that run at the same time.',
        control: 'number',
        advanced: true,
      }),
      on_item_error: z
        .enum(['stop', 'collect'])
        .default('stop')
        .meta({
          title: 'When a round fails',
          description: 'Stop the loop, or put the error in place of the output and go on.',
          control: 'select',
          choices: { stop: 'Stop the loop', collect: 'Collect the error, go on' },
        }),
      max_rounds: z
        .number()
        .int()
        .min(1)
        .max(MAX_ROUNDS)
        .default(1000)
        .meta({
          title: 'At most',
          description: 'Rounds of a “while” loop before it fails.',
          control: 'number',
          when: { field: 'while' },
        }),
    })
    .refine(
      ({ items, count, while: condition }) =>
        [items, count, condition].filter((each) => each !== undefined).length === 1,
      'needs one of items, count and while',
    ),
  output: z.object({
    results: z.array(z.json()).describe('Outputs of the rounds, in their order'),
    count: z.number().int(),
    failed: z.number().int(),
  }),
  handles: () => [
    { handle: 'each', title: 'For each' },
    { handle: 'out', title: 'Then' },
  ],
  sideEffect: false,
  expressionFields: ['while'],
  example: { items: '{{trigger.orders}}', concurrency: 5, on_item_error: 'collect' },
});

export const logicDelay = defineNode({
  type: 'logic.delay',
  category: 'logic',
  title: 'Delay',
  description: 'Waits for some time, or until a moment, up to 30 days.',
  icon: 'timer',
  config: z
    .strictObject({
      seconds: numberOrTemplate.optional().meta({
        title: 'Time',
        description: 'How long to wait.',
        control: 'duration_or_template',
        one_of: { group: 'Waits', choice: 'For some time' },
      }),
      until: z
        .string()
        .max(2000)
        .optional()
        .meta({
          title: 'Until',
          description: 'A moment in ISO 8601, as in 2027-01-31T09:00:00Z.',
          control: 'moment',
          one_of: { group: 'Waits', choice: 'Until a moment' },
        }),
    })
    .refine(({ seconds, until }) => (seconds === undefined) !== (until === undefined), 'needs either seconds or until'),
  output: z.object({ until: z.string() }),
  handles: () => OUT,
  sideEffect: false,
  expressionFields: [],
  example: { seconds: 3600 },
});
