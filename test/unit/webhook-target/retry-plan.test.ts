import { DEFAULT_RETRY_SECONDS } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { conform, Window } from '../../../durable-objects/webhook-target/pace.ts';
import { pauseFor, planLength, retryAfter, waitAfter } from '../../../durable-objects/webhook-target/retry-plan.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

describe('the retry plan', () => {
  it('waits as long as it says, give or take a tenth, and ends', () => {
    for (const [index, seconds] of DEFAULT_RETRY_SECONDS.entries()) {
      expect(waitAfter(index + 1, DEFAULT_RETRY_SECONDS, 0)).toBe(seconds * 900);
      expect(waitAfter(index + 1, DEFAULT_RETRY_SECONDS, 0.5)).toBe(seconds * 1000);
      expect(waitAfter(index + 1, DEFAULT_RETRY_SECONDS, 1)).toBe(seconds * 1100);
    }
    expect(waitAfter(DEFAULT_RETRY_SECONDS.length + 1, DEFAULT_RETRY_SECONDS, 0.5)).toBeNull();
    expect(waitAfter(1, [], 0.5)).toBeNull();
    expect(planLength([1, 2])).toBe(3000);
  });

  it.each([
    ['12', 12_000],
    [' 0 ', 0],
    ['1.5', 1500],
    ['999999999', DAY_MS],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['Sat, 01 Jan 2028 00:00:00 GMT', DAY_MS],
    ['soon', null],
    ['', null],
    [null, null],
  ])('understands Retry-After: %s', (header, wanted) => {
    expect(retryAfter(header, NOW)).toBe(wanted);
  });

  it('leaves alone ever longer who goes on asking for it, at most a day', () => {
    expect([1, 2, 3, 4].map((times) => pauseFor(0, times))).toEqual([1000, 2000, 4000, 8000]);
    expect(pauseFor(60_000, 2)).toBe(60_000);
    expect(pauseFor(0, 1000)).toBe(256_000);
    expect(pauseFor(9 * DAY_MS, 1)).toBe(DAY_MS);
    // Who took what it got has said for how long.
    expect(pauseFor(300, 0)).toBe(300);
  });
});

describe('the rate', () => {
  /** How many are let go in so many milliseconds, asked every few. */
  function letGo(perSecond: number, ms: number): number {
    let [arrival, count] = [0, 0];
    for (let now = NOW; now < NOW + ms; now += 3) {
      const step = conform(arrival, perSecond, 10, now);
      arrival = step.arrival;
      count += step.allowed;
    }
    return count;
  }

  it.each([1, 5, 30, 100])('%i a second is kept to, with a tenth of it at once', (perSecond) => {
    expect(letGo(perSecond, 10_000)).toBeGreaterThanOrEqual(10 * perSecond - 1);
    expect(letGo(perSecond, 10_000)).toBeLessThanOrEqual(10 * perSecond + Math.max(1, perSecond / 10));
  });

  it('says when the next one may go', () => {
    const { allowed, arrival, next_at } = conform(0, 2, 10, NOW);
    expect([allowed, next_at]).toEqual([1, NOW + 500]);
    expect(conform(arrival, 2, 10, next_at - 1).allowed).toBe(0);
    expect(conform(arrival, 2, 10, next_at).allowed).toBe(1);
    expect(conform(0, null, 7, NOW).allowed).toBe(7);
  });
});

describe('the window', () => {
  it('is ten, one for an ordered target, and one after the receiver asked to wait, until it takes again', () => {
    const window = new Window();
    expect([window.room(0, false), window.room(4, false), window.room(0, true), window.room(1, true)]).toEqual([
      10, 6, 1, 0,
    ]);
    window.refused();
    expect(window.room(0, false)).toBe(1);
    window.succeeded();
    expect(window.room(0, false)).toBe(2);
    for (let success = 0; success < 20; success++) window.succeeded();
    expect(window.room(0, false)).toBe(10);
  });
});
