import type { AgentTest, ExecutionStatus, JsonValue } from '@agentflow/contracts';
import { checkTest } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

const check = (expected: AgentTest['expect'], output: JsonValue | null, status: ExecutionStatus = 'completed') =>
  checkTest(expected, { status, output });

describe('a test case', () => {
  it('that expects nothing passes when the execution completes', () => {
    expect(check(undefined, null)).toEqual([]);
    expect(check({}, { a: 1 })).toEqual([]);
    expect(check(undefined, null, 'failed')).toEqual([{ path: 'status', expected: 'completed', actual: 'failed' }]);
    expect(check({ output: 1 }, null, 'cancelled')).toHaveLength(1);
  });

  it('may expect a failure', () => {
    expect(check({ status: 'failed' }, null, 'failed')).toEqual([]);
    expect(check({ status: 'failed' }, { a: 1 })).toEqual([
      { path: 'status', expected: 'failed', actual: 'completed' },
    ]);
  });

  it('names every place whose value is another', () => {
    const output = { category: 'billing', amount: 12, lines: [{ sku: 'a', count: 1 }], more: true };
    expect(check({ output: { category: 'billing', lines: [{ sku: 'a' }] } }, output)).toEqual([]);
    expect(check({ output: { category: 'tech', amount: '12', owner: null } }, output)).toEqual([
      { path: 'output.category', expected: 'tech', actual: 'billing' },
      { path: 'output.amount', expected: '12', actual: 12 },
      { path: 'output.owner', expected: null, actual: undefined },
    ]);
  });

  it('wants lists of the same length in the same order', () => {
    expect(check({ output: [1, 2] }, [1, 2])).toEqual([]);
    expect(check({ output: [1, 2] }, [2, 1])).toHaveLength(2);
    expect(check({ output: [1] }, [1, 2])).toEqual([{ path: 'output', expected: [1], actual: [1, 2] }]);
    expect(check({ output: { 0: 1 } }, [1])).toHaveLength(1);
  });

  it('looks at own members only', () => {
    expect(check({ output: { toString: null } }, {})).toEqual([
      { path: 'output.toString', expected: null, actual: undefined },
    ]);
  });

  it('finds a text anywhere in the output, not in its names', () => {
    const output = { answer: { text: 'Your order 4711 is on its way' }, orders: [4711], found: true };
    expect(check({ contains: 'order 4711' }, output)).toEqual([]);
    expect(check({ contains: '4711' }, { orders: [4711] })).toEqual([]);
    expect(check({ contains: 'orders' }, output)).toEqual([{ path: 'contains', expected: 'orders', actual: output }]);
    expect(check({ contains: 'null' }, null)).toHaveLength(1);
  });
});
