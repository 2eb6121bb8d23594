import type { Execution } from '@agentflow/contracts';
import { expect, it } from 'vitest';
import {
  createTestResults,
  readTest,
  resultOf,
  tallyOf,
} from '../../../../web/src/features/builder/tests/test-results.ts';

const definition = { nodes: [], edges: [] };
const execution = (status: Execution['status'], output: Execution['output'] = null) =>
  ({ id: 'exe_1', status, output, error: null }) as Execution;

it('a test passes when its execution ends as expected', () => {
  const test = { input: {}, expect: { output: { a: 1 } } };
  expect(resultOf(test, execution('running'), definition).kind).toBe('running');
  expect(resultOf(test, execution('completed', { a: 1, b: 2 }), definition)).toMatchObject({ differences: [] });
  expect(resultOf(test, execution('completed', { a: 2 }), definition)).toMatchObject({
    kind: 'ended',
    differences: [{ path: 'output.a', expected: 1, actual: 2 }],
  });
});

it('what is no test case is told in words', () => {
  expect(readTest({ input: { a: 1 } })).toEqual({ input: { a: 1 } });
  expect(readTest({ input: 'text' })).toMatch(/^input: /);
  expect(readTest({ inputs: {} })).toEqual(expect.any(String));
});

it('results are counted over the cases that there are', () => {
  const store = createTestResults();
  const { set } = store.getState();
  set('passes', resultOf({ input: {} }, execution('completed'), definition));
  set('fails', resultOf({ input: {} }, execution('failed'), definition));
  set('broken', { kind: 'refused', error: new Error('no') });
  set('runs', { kind: 'starting' });
  set('gone', resultOf({ input: {} }, execution('completed'), definition));
  expect(tallyOf(['passes', 'fails', 'broken', 'runs', 'new'], store.getState().results)).toEqual({
    passed: 1,
    failed: 2,
    running: 1,
  });
});
