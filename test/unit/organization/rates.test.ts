import { type RateLimits, rateLimits } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  type CountedSubject,
  checkRates,
  limitStates,
  meaninglessAt,
  NO_REQUESTS,
  type RateRow,
} from '../../../durable-objects/organization/rates.ts';
import { seeded } from '../engine/scheduler/simulate.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 21, 12);

function subjectOf(limits: Partial<RateLimits>, row: RateRow = NO_REQUESTS, name = 'key:1'): CountedSubject {
  return {
    subject: name,
    policy: 'key',
    what: 'start',
    who: 'for this API key',
    limits: { minute: null, hour: null, day: null, ...limits },
    row,
  };
}

/** One subject whose requests are decided one after the other. */
function counter(limits: Partial<RateLimits>) {
  let row = NO_REQUESTS;
  return (now: number) => {
    const check = checkRates([subjectOf(limits, row)], now);
    if (check.ok) row = check.counted[0] as RateRow;
    return check;
  };
}

/**
 * What the limits mean, said without any bucket: from any earlier request on, no more than the burst and what the time
 * since then gives; and no more in an hour or a day than its quota.
 */
function fits(limits: RateLimits, accepted: readonly number[], now: number): boolean {
  const { minute, hour, day } = limits;
  if (minute !== null) {
    const burst = limits.burst ?? minute;
    for (const [index, since] of [...accepted, now].entries()) {
      const requests = accepted.length + 1 - index;
      if (requests * MINUTE > burst * MINUTE + (now - since) * minute) return false;
    }
  }
  const within = (length: number) =>
    accepted.filter((at) => Math.floor(at / length) === Math.floor(now / length)).length;
  if (hour !== null && within(HOUR) >= hour) return false;
  return day === null || within(DAY) < day;
}

function someLimits(random: () => number): RateLimits {
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const minute = random() < 0.7 ? upTo(30) : null;
  const hour = random() < 0.5 ? (minute ?? 0) + upTo(40) : null;
  const day = random() < 0.4 ? Math.max(minute ?? 0, hour ?? 0) + upTo(60) : null;
  const burst = minute !== null && random() < 0.5 ? { burst: upTo(minute) } : {};
  return rateLimits.parse({ minute, hour, day, ...burst });
}

function laterBy(random: () => number): number {
  const kind = random();
  if (kind < 0.4) return 0;
  if (kind < 0.7) return Math.floor(random() * 50);
  if (kind < 0.95) return Math.floor(random() * 5000);
  return Math.floor(random() * 20 * MINUTE);
}

describe('rates', () => {
  it('let in exactly what fits, for any limits and any times, also when rows are deleted that say nothing any more', () => {
    for (let seed = 0; seed < 400; seed++) {
      const random = seeded(seed);
      const limits = someLimits(random);
      const accepted: number[] = [];
      let row: RateRow | null = null;
      let now = NOON + Math.floor(random() * DAY);
      for (let request = 0; request < 150; request++) {
        now += laterBy(random);
        if (row !== null && meaninglessAt(row, limits) <= now) row = null;
        const check = checkRates([subjectOf(limits, row ?? NO_REQUESTS)], now);
        expect(check.ok, `seed ${seed}, request ${request}, ${JSON.stringify(limits)}`).toBe(
          fits(limits, accepted, now),
        );
        if (!check.ok) continue;
        accepted.push(now);
        row = check.counted[0] as RateRow;
      }
    }
  });

  it('say exactly when a refused request would fit', () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seeded(seed);
      const limits = someLimits(random);
      let now = NOON + Math.floor(random() * DAY);
      let row = NO_REQUESTS;
      for (let request = 0; request < 80; request++) {
        now += laterBy(random);
        const check = checkRates([subjectOf(limits, row)], now);
        if (check.ok) {
          row = check.counted[0] as RateRow;
          continue;
        }
        const at = (seconds: number) => checkRates([subjectOf(limits, row)], now + seconds * 1000).ok;
        expect(check.retry_after_seconds).toBeGreaterThan(0);
        expect(at(check.retry_after_seconds - 1), `seed ${seed}`).toBe(false);
        expect(at(check.retry_after_seconds), `seed ${seed}`).toBe(true);
      }
    }
  });

  it('tell what is left: requests that do fit, and one more that does not', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seeded(seed);
      const limits = someLimits(random);
      const ask = counter(limits);
      let now = NOON;
      for (let request = 0; request < 30; request++) {
        now += laterBy(random);
        ask(now);
      }
      const check = ask(now);
      if (!check.ok || check.limits.length === 0) continue;
      const left = Math.min(...check.limits.map(({ remaining }) => remaining)) - 1;
      for (let request = 0; request < left; request++) expect(ask(now).ok, `seed ${seed}`).toBe(true);
      expect(ask(now).ok, `seed ${seed}`).toBe(false);
    }
  });

  it('count a request on every subject or on none', () => {
    const wide = subjectOf({ hour: 10 }, NO_REQUESTS, 'key:1');
    const narrow = subjectOf({ hour: 1 }, NO_REQUESTS, 'ip:1');
    const first = checkRates([wide, narrow], NOON);
    if (!first.ok) throw new Error('refused');
    const [wideRow, narrowRow] = first.counted as [RateRow, RateRow];
    expect(wideRow.hour_used).toBe(1);
    const second = checkRates(
      [
        { ...wide, row: wideRow },
        { ...narrow, row: narrowRow },
      ],
      NOON,
    );
    expect(second).toEqual({
      ok: false,
      detail: 'The limit is 1 start an hour for this API key.',
      retry_after_seconds: 3600,
      limits: [
        { policy: 'key-hour', quota: 1, window_seconds: 3600, remaining: 0, reset_seconds: 3600 },
        { policy: 'key-hour', quota: 10, window_seconds: 3600, remaining: 9, reset_seconds: 3600 },
      ],
    });
  });

  it('wait as long as the longest of the limits that refuse', () => {
    const ask = counter({ minute: 1, hour: 1, day: 1 });
    expect(ask(NOON).ok).toBe(true);
    expect(ask(NOON + 1000)).toMatchObject({
      ok: false,
      detail: 'The limit is 1 start a day for this API key.',
      retry_after_seconds: 12 * 3600 - 1,
    });
  });

  it('give a full burst at once, then one at a time', () => {
    const ask = counter({ minute: 60, burst: 5 });
    expect(Array.from({ length: 8 }, () => ask(NOON).ok)).toEqual([true, true, true, true, true, false, false, false]);
    expect(ask(NOON + 999).ok).toBe(false);
    expect(ask(NOON + 1000).ok).toBe(true);
    expect(ask(NOON + 1000)).toMatchObject({ ok: false, retry_after_seconds: 1 });
  });

  it('begin anew with the hour and the day of UTC', () => {
    const ask = counter({ hour: 2, day: 3 });
    const late = NOON + HOUR - 1;
    expect([ask(late).ok, ask(late).ok, ask(late).ok]).toEqual([true, true, false]);
    expect([ask(late + 1).ok, ask(late + 1).ok]).toEqual([true, false]);
    expect(ask(NOON + 12 * HOUR - 1).ok).toBe(false);
    expect(ask(NOON + 12 * HOUR).ok).toBe(true);
  });

  it('let nobody in twice when the clock goes back', () => {
    const ask = counter({ minute: 1, hour: 2 });
    expect(ask(NOON).ok).toBe(true);
    expect(ask(NOON - 5000).ok).toBe(false);
    expect(ask(NOON + MINUTE).ok).toBe(true);
    expect(ask(NOON - 1).ok).toBe(false);
  });

  it('go by the limits of now when they are changed', () => {
    const row = { ...NO_REQUESTS, level: 10 * MINUTE, poured_at: NOON, hour_start: NOON, hour_used: 10 };
    expect(checkRates([subjectOf({ minute: 10 }, row)], NOON).ok).toBe(false);
    expect(checkRates([subjectOf({ minute: 20 }, row)], NOON)).toMatchObject({ ok: true, limits: [{ remaining: 10 }] });
    expect(checkRates([subjectOf({ hour: 5 }, row)], NOON)).toMatchObject({ ok: false, limits: [{ remaining: 0 }] });
    expect(limitStates([subjectOf({}, row)], [row], NOON)).toEqual([]);
  });

  it('keep no more rows than there are subjects at a time, over a million decisions', () => {
    const random = seeded(1);
    const limits = rateLimits.parse({ minute: 60, hour: 100 });
    const rows = new Map<string, { row: RateRow; until: number }>();
    let most = 0;
    let now = NOON;
    for (let decision = 0; decision < 1_000_000; decision++) {
      if (decision % 100_000 === 0) {
        // The alarm's turn, in the next hour.
        now += HOUR;
        for (const [name, { until }] of rows) if (until <= now) rows.delete(name);
      }
      const name = `key:${Math.floor(decision / 100_000)}-${Math.floor(random() * 1000)}`;
      const check = checkRates([subjectOf(limits, rows.get(name)?.row, name)], now);
      if (!check.ok) continue;
      const row = check.counted[0] as RateRow;
      rows.set(name, { row, until: meaninglessAt(row, limits) });
      most = Math.max(most, rows.size);
    }
    expect(most).toBe(1000);
  });
});

describe('limits', () => {
  const refused = (limits: unknown) =>
    rateLimits.safeParse(limits).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('are refused with the field that is wrong', () => {
    expect(refused({ minute: 100, hour: 50 })).toEqual(['minute: allows more than the whole hour (50)']);
    expect(refused({ minute: 100, day: 50 })).toEqual(['minute: allows more than the whole day (50)']);
    expect(refused({ minute: 10, hour: 100, day: 50 })).toEqual(['hour: allows more than the whole day (50)']);
    expect(refused({ minute: 10, burst: 11 })).toEqual(['burst: is more than the 10 of a minute']);
    expect(refused({ hour: 10, burst: 2 })?.[0]).toMatch(/^burst: /);
    for (const wrong of [0, -1, 1.5, 1e12, '5', Number.NaN])
      expect(refused({ minute: wrong })?.[0]).toMatch(/^minute: /);
    expect(refused({ second: 1 })).toHaveLength(1);
    expect(refused({ minute: 10, hour: 10, day: 10, burst: 10 })).toBeUndefined();
  });
});
