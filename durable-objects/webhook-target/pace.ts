/** How fast a target is sent to. Times in milliseconds. */

const MOST_AT_ONCE = 10;
/** Of a second's worth, what may go at once. */
const BURST_SHARE = 0.1;

/**
 * How many deliveries may be under way: up to ten, one after the receiver has asked to wait, and one more with each
 * success.
 */
export class Window {
  private size = MOST_AT_ONCE;

  room(underWay: number, ordered: boolean): number {
    return Math.max(0, (ordered ? 1 : this.size) - underWay);
  }

  succeeded(): void {
    this.size = Math.min(MOST_AT_ONCE, this.size + 1);
  }

  refused(): void {
    this.size = 1;
  }
}

/**
 * GCRA (ITU-T I.371): how many of `wanted` a rate lets go now, the arrival time that holds after them, and when it lets the
 * next one go. `arrival` is what held before, 0 for never.
 */
export function conform(
  arrival: number,
  perSecond: number | null,
  wanted: number,
  now: number,
): { readonly allowed: number; readonly arrival: number; readonly next_at: number } {
  if (perSecond === null) return { allowed: wanted, arrival, next_at: now };
  const interval = 1000 / perSecond;
  const tolerance = interval * (Math.max(1, Math.floor(perSecond * BURST_SHARE)) - 1);
  const from = Math.max(arrival, now);
  const allowed = Math.max(0, Math.min(wanted, Math.floor((now + tolerance - from) / interval) + 1));
  const next = from + allowed * interval;
  return { allowed, arrival: allowed === 0 ? arrival : next, next_at: Math.ceil(next - tolerance) };
}
