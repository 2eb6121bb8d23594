import { hunksOf } from '@agentflow/agent-files';
import { expect, test } from 'vitest';
import { stretchesOfHunks } from '../../../../web/src/features/proposals/diff-lines.ts';

function cut(before: string, after: string): [string, string][] {
  return stretchesOfHunks(before, after, hunksOf(before, after)).map(({ fromA, toA, fromB, toB }) => [
    before.slice(fromA, toA),
    after.slice(fromB, toB),
  ]);
}

test.each([
  [
    'changed lines',
    'a\nb\nc\nd',
    'a\nB\nc\nD',
    [
      ['b\n', 'B\n'],
      ['d', 'D'],
    ],
  ],
  ['lines put in', 'a\nc\n', 'a\nb\nc\n', [['', 'b\n']]],
  ['lines taken away', 'a\nb\nc\n', 'a\nc\n', [['b\n', '']]],
  ['lines at the end', 'a\n', 'a\nb\n', [['', 'b\n']]],
])('%s are cut out of both texts', (_, before, after, expected) => {
  expect(cut(before, after)).toEqual(expected);
});

test('what is not changed stands between the stretches', () => {
  const [before, after] = ['one\ntwo\nthree\nfour\n', 'one\nTWO\nthree\nfour\nfive\n'];
  const stretches = stretchesOfHunks(before, after, hunksOf(before, after));
  let [a, b] = [0, 0];
  for (const stretch of stretches) {
    expect(before.slice(a, stretch.fromA)).toBe(after.slice(b, stretch.fromB));
    [a, b] = [stretch.toA, stretch.toB];
  }
  expect(before.slice(a)).toBe(after.slice(b));
});
