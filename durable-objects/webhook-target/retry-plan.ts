/** When a delivery is tried again: pure, times in milliseconds. */

/** Waits are longer or shorter by up to this share, so that what failed together does not come back together. */
const JITTER = 0.1;
const DAY_MS = 86_400_000;
/** A receiver that asks to be left alone is not asked again sooner, however short a time it names. */
const SHORTEST_PAUSE_MS = 1000;
/** How often a pause is doubled while the receiver goes on asking for more. */
const DOUBLINGS = 8;

/** The wait after the `tries`th try has failed; null where that was the last one. `random` is from 0 to 1. */
export function waitAfter(tries: number, retrySeconds: readonly number[], random: number): number | null {
  const seconds = retrySeconds[tries - 1];
  return seconds === undefined ? null : Math.round(seconds * 1000 * (1 - JITTER + 2 * JITTER * random));
}

/** How long a delivery may be put off by a receiver that asks to wait before that counts as failing, too: its plan's length. */
export function planLength(retrySeconds: readonly number[]): number {
  return retrySeconds.reduce((sum, seconds) => sum + seconds, 0) * 1000;
}

/**
 * What `Retry-After` asks for (RFC 9110, 10.2.3: seconds or a date), at most a day; null where it says nothing that can be
 * understood.
 */
export function retryAfter(header: string | null | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(DAY_MS, Math.max(0, wait));
}

/** How long a target is left alone that asked for it `times` in a row; 0 for one that took what it got. */
export function pauseFor(askedMs: number, times: number): number {
  if (times < 1) return Math.min(DAY_MS, askedMs);
  return Math.min(DAY_MS, Math.max(askedMs, SHORTEST_PAUSE_MS * 2 ** Math.min(DOUBLINGS, times - 1)));
}
