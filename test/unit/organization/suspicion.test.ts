import { describe, expect, it } from 'vitest';
import {
  addDenial,
  COUNTRIES,
  type Denials,
  forgottenAt,
  MANY_DENIALS,
  MANY_NETWORKS,
  NETWORKS,
  type Seen,
  see,
  spend,
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
  const now = Date.UTC(2026, 10, 21, 12);
  const days = { '2026-11-18': 2e6, '2026-11-19': 1e6, '2026-11-20': 3e6 };

  it('is unusual far above the mean of the days before, and never as a trifle or without days to compare', () => {
    expect(spend(days, 10e6, now)).toMatchObject({ usual: 2e6, unusual: false });
    expect(spend(days, 10e6 + 1, now)).toMatchObject({ usual: 2e6, unusual: true });
    expect(spend({ '2026-11-19': 1, '2026-11-20': 1 }, 100e6, now)).toMatchObject({ usual: null, unusual: false });
    expect(spend({ '2026-11-18': 1, '2026-11-19': 1, '2026-11-20': 1 }, 999_999, now).unusual).toBe(false);
  });

  it('is compared with the last seven days, and kept no longer', () => {
    let kept: Seen = {};
    for (let day = 0; day < 30; day++) kept = spend(kept, 5 + day, now + day * DAY).days;
    expect(Object.values(kept)).toEqual([27, 28, 29, 30, 31, 32, 33, 34]);
    expect(spend(kept, 1, now + 60 * DAY)).toMatchObject({ usual: null, days: { '2027-01-20': 1 } });
    expect(spend({}, 1, now).forget_at).toBe(Date.UTC(2026, 10, 29));
  });

  it('is noted anew when it has grown by a twentieth', () => {
    const { days: noted } = spend({}, 100, now);
    expect(spend(noted, 105, now).changed).toBe(false);
    expect(spend(noted, 106, now).changed).toBe(true);
    expect(spend({}, 0, now).changed).toBe(false);
  });
});
