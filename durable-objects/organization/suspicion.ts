/**
 * What is unusual about the calls of an external agent, as pure functions of what was seen before. Each is a hint for people
 * and refuses nothing.
 */
export type Suspicion = 'denials' | 'new_country' | 'many_addresses' | 'spend';

/** Values by when they were last noted, in milliseconds; of spend: days by micro-dollars. */
export type Seen = Readonly<Record<string, number>>;

interface Memory {
  /** A value that was not noted for so long is forgotten. */
  readonly keep_ms: number;
  /** One that is seen again is noted again only after so long: what is usual costs few writes. */
  readonly refresh_ms: number;
  /** More are not noted until one of them is forgotten: a flood of values must not become a flood of writes. */
  readonly most: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Networks of one key within an hour from which on they are many. */
export const MANY_NETWORKS = 10;
export const NETWORKS: Memory = { keep_ms: HOUR_MS, refresh_ms: HOUR_MS, most: MANY_NETWORKS };
export const COUNTRIES: Memory = { keep_ms: 90 * DAY_MS, refresh_ms: DAY_MS, most: 50 };

/** What is known once `value` was seen; `changed: false` where it says what was known before. */
export function see(
  seen: Seen,
  value: string,
  now: number,
  { keep_ms, refresh_ms, most }: Memory,
): { readonly seen: Seen; readonly before: number; readonly known: boolean; readonly changed: boolean } {
  const kept = Object.entries(seen).filter(([, at]) => at + keep_ms > now);
  const at = kept.find(([name]) => name === value)?.[1];
  const result = { before: kept.length, known: at !== undefined };
  const stays = at === undefined ? kept.length >= most : at + refresh_ms > now;
  if (stays) return { ...result, seen, changed: false };
  return { ...result, seen: { ...Object.fromEntries(kept), [value]: now }, changed: true };
}

/** When the last of them is forgotten. */
export function forgottenAt(seen: Seen, { keep_ms }: Memory): number {
  return Math.max(0, ...Object.values(seen)) + keep_ms;
}

/** Denials within five minutes, or so: a bucket that loses one each 15 seconds. */
export const MANY_DENIALS = 20;
const DENIAL_LEAK_MS = 15_000;

export interface Denials {
  readonly level: number;
  readonly at: number;
}

export function addDenial({ level, at }: Denials, now: number): Denials {
  const leaked = Math.max(0, level - Math.max(0, now - at) / DENIAL_LEAK_MS);
  return { level: leaked + 1, at: now };
}

/** A day's spend is far above the usual at so many times its mean, and never as a trifle. */
const SPEND_FACTOR = 5;
const SPEND_TRIFLE_MICROUSD = 1_000_000;
/** Days before today that are compared with, and how many of them must have had any spend. */
const SPEND_DAYS = 7;
const SPEND_MIN_DAYS = 3;
/** What is noted of a day may lag by so much: a run of many small calls is not a write each. */
const SPEND_LAG = 1.05;

/**
 * What is known of the spend by day once `amount` was spent today, all in micro-dollars. `usual` is the mean of the days before,
 * null where they are too few; `forget_at` is when they all lie too far back.
 */
export function spend(days: Seen, amount: number, now: number) {
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  const today = dayOf(now);
  const first = dayOf(now - SPEND_DAYS * DAY_MS);
  const before = Object.entries(days).filter(([day]) => day >= first && day < today);
  const usual =
    before.length < SPEND_MIN_DAYS ? null : before.reduce((sum, [, spent]) => sum + spent, 0) / before.length;
  return {
    changed: amount > (days[today] ?? 0) * SPEND_LAG,
    days: { ...Object.fromEntries(before), [today]: amount },
    usual,
    unusual: usual !== null && amount >= SPEND_TRIFLE_MICROUSD && amount > SPEND_FACTOR * usual,
    forget_at: now - (now % DAY_MS) + (SPEND_DAYS + 1) * DAY_MS,
  };
}
