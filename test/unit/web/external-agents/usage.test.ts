import type { Usage } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  groupName,
  groupStart,
  groupTitle,
  usagePeriod,
  usageSeries,
} from '../../../../web/src/features/usage/usage-series.ts';

const NOW = Date.parse('2026-06-10T14:20:30.000Z');

describe('usagePeriod', () => {
  it('ends now and begins with the day that many days ago', () => {
    expect(usagePeriod('7d', {}, NOW)).toEqual({
      from: '2026-06-04T00:00:00.000Z',
      to: '2026-06-10T14:21:00.000Z',
      group_by: 'day',
    });
    expect(usagePeriod('30d', {}, NOW).from).toBe('2026-05-12T00:00:00.000Z');
  });

  it('groups a chosen time so that neither one point nor hundreds are drawn', () => {
    const chosen = (from: string, to: string) => usagePeriod('custom', { from, to }, NOW);
    expect(chosen('2026-06-09T00:00:00.000Z', '2026-06-09T23:59:59.999Z').group_by).toBe('hour');
    expect(chosen('2026-04-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z').group_by).toBe('day');
    expect(chosen('2025-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z').group_by).toBe('week');
  });

  it('asks for no time that lies ahead, nor for one that ends before it begins', () => {
    const { from, to } = usagePeriod(
      'custom',
      { from: '2026-06-12T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' },
      NOW,
    );
    expect(to).toBe('2026-06-10T14:21:00.000Z');
    expect(from <= to).toBe(true);
  });
});

describe('usageSeries', () => {
  const group = (at: string, cost_usd: number) => ({
    at,
    invocations: 2,
    success: 2,
    error: 0,
    running: 0,
    throttled: 0,
    denied: 0,
    cost_usd,
    average_latency_ms: 100,
  });

  it('has a point for every day, also where nothing happened, and adds up what was spent', () => {
    const usage: Pick<Usage, 'from' | 'to' | 'group_by' | 'groups'> = {
      from: '2026-06-07T10:00:00.000Z',
      to: '2026-06-10T09:00:00.000Z',
      group_by: 'day',
      groups: [group('2026-06-08T00:00:00.000Z', 0.5), group('2026-06-10T00:00:00.000Z', 0.25)],
    };
    const points = usageSeries(usage);
    expect(points.map(({ at, success, spent_usd }) => [at.slice(0, 10), success, spent_usd])).toEqual([
      ['2026-06-07', 0, 0],
      ['2026-06-08', 2, 0.5],
      ['2026-06-09', 0, 0.5],
      ['2026-06-10', 2, 0.75],
    ]);
    expect(points[0]?.average_latency_ms).toBeNull();
  });

  it('begins weeks on Monday, in UTC', () => {
    const start = (at: string) => new Date(groupStart(Date.parse(at), 'week')).toISOString();
    expect(start('2026-06-10T14:20:00.000Z')).toBe('2026-06-08T00:00:00.000Z');
    expect(start('2026-06-08T00:00:00.000Z')).toBe('2026-06-08T00:00:00.000Z');
    expect(start('2026-06-07T23:59:59.000Z')).toBe('2026-06-01T00:00:00.000Z');
  });
});

describe('groupName', () => {
  it('names a group in UTC', () => {
    expect(groupName('2026-06-10T14:00:00.000Z', 'hour')).toBe('14:00');
    expect(groupTitle('2026-06-10T14:00:00.000Z', 'hour')).toBe('Jun 10, 14:00 UTC');
    expect(groupName('2026-06-08T00:00:00.000Z', 'week')).toBe('week of Jun 8');
  });
});
