import type { ConditionOperator, JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { completion, failure, step } from './step.ts';

async function holds(field: JsonValue, operator: ConditionOperator, value?: JsonValue): Promise<boolean> {
  const condition = { field, operator, ...(value === undefined ? {} : { value }) };
  const { output, handle } = await completion({ type: 'logic.if', config: { conditions: { all: [condition] } } });
  expect(handle).toBe(String((output as { result: boolean }).result));
  return handle === 'true';
}

describe('logic.if', () => {
  const cases: [JsonValue, ConditionOperator, JsonValue | undefined, boolean][] = [
    [5, 'equals', 5, true],
    ['5', 'equals', 5, true],
    [5, 'equals', '5.0', true],
    ['5', 'equals', '5.0', false],
    ['a', 'equals', 'A', false],
    [true, 'equals', 'true', true],
    [true, 'equals', 1, false],
    [null, 'equals', null, true],
    [null, 'equals', '', false],
    [null, 'equals', 0, false],
    [0, 'equals', '', false],
    [{ a: [1], b: 2 }, 'equals', { b: '2', a: [1] }, true],
    [{ a: 1 }, 'equals', { a: 1, b: 2 }, false],
    [{ a: 1, b: 1 }, 'equals', { a: 1, c: 1 }, false],
    [[1, 2], 'equals', [1, 2], true],
    [[1, 2], 'equals', [2, 1], false],
    [[1], 'equals', { 0: 1 }, false],
    ['a', 'not_equals', 'b', true],
    ['5', 'not_equals', 5, false],
    ['refund please', 'contains', 'refund', true],
    ['refund', 'contains', 'Refund', false],
    [['a', '5'], 'contains', 5, true],
    [{ a: 1 }, 'contains', 'a', true],
    [{ a: 1 }, 'contains', 'constructor', false],
    [125, 'contains', 2, true],
    [null, 'contains', '', false],
    ['abc', 'not_contains', 'x', true],
    [['a'], 'not_contains', 'a', false],
    ['abc', 'starts_with', 'ab', true],
    ['abc', 'starts_with', 'bc', false],
    [null, 'starts_with', '', false],
    ['abc', 'ends_with', 'bc', true],
    [null, 'ends_with', '', false],
    ['ticket-123', 'matches', '^ticket-\\d+$', true],
    ['ticket', 'matches', '\\d', false],
    [123, 'matches', '^\\d{3}$', true],
    [null, 'matches', '.*', false],
    [10, 'greater_than', 9, true],
    ['10', 'greater_than', '9', true],
    ['1e3', 'greater_than', 999, true],
    ['b', 'greater_than', 'a', true],
    ['2025-02-01', 'less_than', '2025-10-01', true],
    [5, 'greater_than', 5, false],
    [5, 'greater_or_equal', '5', true],
    [4, 'less_than', 5, true],
    [5, 'less_or_equal', 5, true],
    [null, 'less_than', 5, false],
    [null, 'greater_or_equal', null, false],
    ['many', 'greater_than', 5, false],
    [true, 'greater_than', 0, false],
    ['a', 'in', ['a', 'b'], true],
    [5, 'in', ['5'], true],
    ['b', 'in', 'a, b ,c', true],
    ['', 'in', 'a', false],
    ['a', 'in', { a: 1 }, false],
    ['x', 'not_in', ['a'], true],
    ['a', 'not_in', ['a'], false],
    [null, 'is_empty', undefined, true],
    ['  ', 'is_empty', undefined, true],
    [[], 'is_empty', undefined, true],
    [{}, 'is_empty', undefined, true],
    [0, 'is_empty', undefined, false],
    [false, 'is_empty', undefined, false],
    ['x', 'is_not_empty', undefined, true],
    [[], 'is_not_empty', undefined, false],
  ];
  it.each(cases)('%j %s %j: %s', async (field, operator, value, expected) => {
    expect(await holds(field, operator, value)).toBe(expected);
  });

  const yes = { field: 1, operator: 'equals', value: 1 };
  const no = { field: 1, operator: 'equals', value: 2 };
  const groups: [JsonValue, string][] = [
    [{ all: [yes, yes] }, 'true'],
    [{ all: [yes, no] }, 'false'],
    [{ any: [no, yes] }, 'true'],
    [{ any: [no, no] }, 'false'],
    [{ all: [yes, { any: [no, { all: [yes, yes] }] }] }, 'true'],
    [{ any: [no, { all: [yes, { any: [no] }] }] }, 'false'],
  ];
  it.each(groups)('%j: %s', async (conditions, handle) => {
    expect(await completion({ type: 'logic.if', config: { conditions } })).toMatchObject({
      handle,
      output: { result: handle === 'true' },
    });
  });

  it('reads what earlier nodes gave', async () => {
    const nodes = new Map([['classify', { output: { label: 'billing' } }]]);
    const conditions = { all: [{ field: '{{classify.output.label}}', operator: 'in', value: '{{trigger.labels}}' }] };
    const result = await completion({
      type: 'logic.if',
      config: { conditions },
      scope: { nodes, trigger: { labels: ['billing'] } },
    });
    expect(result.handle).toBe('true');
    expect(result.input).toMatchObject({ conditions: { all: [{ field: 'billing', value: ['billing'] }] } });
  });

  it('ends quickly on a pattern that would backtrack, and refuses one that must', async () => {
    expect(await holds(`${'a'.repeat(50_000)}b`, 'matches', '^(a+)+$')).toBe(false);
    const matches = (value: string, field = 'x') =>
      failure({ type: 'logic.if', config: { conditions: { any: [{ field, operator: 'matches', value }] } } });
    expect(await matches('(a)\\1')).toMatchObject({
      code: 'condition_invalid',
      message: expect.stringContaining('reference back'),
    });
    expect(await matches('[')).toMatchObject({ code: 'condition_invalid' });
    expect(await matches(`(${'a?'.repeat(30)}){100}$`, 'a'.repeat(300_000))).toMatchObject({
      code: 'condition_invalid',
    });
  }, 20_000);
});

describe('logic.switch', () => {
  const cases = [
    { handle: 'five', equals: 5 },
    { handle: 'billing', equals: 'billing' },
    { handle: 'object', equals: { a: [1] } },
    { handle: 'also_five', equals: '5' },
  ];
  it.each([
    [5, 'five'],
    ['5', 'five'],
    ['billing', 'billing'],
    ['Billing', 'default'],
    [{ a: [1] }, 'object'],
    [null, 'default'],
  ] as [JsonValue, string][])('%j leaves by %s', async (value, handle) => {
    const result = await completion({ type: 'logic.switch', config: { value, cases } });
    expect(result).toMatchObject({ handle, output: { case: handle, value } });
  });
});

describe('logic.merge', () => {
  const inputs = [
    { node_id: 'a', output: { x: 1, y: 1 } },
    { node_id: 'b', output: [1, 2] },
    { node_id: 'c', output: { y: 2 } },
    { node_id: 'd', output: 'text' },
  ];
  it('brings inputs together by node, as a list, or as fields', async () => {
    const merged = async (config: Record<string, JsonValue>) =>
      (await completion({ type: 'logic.merge', config, inputs })).output;
    expect(await merged({})).toEqual({ a: { x: 1, y: 1 }, b: [1, 2], c: { y: 2 }, d: 'text' });
    expect(await merged({ combine: 'append' })).toEqual([{ x: 1, y: 1 }, 1, 2, { y: 2 }, 'text']);
    expect(await merged({ combine: 'combine' })).toEqual({ x: 1, y: 2, b: [1, 2], d: 'text' });
    expect((await completion({ type: 'logic.merge' })).output).toEqual({});
  });

  it('keeps prototypes out of what it combines', async () => {
    const evil = [{ node_id: 'a', output: JSON.parse('{"__proto__": {"polluted": true}}') }];
    const { output } = await completion({ type: 'logic.merge', config: { combine: 'combine' }, inputs: evil });
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('logic.transform', () => {
  it('computes with bare JSONata', async () => {
    const config = { expression: '{ "total": $sum(trigger.items.price) }' };
    const result = await completion({
      type: 'logic.transform',
      config,
      scope: { trigger: { items: [{ price: 2 }, { price: 3 }] } },
    });
    expect(result).toMatchObject({ output: { total: 5 }, input: config });
  });

  it('does not read braces in its expression as a template', async () => {
    expect((await completion({ type: 'logic.transform', config: { expression: '"{{trigger.x}}"' } })).output).toBe(
      '{{trigger.x}}',
    );
  });

  it('fails in words', async () => {
    const fails = (expression: string) => failure({ type: 'logic.transform', config: { expression } });
    expect(await fails('$sum(')).toMatchObject({
      code: 'expression_syntax',
      message: expect.stringContaining('expression: '),
      retryable: false,
    });
    expect(await fails('($f := function() { $f() }; $f())')).toMatchObject({ code: 'expression_limit' });
    expect(await fails('$sum')).toMatchObject({ code: 'expression_result' });
  });
});

describe('logic.stop', () => {
  const inputs = [{ node_id: 'a', output: { x: 1 } }];
  const stopped = async (config: Record<string, JsonValue>, given = inputs) =>
    (await step({ type: 'logic.stop', config, inputs: given })).result;

  it('ends with its own output and message', async () => {
    expect(await stopped({ output: { route: 'billing' }, message: 'done' })).toEqual({
      kind: 'stopped',
      input: { status: 'completed', output: { route: 'billing' }, message: 'done' },
      status: 'completed',
      output: { route: 'billing' },
      message: 'done',
    });
    expect(await stopped({ status: 'failed', output: null })).toMatchObject({
      status: 'failed',
      output: null,
      message: '',
    });
  });

  it('ends with what came in where it has no output of its own', async () => {
    expect(await stopped({})).toMatchObject({ output: { x: 1 } });
    expect(await stopped({}, [])).toMatchObject({ output: null });
    expect(await stopped({}, [...inputs, { node_id: 'b', output: { x: 2 } }])).toMatchObject({
      output: { a: { x: 1 }, b: { x: 2 } },
    });
  });
});
