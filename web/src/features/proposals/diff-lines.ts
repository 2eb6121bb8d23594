import type { Hunk } from '@agentflow/agent-files';

/** A stretch of each text that a hunk is about, in characters. */
export interface Stretch {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** Where each line begins. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function rangeOf(text: string, starts: readonly number[], first: number, count: number): [number, number] {
  const from = starts[first - 1] ?? text.length;
  const to = starts[first - 1 + count] ?? text.length;
  return [from, to];
}

/** The hunks as stretches of both texts, in order. */
export function stretchesOfHunks(before: string, after: string, hunks: readonly Hunk[]): Stretch[] {
  const [startsA, startsB] = [lineStarts(before), lineStarts(after)];
  return hunks.map((hunk) => {
    const [fromA, toA] = rangeOf(before, startsA, hunk.before_start, hunk.before.length);
    const [fromB, toB] = rangeOf(after, startsB, hunk.after_start, hunk.after.length);
    return { fromA, toA, fromB, toB };
  });
}
