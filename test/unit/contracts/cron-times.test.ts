import { cronInWords, nextCronTimes } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';

function next(cron: string, timeZone: string, after: string, count = 3): string[] {
  return nextCronTimes(cron, timeZone, Date.parse(after), count).map((at) => new Date(at).toISOString());
}

describe('the next times of a cron expression', () => {
  it('are those of the time zone', () => {
    expect(next('0 9 * * mon-fri', 'Europe/Berlin', '2026-11-20T10:00:00Z')).toEqual([
      '2026-11-23T08:00:00.000Z',
      '2026-11-24T08:00:00.000Z',
      '2026-11-25T08:00:00.000Z',
    ]);
    expect(next('30 */8 * * *', 'America/New_York', '2026-07-01T00:00:00Z', 2)).toEqual([
      '2026-07-01T04:30:00.000Z',
      '2026-07-01T12:30:00.000Z',
    ]);
  });

  it('begin after the moment itself', () => {
    expect(next('0 * * * *', 'UTC', '2026-01-01T10:00:00Z', 1)).toEqual(['2026-01-01T11:00:00.000Z']);
    expect(next('*/15 * * * *', 'UTC', '2026-01-01T10:07:30Z', 2)).toEqual([
      '2026-01-01T10:15:00.000Z',
      '2026-01-01T10:30:00.000Z',
    ]);
  });

  it('match by date or weekday where both are given', () => {
    // 2026-06-01 is a Monday.
    expect(next('0 0 15 * mon', 'UTC', '2026-06-01T00:00:00Z')).toEqual([
      '2026-06-08T00:00:00.000Z',
      '2026-06-15T00:00:00.000Z',
      '2026-06-22T00:00:00.000Z',
    ]);
  });

  it('come an hour later where clocks skip them, and once where clocks repeat them', () => {
    // Berlin, 2026-03-29: 02:00 to 03:00 is skipped; 2026-10-25: 02:00 to 03:00 comes twice.
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('look ahead to the next leap year, and find none where there is none', () => {
    expect(next('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00:00.000Z']);
    expect(next('0 0 31 2 *', 'UTC', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });

  it('take Sunday as 0 and as 7', () => {
    expect(next('0 0 * * 7', 'UTC', '2026-06-01T00:00:00Z', 1)).toEqual(
      next('0 0 * * 0', 'UTC', '2026-06-01T00:00:00Z', 1),
    );
  });
});

describe('a cron expression in words', () => {
  it.each([
    ['0 9 * * mon-fri', 'At 09:00, Monday to Friday'],
    ['*/15 * * * *', 'Every 15 minutes, every day'],
    ['* * * * *', 'Every minute, every day'],
    ['0 * * * *', 'At minute 0 of every hour, every day'],
    ['0 8,20 1 * *', 'At 08:00 and 20:00, on day 1 of the month'],
    ['0 0 1 jan,jul *', 'At 00:00, on day 1 of the month in January and July'],
    ['5 */2 * * sun', 'At minute 5 of every 2nd hour, Sunday'],
    ['0 0 13 * 5', 'At 00:00, on day 13 of the month and on Friday'],
  ])('%s: %s', (cron, words) => {
    expect(cronInWords(cron)).toBe(words);
  });
});
