import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import {
  type Attempted,
  afterInterruption,
  aftermathOf,
  interrupted,
  isSending,
  rulesOf,
  type Sent,
  targetAfter,
  tellsInvocations,
  unanswered,
} from './aftermath.ts';
import { conform, Window } from './pace.ts';
import type { ClaimedDelivery, DeliveryStore } from './store/deliveries.ts';
import type { TargetState, TargetStore } from './store/target.ts';

/** A claim lasts as long as its attempt may, and this long. */
const LEASE_MARGIN_MS = 15_000;
/** Results that come this close together are written together. */
const GATHER_MS = 3;
/** Should nothing say when the next delivery may go. */
const LOOK_AGAIN_MS = 1000;

/** Sends once. Never rejects. */
export type Send = (delivery: ClaimedDelivery, target: TargetState, timeoutMs: number) => Promise<Sent>;

export interface SenderOptions {
  readonly ctx: DurableObjectState;
  readonly target: TargetStore;
  readonly deliveries: DeliveryStore;
  readonly send: Send;
  readonly logger: () => Logger;
  /** After every turn, with the results that it wrote: what is due next may have changed. */
  readonly written: (results: readonly Attempted[]) => void;
}

interface Ended {
  readonly delivery: ClaimedDelivery;
  readonly sent: Sent;
  readonly at: number;
}

/**
 * Claims what is due and sends it. What is under way is known to memory and, as claims, to the rows; results and the claims
 * that follow them are one transaction.
 */
export class Sender {
  private readonly underWay = new Map<number, { readonly number: number; readonly lease_until: number }>();
  private ended: Ended[] = [];
  private gathering = false;
  private window = new Window();
  /** Of the rate, in memory alone: who wakes from an eviction starts with a burst. */
  private arrival = 0;
  private slotAt = 0;
  private askedTimes = 0;
  private readonly watched = new Map<number, () => void>();
  private epoch = 0;

  constructor(private readonly options: SenderOptions) {}

  /** What is under way belongs to nobody any more. */
  forget(): void {
    this.epoch++;
    this.underWay.clear();
    this.ended = [];
    this.window = new Window();
    this.arrival = 0;
    this.askedTimes = 0;
    for (const tell of this.watched.values()) tell();
    this.watched.clear();
  }

  /** Writes what has ended and sends what may go. */
  pump(): void {
    const { ctx, target, logger } = this.options;
    if (target.read() === null) return;
    const now = Date.now();
    const ended = this.ended;
    this.ended = [];
    try {
      const claimed = ctx.storage.transactionSync(() => {
        this.write(ended, now);
        return this.claim(now);
      });
      for (const delivery of claimed) this.start(delivery);
    } catch (error) {
      // What was claimed is sent again when its claim has run out.
      target.forget();
      logger().log('error', 'target.pump_failed', describeError(error));
    }
    this.options.written(ended.flatMap(({ sent, delivery }) => (sent.sent && !delivery.is_test ? [sent] : [])));
    for (const { delivery } of ended) this.tell(delivery.ord);
  }

  /** Sends one delivery at once, and resolves when that attempt is written. Null where it is under way. */
  async sendNow(ord: number): Promise<void> {
    const state = this.options.target.read();
    if (state === null || this.underWay.has(ord)) return;
    const now = Date.now();
    const claimed = this.options.deliveries.claimOne(ord, now, this.leaseUntil(state, now));
    if (claimed === null) return;
    const written = new Promise<void>((resolve) => this.watched.set(ord, resolve));
    this.start(claimed);
    await written;
  }

  /** Takes back claims of attempts that died: all of another instance, or (`due`) those that have run out. */
  recover(due: number | null): void {
    const { ctx, target, deliveries } = this.options;
    const state = target.read();
    if (state === null) return;
    const rules = rulesOf(state.subscription);
    const now = Date.now();
    const abandoned = deliveries.abandoned(due);
    if (abandoned.length === 0) return;
    ctx.storage.transactionSync(() => {
      for (const each of abandoned) {
        const twice = deliveries.wasInterrupted(each.ord, each.attempts - 1);
        const after = afterInterruption(each, twice, rules, now, Math.random());
        const untold = tellsInvocations(state.subscription) && !each.is_test;
        deliveries.finish(each.ord, interrupted(each, now), { ...after, untold }, null);
      }
    });
    for (const { ord } of abandoned) {
      this.underWay.delete(ord);
      this.tell(ord);
    }
  }

  /** When something may have to be done; null when nothing waits. */
  nextAt(now: number): number | null {
    const { target, deliveries } = this.options;
    const state = target.read();
    if (state === null) return null;
    const leases = Math.min(...[...this.underWay.values()].map(({ lease_until }) => lease_until));
    const due = this.nextSend(state, deliveries, now);
    const at = Math.min(leases, due ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(at) ? at : null;
  }

  private nextSend(state: TargetState, deliveries: DeliveryStore, now: number): number | null {
    const { ordered } = rulesOf(state.subscription);
    if (!isSending(state) || this.window.room(this.underWay.size, ordered) === 0) return null;
    const due = deliveries.nextDue(ordered);
    if (due === null) return null;
    const at = Math.max(due, state.paused_until, this.slotAt);
    return at > now ? at : now + LOOK_AGAIN_MS;
  }

  private claim(now: number): ClaimedDelivery[] {
    const { target, deliveries } = this.options;
    const state = target.read();
    if (state === null || !isSending(state) || state.paused_until > now) return [];
    const { ordered, rate_per_second } = rulesOf(state.subscription);
    const room = this.window.room(this.underWay.size, ordered);
    const { allowed, next_at } = conform(this.arrival, rate_per_second, room, now);
    this.slotAt = next_at;
    if (allowed === 0) return [];
    const claimed = deliveries.claim(allowed, ordered, now, this.leaseUntil(state, now));
    const after = conform(this.arrival, rate_per_second, claimed.length, now);
    this.arrival = after.arrival;
    this.slotAt = after.next_at;
    return claimed;
  }

  private leaseUntil({ subscription }: TargetState, now: number): number {
    return now + rulesOf(subscription).timeout_ms + LEASE_MARGIN_MS;
  }

  private start(delivery: ClaimedDelivery): void {
    const { ctx, target, send } = this.options;
    const state = target.read();
    if (state === null) return;
    const { epoch } = this;
    const lease_until = this.leaseUntil(state, delivery.claimed_at);
    this.underWay.set(delivery.ord, { number: delivery.attempts, lease_until });
    const done = send(delivery, state, rulesOf(state.subscription).timeout_ms).then((sent) => {
      // Taken back meanwhile, or everything was deleted.
      if (epoch !== this.epoch || this.underWay.get(delivery.ord)?.number !== delivery.attempts) return;
      this.underWay.delete(delivery.ord);
      this.ended.push({ delivery, sent, at: Date.now() });
      this.gather();
    });
    ctx.waitUntil(done);
  }

  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    const write = () => {
      this.gathering = false;
      this.pump();
    };
    if (this.underWay.size === 0) write();
    else setTimeout(write, GATHER_MS);
  }

  private write(ended: readonly Ended[], now: number): void {
    const { target, deliveries } = this.options;
    for (const { delivery, sent: result, at } of ended) {
      const state = target.read();
      if (state === null) return;
      const sent = delivery.is_test ? asAttempted(result) : result;
      if (!sent.sent) {
        this.window.refused();
        const until = now + sent.wait_ms;
        deliveries.giveBack(delivery.ord, until, sent.reason);
        if (until > state.paused_until) target.write({ paused_until: until });
        continue;
      }
      const after = aftermathOf(delivery, sent, rulesOf(state.subscription), now, Math.random());
      const untold = tellsInvocations(state.subscription) && !delivery.is_test;
      deliveries.finish(delivery.ord, attemptOf(delivery, sent, at), { ...after, untold }, sent.request_body);
      if (delivery.is_test) continue;
      this.adapt(sent, state, now);
      target.write(targetAfter(state, sent, this.askedTimes, now));
      if (sent.outcome === 'delivered') target.note({ last_success_at: now });
    }
  }

  private adapt({ outcome, retry_after_ms }: Attempted, { paused_until }: TargetState, now: number): void {
    if (outcome === 'delivered') {
      this.askedTimes = 0;
      this.window.succeeded();
    } else if (outcome === 'rate_limited' || retry_after_ms !== null) {
      // Those that were under way together ask together.
      if (retry_after_ms !== null && paused_until <= now) this.askedTimes++;
      this.window.refused();
    }
  }

  private tell(ord: number): void {
    this.watched.get(ord)?.();
    this.watched.delete(ord);
  }
}

/** A test is not tried again: what kept it from being sent is its result. */
function asAttempted(sent: Sent): Attempted {
  return sent.sent ? sent : unanswered(sent.reason);
}

function attemptOf({ attempts, claimed_at }: ClaimedDelivery, sent: Attempted, at: number) {
  const { outcome, status, error, request_headers, response_headers, response_body, response_truncated } = sent;
  return {
    number: attempts,
    at: claimed_at,
    duration_ms: Math.max(0, at - claimed_at),
    outcome,
    status,
    error,
    request_headers,
    response_headers,
    response_body,
    response_truncated,
  };
}
