import type { AgentNode } from '@agentflow/contracts';
import { renameReferences } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

const NAMES = new Map([['priority', 'urgency']]);

function transform(expression: string): AgentNode {
  return { id: 'result', type: 'logic.transform', config: { expression } };
}

describe('renameReferences', () => {
  it.each([
    ['priority.output.label', 'urgency.output.label'],
    ['{ "priority": priority.output, "a": 1 }', '{ "priority": urgency.output, "a": 1 }'],
    ['priority.output.label = "priority" ? 1 : priority', 'urgency.output.label = "priority" ? 1 : urgency'],
    ['priority.output ?? priority.output.label', 'urgency.output ?? urgency.output.label'],
    ['$$.priority.output & `priority`.output', '$$.urgency.output & urgency.output'],
    [
      '$map(trigger.items, function($i) { $i.priority & priority.output })',
      '$map(trigger.items, function($i) { $i.priority & urgency.output })',
    ],
    ['trigger.items[priority = 1].priority', 'trigger.items[priority = 1].priority'],
    ['trigger.priority /* priority */', 'trigger.priority /* priority */'],
    ['priority.output +', 'priority.output +'],
  ])('in %s', (before, after) => {
    expect(renameReferences(transform(before), NAMES).config.expression).toBe(after);
  });

  it('reaches texts at any depth of a config and the output mapping, and leaves other texts alone', () => {
    const node: AgentNode = {
      id: 'ask',
      type: 'action.http',
      config: {
        url: 'https://example.com/{{priority.output.label}}?p={{ $string(priority.output) }}&x=priority',
        body: { priority: ['{{priority.output}}', 'priority', '{{ broken', 3, null], '{{priority}}': true },
      },
      output_mapping: 'result.priority & priority.output',
    };
    expect(renameReferences(node, NAMES)).toEqual({
      ...node,
      config: {
        url: 'https://example.com/{{urgency.output.label}}?p={{ $string(urgency.output) }}&x=priority',
        body: { priority: ['{{urgency.output}}', 'priority', '{{ broken', 3, null], '{{priority}}': true },
      },
      output_mapping: 'result.priority & urgency.output',
    });
  });

  it('exchanges names in one go', () => {
    const swapped = renameReferences(
      transform('a.output - b.output'),
      new Map([
        ['a', 'b'],
        ['b', 'a'],
      ]),
    );
    expect(swapped.config.expression).toBe('b.output - a.output');
  });
});
