import { definitionOf, filesOf } from '@agentflow/agent-files';
import { type AgentDefinition, agentDefinition } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { applyEditCommand } from '../../../workers/domains/refinements/rules/index.ts';
import { CATALOGUE } from '../../../workers/models/index.ts';
import { nastyDefinition } from '../../support/nasty-definitions.ts';
import { random, randomText } from '../../support/nasty-values.ts';

type Pick = (below: number) => number;

const models = CATALOGUE.map(({ id }) => id);

/** A loop, branches that meet, a merge and expressions that read across them. */
const WORKABLE: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    { id: 'each_order', type: 'logic.loop', name: 'Each order', config: { items: '{{trigger.orders}}' } },
    {
      id: 'total',
      type: 'logic.transform',
      config: { expression: 'each_order.item.price * 2 > 50' },
      position: { x: 1, y: 2 },
    },
    {
      id: 'big',
      type: 'logic.if',
      config: { conditions: { any: [{ field: '{{trigger.amount}}', operator: 'less_than', value: 10 }] } },
    },
    {
      id: 'left',
      type: 'ai.chat',
      config: { model: 'openai/gpt-4o', prompt: 'Say {{trigger.name}} {{each_order.output.count}}' },
    },
    {
      id: 'right',
      type: 'ai.agent',
      config: { model: 'openai/gpt-4o', prompt: 'Work', tools: [{ kind: 'builtin', name: 'calculator' }] },
    },
    { id: 'join', type: 'logic.merge', config: {} },
    { id: 'end', type: 'logic.stop', config: { output: { said: '{{join.output}}' } } },
  ],
  edges: [
    { id: 'a', source: 'start', target: 'each_order' },
    { id: 'b', source: 'each_order', source_handle: 'each', target: 'total' },
    { id: 'c', source: 'each_order', source_handle: 'out', target: 'big' },
    { id: 'd', source: 'big', source_handle: 'true', target: 'left' },
    { id: 'e', source: 'big', source_handle: 'false', target: 'right' },
    { id: 'f', source: 'left', target: 'join' },
    { id: 'g', source: 'right', target: 'join' },
    { id: 'h', source: 'join', target: 'end' },
  ],
};

const WORDS = [
  'rename',
  'to',
  'add an approval before',
  'over',
  '100',
  '1,000',
  'use',
  'gpt-4o',
  'for',
  'change',
  'the threshold',
  'in',
  'from',
  'and',
  '"',
  '“',
  '”',
  'when',
  'the amount',
  'is',
  '\n',
  '.',
  'model',
  '€',
  'und',
  'a',
  '{{',
  '}}',
];
const NAMES = [
  'item',
  'env',
  'Total',
  'and or',
  '漢字',
  'Über',
  '1st',
  'left right',
  '{{trigger.x}}',
  '$x`',
  'trigger',
];

function prompt(pick: Pick, { nodes }: AgentDefinition): string {
  const step = () => nodes[pick(nodes.length || 1)]?.id ?? 'nothing';
  const clauses = [
    () => `rename ${step()} to ${NAMES[pick(NAMES.length)]}`,
    () => `add an approval before ${step()}`,
    () => `add an approval by ${NAMES[pick(NAMES.length)]} before ${step()} when trigger.amount is over ${pick(500)}`,
    () => `use ${models[pick(models.length)]} for ${step()}`,
    () => `use ${models[pick(models.length)]}`,
    () => `change the threshold in ${step()} to ${pick(500)}`,
    () => `change ${pick(60)} to ${pick(60)}`,
    () => Array.from({ length: pick(12) }, () => WORDS[pick(WORDS.length)]).join(' '),
    () => randomText(pick),
  ];
  return Array.from({ length: 1 + pick(3) }, () => clauses[pick(clauses.length)]?.() ?? '').join(
    ['\n', ' and ', '. '][pick(3)],
  );
}

function errorsOf(definition: AgentDefinition): string[] {
  return validateDefinition(definition)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, path, message }) => `${code} ${path} ${message}`);
}

describe('rules', () => {
  it('keep a valid draft valid, whatever is said one after the other', () => {
    expect(errorsOf(WORKABLE)).toEqual([]);
    let edits = 0;
    for (let seed = 0; seed < 400; seed++) {
      const pick = random(seed);
      let definition = WORKABLE;
      for (let round = 0; round < 4; round++) {
        const words = prompt(pick, definition);
        const result = applyEditCommand({ definition, agentName: 'A', prompt: words, models });
        if (!result.ok) continue;
        definition = result.definition;
        edits++;
        expect(errorsOf(definition), `seed ${seed}: ${words}`).toEqual([]);
        expect(agentDefinition.parse(definition), `seed ${seed}: ${words}`).toEqual(definition);
        expect(definitionOf(filesOf(definition)), `seed ${seed}`).toMatchObject({ ok: true, definition });
      }
    }
    expect(edits).toBeGreaterThan(300);
  });

  it('never throw, and add no error to a draft that has some', () => {
    for (let seed = 0; seed < 600; seed++) {
      const pick = random(seed);
      const definition = nastyDefinition(pick);
      const words = prompt(pick, definition);
      const result = applyEditCommand({ definition, agentName: randomText(pick), prompt: words, models });
      if (!result.ok) expect(result.message, `seed ${seed}: ${words}`).not.toBe('');
      else
        expect(errorsOf(result.definition).length, `seed ${seed}: ${words}`).toBeLessThanOrEqual(
          errorsOf(definition).length,
        );
    }
  });

  it('end soon for the longest of prompts', () => {
    for (const word of [
      'rename a to ',
      'change the threshold in x from 1 to ',
      'add an approval before ',
      'and use ',
      '"',
      ' over ',
      '1,',
      'for ',
    ]) {
      const words = word.repeat(8000 / word.length);
      expect(applyEditCommand({ definition: WORKABLE, agentName: 'A', prompt: words, models }).ok).toBe(false);
    }
  });
});
