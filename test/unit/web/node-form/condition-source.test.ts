import type { ConditionGroup, JsonValue } from '@agentflow/contracts';
import { evaluateSource, type Scope } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import {
  readConditionSource,
  writeConditionSource,
} from '../../../../web/src/features/node-form/expressions/condition-source.ts';

const SCOPE: Scope = { trigger: { n: 3, tags: ['a'], name: 'Ada' }, context: {}, env: {}, nodes: new Map() };

async function evaluated(source: string): Promise<JsonValue> {
  const evaluation = await evaluateSource(source, SCOPE);
  if (!evaluation.ok) throw new Error(evaluation.error.message);
  return evaluation.value;
}

describe('conditions as JSONata', () => {
  it.each<[source: string, group: ConditionGroup]>([
    ['item.left > 0', { all: [{ field: '{{item.left}}', operator: 'greater_than', value: 0 }] }],
    ['$not(a.b = "x")', { all: [{ field: '{{a.b}}', operator: 'not_equals', value: 'x' }] }],
    ['trigger.n + 1 <= item', { all: [{ field: '{{trigger.n + 1}}', operator: 'less_or_equal', value: '{{item}}' }] }],
    ['$not($boolean(item) ?? false)', { all: [{ field: '{{item}}', operator: 'is_empty' }] }],
    ['$contains(item, "a, b")', { all: [{ field: '{{item}}', operator: 'contains', value: 'a, b' }] }],
    ['$not(item in ["a","b"])', { all: [{ field: '{{item}}', operator: 'not_in', value: ['a', 'b'] }] }],
    [
      'a = 1 and (b = true or c[x = 2].d < 3)',
      {
        all: [
          { field: '{{a}}', operator: 'equals', value: 1 },
          {
            any: [
              { field: '{{b}}', operator: 'equals', value: true },
              { field: '{{c[x = 2].d}}', operator: 'less_than', value: 3 },
            ],
          },
        ],
      },
    ],
  ])('%s is read and written back', (source, group) => {
    expect(readConditionSource(source)).toEqual(group);
    expect(writeConditionSource(group)).toBe(source);
  });

  it('bind "and" tighter than "or", as JSONata does', () => {
    const group = readConditionSource('a = 1 or b = 2 and c = 3') as ConditionGroup;
    expect(writeConditionSource(group)).toBe('a = 1 or (b = 2 and c = 3)');
  });

  it.each([
    '',
    'item',
    '1 +',
    'a = b ? c : d',
    'a = 1 = 2',
    '$exists(item) and a = 1',
    'a = 1 /* why */',
    '$f(function($x) { $x = 1 })',
    'a != 1',
    '$not(a > 1)',
    '$not($boolean(a))',
  ])('are not made of %s', (source) => {
    expect(readConditionSource(source)).toBeNull();
  });

  it('are no expression while one looks at nothing', () => {
    expect(writeConditionSource({ all: [{ field: '', operator: 'equals', value: '' }] })).toBeNull();
    expect(writeConditionSource({ all: [] })).toBeNull();
  });

  it('hold where the same condition would', async () => {
    const holds = async (group: ConditionGroup) => evaluated(writeConditionSource(group) ?? '');
    expect(await holds({ all: [{ field: '{{trigger.n}}', operator: 'in', value: '2, 3' }] })).toBe(false);
    expect(await holds({ all: [{ field: '{{trigger.name}}', operator: 'in', value: 'Bob, Ada' }] })).toBe(true);
    expect(await holds({ all: [{ field: 'I am {{trigger.name}}', operator: 'equals', value: 'I am Ada' }] })).toBe(
      true,
    );
    expect(await holds({ all: [{ field: '{{trigger.n > 2 or false}}', operator: 'equals', value: true }] })).toBe(true);
    const missing = (operator: 'is_empty' | 'not_equals' | 'not_contains' | 'not_in', value = 'x') =>
      holds({ any: [{ field: '{{trigger.gone}}', operator, value }] });
    for (const operator of ['is_empty', 'not_equals', 'not_contains', 'not_in'] as const) {
      expect(await missing(operator), operator).toBe(true);
    }
  });
});
