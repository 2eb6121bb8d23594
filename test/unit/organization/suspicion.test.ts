import { describe, expect, it } from 'vitest';
import {
  addDenial,
  COUNTRIES,
  type Denials,
  forgottenAt,
  isUnusualSpend,
  MANY_DENIALS,
  MANY_NETWORKS,
  NETWORKS,
  type Seen,
  see,
  withSpend,
} from '../../../durable-objects/organization/suspicion.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('what was seen before', () => {
  it('is noted once, and again only when it is about to be forgotten or a day has passed', () => {
    const first = see({}, 'DE', 0, COUNTRIES);
    expect(first).toMatchObject({ before: 0, known: false, changed: true, seen: { DE: 0 } });
    expect(see(first.seen, 'DE', DAY - 1, COUNTRIES)).toMatchObject({ known: true, changed: false });
    expect(see(first.seen, 'DE', DAY, COUNTRIES)).toMatchObject({ known: true, changed: true, seen: { DE: DAY } });
    expect(see(first.seen, 'FR', 1, COUNTRIES)).toMatchObject({ before: 1, known: false, seen: { DE: 0, FR: 1 } });
  });

  it('is forgotten in time: an hour for networks, ninety days for countries', () => {
    const { seen } = see({}, '203.0.113.1', 0, NETWORKS);
    expect(forgottenAt(seen, NETWORKS)).toBe(HOUR);
    expect(see(seen, '203.0.113.2', HOUR - 1, NETWORKS).before).toBe(1);
    expect(see(seen, '203.0.113.2', HOUR, NETWORKS)).toMatchObject({ before: 0, seen: { '203.0.113.2': HOUR } });
    expect(see({ DE: 0 }, 'DE', 90 * DAY, COUNTRIES)).toMatchObject({ before: 0, known: false });
  });

  it('never grows past what is kept, and is not written again and again', () => {
    let seen: Seen = {};
    let writes = 0;
    for (let network = 0; network < 1000; network++) {
      const result = see(seen, `n${network}`, network, NETWORKS);
      seen = result.seen;
      if (result.changed) writes++;
    }
    expect(Object.keys(seen)).toHaveLength(MANY_NETWORKS);
    expect(writes).toBe(MANY_NETWORKS);
    expect(see(seen, 'n1000', HOUR, NETWORKS)).toMatchObject({ changed: true, before: MANY_NETWORKS - 1 });
  });
});

describe('denials', () => {
  const level = (times: number, each: number) => {
    let denials: Denials = { level: 0, at: 0 };
    for (let denial = 0; denial < times; denial++) denials = addDenial(denials, denial * each);
    return denials.level;
  };

  it('are many when they come close together', () => {
    expect(level(MANY_DENIALS, 0)).toBe(MANY_DENIALS);
    expect(level(30, 5000)).toBeGreaterThan(MANY_DENIALS);
  });

  it('are few when they come now and then, however long', () => {
    expect(level(10_000, 15_000)).toBe(1);
    expect(level(MANY_DENIALS, 1000)).toBeLessThan(MANY_DENIALS);
  });
});

describe('spend', () => {
  it('is unusual far above the mean of the days before, and never as a trifle or without days to compare', () => {
    const usual = [2e6, 1e6, 3e6];
    expect(isUnusualSpend(10e6 + 1, usual)).toBe(true);
    expect(isUnusualSpend(10e6, usual)).toBe(false);
    expect(isUnusualSpend(100e6, usual.slice(1))).toBe(false);
    expect(isUnusualSpend(999_999, [1, 1, 1])).toBe(false);
  });

  it('keeps the newest days', () => {
    let days: Seen = {};
    for (let day = 10; day < 30; day++) days = withSpend(days, `2026-11-${day}`, 5, 8);
    days = withSpend(days, '2026-11-29', 7, 8);
    expect(Object.keys(days).sort()).toEqual(Array.from({ length: 8 }, (_, index) => `2026-11-${22 + index}`));
    expect(days['2026-11-29']).toBe(12);
  });
});
