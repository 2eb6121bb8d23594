import type { RateLimits } from '@agentflow/contracts';
import type { LimitState } from './client.ts';

/**
 * Rates, as a pure function of rows and a clock. A minute's limit is GCRA in its leaky-bucket form (ITU-T I.371, annex A): a
 * request pours 60,000 in, the bucket loses the minute's quota each millisecond and holds the burst. All whole numbers,
 * so that nothing is lost to rounding. Hours and days are calendar windows in UTC.
 */
export interface RateRow {
  /** What is in the bucket at `poured_at`: a 60,000th of a request each. */
  readonly level: number;
  readonly poured_at: number;
  readonly hour_start: number;
  readonly hour_used: number;
  readonly day_start: number;
  readonly day_used: number;
}

/** Somebody or something whose requests are counted, and what they may. */
export interface RateSubject {
  /** Names its row. */
  readonly subject: string;
  /** Names it in headers, with the window: `key-minute`. */
  readonly policy: string;
  /** What is counted, and whose, as refusals tell it: `start`, `for this API key`. */
  readonly what: 'start' | 'request';
  readonly who: string;
  readonly limits: RateLimits;
}

export interface CountedSubject extends RateSubject {
  readonly row: RateRow;
}

export type RateCheck =
  /** `counted`: the rows with this request, in the order of the subjects; `limits` are still those without it. */
  | { readonly ok: true; readonly counted: readonly RateRow[]; readonly limits: readonly LimitState[] }
  | {
      readonly ok: false;
      readonly limits: readonly LimitState[];
      readonly detail: string;
      readonly retry_after_seconds: number;
    };

export const NO_REQUESTS: RateRow = {
  level: 0,
  poured_at: 0,
  hour_start: 0,
  hour_used: 0,
  day_start: 0,
  day_used: 0,
};

const REQUEST = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

function windowStart(now: number, lengthMs: number): number {
  return now - (now % lengthMs);
}

/** The row as it stands now: leaked, and without the counts of past windows. A clock that went back leaks nothing. */
function asOf(row: RateRow, limits: RateLimits, now: number): RateRow {
  const elapsed = Math.max(0, now - row.poured_at);
  const hour = windowStart(now, HOUR_MS);
  const day = windowStart(now, DAY_MS);
  return {
    level: Math.max(0, row.level - elapsed * (limits.minute ?? REQUEST)),
    poured_at: Math.max(now, row.poured_at),
    hour_start: Math.max(hour, row.hour_start),
    hour_used: row.hour_start < hour ? 0 : row.hour_used,
    day_start: Math.max(day, row.day_start),
    day_used: row.day_start < day ? 0 : row.day_used,
  };
}

/** One more request, where `minute` is limited: else the bucket stays empty. */
function poured(row: RateRow, limits: RateLimits): RateRow {
  return {
    ...row,
    level: limits.minute === null ? 0 : row.level + REQUEST,
    hour_used: row.hour_used + 1,
    day_used: row.day_used + 1,
  };
}

interface WindowState extends LimitState {
  readonly of: RateSubject;
  /** Until one request fits; 0 where it does now. */
  readonly wait_ms: number;
  readonly window: keyof typeof A_WINDOW;
}

const A_WINDOW = { minute: 'a minute', hour: 'an hour', day: 'a day' } as const;

/** What each limited window of a row that is `asOf(now)` leaves. */
function windowsOf(of: RateSubject, row: RateRow, now: number): WindowState[] {
  const states: WindowState[] = [];
  const { policy, limits } = of;
  const { minute, hour, day } = limits;
  if (minute !== null) {
    const free = (limits.burst ?? minute) * REQUEST - row.level;
    states.push({
      policy: `${policy}-minute`,
      quota: minute,
      window_seconds: 60,
      remaining: Math.max(0, Math.floor(free / REQUEST)),
      reset_seconds: Math.ceil((row.level / minute + row.poured_at - now) / 1000),
      wait_ms: free >= REQUEST ? 0 : Math.ceil((REQUEST - free) / minute) + row.poured_at - now,
      of,
      window: 'minute',
    });
  }
  const calendar = (window: 'hour' | 'day', most: number, start: number, used: number, lengthMs: number) => {
    const left = start + lengthMs - now;
    states.push({
      policy: `${policy}-${window}`,
      quota: most,
      window_seconds: lengthMs / 1000,
      remaining: Math.max(0, most - used),
      reset_seconds: Math.ceil(left / 1000),
      wait_ms: used < most ? 0 : left,
      of,
      window,
    });
  };
  if (hour !== null) calendar('hour', hour, row.hour_start, row.hour_used, HOUR_MS);
  if (day !== null) calendar('day', day, row.day_start, row.day_used, DAY_MS);
  return states;
}

/**
 * Whether one request fits with every subject; a refused one is counted with none. A refusal says how long the longest of
 * the windows that refuse will.
 */
export function checkRates(subjects: readonly CountedSubject[], now: number): RateCheck {
  const rows = subjects.map(({ row, limits }) => asOf(row, limits, now));
  const windows = subjects.flatMap((subject, index) => windowsOf(subject, rows[index] as RateRow, now));
  const limits = tightestFirst(windows);
  const longest = windows.reduce<WindowState | null>(
    (one, other) => (other.wait_ms > (one?.wait_ms ?? 0) ? other : one),
    null,
  );
  if (longest !== null) {
    const { quota, of, window } = longest;
    const detail = `The limit is ${quota} ${of.what}${quota === 1 ? '' : 's'} ${A_WINDOW[window]} ${of.who}.`;
    return { ok: false, limits, detail, retry_after_seconds: Math.ceil(longest.wait_ms / 1000) };
  }
  return {
    ok: true,
    counted: subjects.map((subject, index) => poured(rows[index] as RateRow, subject.limits)),
    limits,
  };
}

/** The state of every limited window of rows that are counted up to `now`, the tightest first. */
export function limitStates(subjects: readonly RateSubject[], rows: readonly RateRow[], now: number): LimitState[] {
  return tightestFirst(subjects.flatMap((subject, index) => windowsOf(subject, rows[index] as RateRow, now)));
}

function tightestFirst(windows: readonly WindowState[]): LimitState[] {
  return [...windows]
    .sort((a, b) => b.wait_ms - a.wait_ms || a.remaining - b.remaining || b.reset_seconds - a.reset_seconds)
    .map(({ policy, quota, window_seconds, remaining, reset_seconds }) => ({
      policy,
      quota,
      window_seconds,
      remaining,
      reset_seconds,
    }));
}

/**
 * When a row says nothing any more. At the end of an hour or a day, so that a subject in constant use moves it seldom: it
 * is an indexed column.
 */
export function meaninglessAt(row: RateRow, limits: RateLimits): number {
  if (limits.day !== null) return row.day_start + DAY_MS;
  const empty = limits.minute === null ? row.poured_at : row.poured_at + Math.ceil(row.level / limits.minute);
  return windowStart(Math.max(empty, row.hour_start), HOUR_MS) + HOUR_MS;
}
