import type { Usage } from '@agentflow/contracts';

export type UsageRange = '7d' | '30d' | 'custom';
export type UsageGroup = Usage['groups'][number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEP_MS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS } as const;
/** The most points that a line is drawn of. */
const MOST_HOURS_MS = 3 * DAY_MS;
const MOST_DAYS_MS = 92 * DAY_MS;

export interface UsagePeriod {
  readonly from: string;
  readonly to: string;
  readonly group_by: Usage['group_by'];
}

/** What is asked for: days end with the running one, and long times are grouped more coarsely. */
export function usagePeriod(range: UsageRange, custom: { from?: string; to?: string }, now: number): UsagePeriod {
  // To the minute, so that the same question is asked by all renderings of it.
  const until = Math.ceil(now / 60_000) * 60_000;
  const days = range === '30d' ? 30 : 7;
  const to = range === 'custom' && custom.to !== undefined ? Math.min(Date.parse(custom.to), until) : until;
  const from =
    range === 'custom' && custom.from !== undefined
      ? Math.min(Date.parse(custom.from), to)
      : Math.floor((to - (days - 1) * DAY_MS) / DAY_MS) * DAY_MS;
  const length = to - from;
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    group_by: length <= MOST_HOURS_MS ? 'hour' : length <= MOST_DAYS_MS ? 'day' : 'week',
  };
}

/** When the hour, day or week that holds a moment begins, as the API groups: in UTC, weeks from Monday. */
export function groupStart(at: number, by: Usage['group_by']): number {
  if (by !== 'week') return Math.floor(at / STEP_MS[by]) * STEP_MS[by];
  // The first of January 1970 was a Thursday.
  const monday = 4 * DAY_MS;
  return Math.floor((at - monday) / STEP_MS.week) * STEP_MS.week + monday;
}

const NOTHING = { invocations: 0, success: 0, error: 0, running: 0, throttled: 0, denied: 0, cost_usd: 0 };

export interface UsagePoint extends UsageGroup {
  /** All that was spent since the first point, this one included. */
  readonly spent_usd: number;
}

/** A point for every hour, day or week of the time, also where nothing happened. */
export function usageSeries({
  from,
  to,
  group_by,
  groups,
}: Pick<Usage, 'from' | 'to' | 'group_by' | 'groups'>): UsagePoint[] {
  const known = new Map(groups.map((group) => [Date.parse(group.at), group]));
  const points: UsagePoint[] = [];
  let spent = 0;
  for (let at = groupStart(Date.parse(from), group_by); at <= Date.parse(to); at += STEP_MS[group_by]) {
    const group = known.get(at) ?? { at: new Date(at).toISOString(), ...NOTHING, average_latency_ms: null };
    spent += group.cost_usd;
    points.push({ ...group, spent_usd: spent });
  }
  return points;
}

const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** `14:00`, `Nov 21`, `week of Nov 16`, in UTC as they are grouped. */
export function groupName(at: string, by: Usage['group_by']): string {
  const date = new Date(at);
  if (by === 'hour') return hour.format(date);
  return by === 'day' ? day.format(date) : `week of ${day.format(date)}`;
}

/** `Nov 21, 14:00` where hours of several days stand side by side. */
export function groupTitle(at: string, by: Usage['group_by']): string {
  return by === 'hour' ? `${day.format(new Date(at))}, ${groupName(at, by)} UTC` : groupName(at, by);
}
