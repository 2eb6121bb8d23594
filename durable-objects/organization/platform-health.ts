import type { ChatPlatform, EventType, JsonValue, PlatformHealth } from '@agentflow/contracts';
import type { PlatformAttempts } from './client.ts';

const SLOT_MS = 5 * 60_000;
const WINDOW_MS = 60 * 60_000;
/** A platform is unhealthy when so many attempts of the last hour, and this share of them, have failed. */
const FEWEST_FAILED = 5;
const UNHEALTHY_SHARE = 0.5;
/** It has recovered when less than this share of the last slots' attempts fails. */
const HEALTHY_SHARE = 0.2;
const RECOVERY_MS = 15 * 60_000;

interface Slot {
  readonly at: number;
  readonly delivered: number;
  readonly failed: number;
}

export interface StoredHealth {
  readonly platform: ChatPlatform;
  /** Of the last hour, the oldest first. */
  readonly slots: readonly Slot[];
  readonly last_error: string | null;
  readonly unhealthy_since: number | null;
}

interface Told {
  readonly health: StoredHealth;
  readonly event: { readonly type: EventType; readonly data: Readonly<Record<string, JsonValue>> } | null;
}

/** What is known of a platform after some more attempts, and what of it is to be told. */
export function afterAttempts(before: StoredHealth | null, told: PlatformAttempts, now: number): Told {
  const { platform, delivered, failed } = told;
  const at = now - (now % SLOT_MS);
  const kept = (before?.slots ?? []).filter((slot) => slot.at > now - WINDOW_MS);
  const last = kept.at(-1);
  const slots =
    last?.at === at
      ? [...kept.slice(0, -1), { at, delivered: last.delivered + delivered, failed: last.failed + failed }]
      : [...kept, { at, delivered, failed }];
  const last_error = told.last_error ?? before?.last_error ?? null;
  const since = before?.unhealthy_since ?? null;
  const hour = sumOf(slots);
  const lately = sumOf(slots.filter((slot) => slot.at > now - RECOVERY_MS));
  if (since === null && hour.failed >= FEWEST_FAILED && hour.failed >= hour.attempts * UNHEALTHY_SHARE) {
    const data = { platform, attempts: hour.attempts, failed: hour.failed, last_error: last_error ?? '' };
    return {
      health: { platform, slots, last_error, unhealthy_since: now },
      event: { type: 'channel.unhealthy', data },
    };
  }
  if (since !== null && delivered > 0 && lately.failed <= lately.attempts * HEALTHY_SHARE) {
    // What failed before is not held against it a second time.
    const slots = [{ at, delivered, failed }];
    return {
      health: { platform, slots, last_error, unhealthy_since: null },
      event: { type: 'channel.recovered', data: { platform } },
    };
  }
  return { health: { platform, slots, last_error, unhealthy_since: since }, event: null };
}

export function presentHealth(
  { platform, slots, last_error, unhealthy_since }: StoredHealth,
  now: number,
): PlatformHealth {
  const { attempts, failed } = sumOf(slots.filter((slot) => slot.at > now - WINDOW_MS));
  return {
    platform,
    state: unhealthy_since !== null ? 'unhealthy' : attempts === 0 ? 'unknown' : 'healthy',
    attempts,
    failed,
    last_error,
    unhealthy_since: unhealthy_since === null ? null : new Date(unhealthy_since).toISOString(),
  };
}

function sumOf(slots: readonly Slot[]): { attempts: number; failed: number } {
  let [attempts, failed] = [0, 0];
  for (const slot of slots) {
    attempts += slot.delivered + slot.failed;
    failed += slot.failed;
  }
  return { attempts, failed };
}
