import type { LimitState } from './client.ts';

/** A calendar window's counter: `window_start` in milliseconds since the epoch, aligned to the window. */
export interface WindowCount {
  readonly window_start: number;
  readonly used: number;
}

export const HOUR_MS = 3_600_000;

export function windowStart(now: number, lengthMs: number): number {
  return now - (now % lengthMs);
}

/** The counter as it stands now: a counter of an earlier window counts as none. */
export function currentCount(stored: WindowCount | null, now: number, lengthMs: number): WindowCount {
  const start = windowStart(now, lengthMs);
  return stored !== null && stored.window_start === start ? stored : { window_start: start, used: 0 };
}

export function limitState(
  policy: string,
  quota: number,
  count: WindowCount,
  now: number,
  lengthMs: number,
): LimitState {
  return {
    policy,
    quota,
    window_seconds: lengthMs / 1000,
    remaining: Math.max(0, quota - count.used),
    reset_seconds: Math.ceil((count.window_start + lengthMs - now) / 1000),
  };
}
