import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { LoggedEvent, OutgoingEvent } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';
import type { DeskSubscriptions } from './subscriptions.ts';

/** What happens within so long is listed in one go: lists may lag, and each go is a write of D1 and one here. */
const LIST_EVERY_MS = 250;
/** Rows that D1's list takes in one go. */
const LIST_PAGE = 100;
const COLLECT_PAGE = 100;
/** The list grows by what happens, and is tidied by it: once in so long. */
const TIDY_MS = 24 * 3_600_000;
/** Who was called and has not pulled is called again after this long, then twice as long again. */
const CALL_AGAIN_MS = 5000;
const MAX_CALL_AGAIN_MS = 5 * 60_000;
/** From the moment that something is expected in D1: longer than D1 lets a batch last. */
const COLLECT_MS = 35_000;

/** The readers of the log, as wiring.ts binds them. */
export interface EventReaders {
  /** Writes a page to D1's list. Twice changes nothing. */
  list(events: readonly LoggedEvent[]): Promise<void>;
  /** Deletes from D1's list what is too old, a page; whether some may be left. */
  tidy(): Promise<boolean>;
  /** Sends one message a target. */
  wake(targetIds: readonly string[]): Promise<void>;
  /** Has a target that was deleted delete what it has. */
  erase(targetId: string): Promise<void>;
  /** The oldest rows of D1's outbox. */
  outgoing(limit: number): Promise<OutgoingEvent[]>;
  forgetOutgoing(ids: readonly string[]): Promise<void>;
}

/** Calls whoever has something to read, and cuts off the log what everybody has read. */
export class EventRelay {
  private relaying: Promise<void> | null = null;
  private listing: Promise<void> | null = null;
  private listedAt = 0;
  private again = false;
  /** When a target was called that has not pulled since. */
  private readonly called = new Map<string, number>();
  private lastCut = 0;
  /** Number of the last event that D1's list has, as far as this instance knows: after an eviction what is left is listed again. */
  private listed = 0;

  constructor(
    private readonly store: OrganizationStore,
    private readonly subscriptions: DeskSubscriptions,
    private readonly readers: EventReaders,
    private readonly logger: () => Logger,
    private readonly gatherMs: number = LIST_EVERY_MS,
  ) {}

  forget(): void {
    this.called.clear();
    this.lastCut = 0;
    this.listed = 0;
  }

  relay(): Promise<void> {
    if (this.relaying !== null) {
      this.again = true;
      return this.relaying;
    }
    this.relaying = this.rounds().finally(() => {
      this.relaying = null;
    });
    return this.relaying;
  }

  /** D1's list as of now, or of a moment ago: who comes while it is gathered comes with it. */
  listSoon(): Promise<void> {
    this.listing ??= this.gathered().finally(() => {
      this.listing = null;
    });
    return this.listing;
  }

  private async gathered(): Promise<void> {
    for (let failed = false; !failed; ) {
      const wait = this.listedAt + this.gatherMs - Date.now();
      if (wait > 0) await scheduler.wait(wait);
      this.listedAt = Date.now();
      if (!this.store.exists()) return;
      const results = await Promise.allSettled([this.list()]);
      failed = this.complain(results);
      if (!this.store.exists()) return;
      this.cut();
      // What came meanwhile comes with the next.
      if (this.store.eventLog.after(this.listed, 1).length === 0) return;
    }
  }

  private complain(results: readonly PromiseSettledResult<void>[]): boolean {
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined && this.store.exists()) {
      this.logger().log('warn', 'desk.relay_failed', describeError(failed.reason));
    }
    return failed !== undefined;
  }

  /** What the alarm does: whoever is still behind is called again, more and more rarely. */
  async recall(due: number): Promise<void> {
    const dueAt = this.store.eventLog.nextDue();
    if (dueAt === null || dueAt > due) return;
    await Promise.all([this.relay(), this.listSoon()]);
    if (!this.store.exists()) return;
    const relay = this.store.eventLog.relay();
    const waits = this.store.eventLog.isWaiting();
    if (!waits && relay.attempts === 0) return;
    const attempts = waits ? relay.attempts + 1 : 0;
    const wait = Math.min(MAX_CALL_AGAIN_MS, CALL_AGAIN_MS * 2 ** Math.min(relay.attempts, 10));
    this.store.eventLog.writeRelay({ ...relay, attempts, next_at: waits ? Date.now() + wait : 0 });
  }

  /** A target has pulled: it may be called again. */
  pulled(targetId: string): void {
    this.called.delete(targetId);
    this.cut();
  }

  /** Before D1 is written: should whoever writes it die before `collect`, the alarm looks. Returns when. */
  expect(now: number): number {
    const collect_at = now + COLLECT_MS;
    this.store.eventLog.writeRelay({ ...this.store.eventLog.relay(), collect_at });
    return collect_at;
  }

  /** Takes what D1's outbox has into the log; `append` leaves out what is there already. */
  async collect(due: number | null, append: (event: OutgoingEvent) => void): Promise<void> {
    const expected = this.store.eventLog.relay().collect_at;
    if (due !== null && (expected === null || expected > due)) return;
    for (;;) {
      const events = await this.readers.outgoing(COLLECT_PAGE);
      if (!this.store.exists()) return;
      for (const event of events) append(event);
      if (events.length > 0) await this.readers.forgetOutgoing(events.map(({ id }) => id));
      if (!this.store.exists()) return;
      if (events.length < COLLECT_PAGE) break;
    }
    const relay = this.store.eventLog.relay();
    if (due !== null && relay.collect_at === expected) this.store.eventLog.writeRelay({ ...relay, collect_at: null });
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      if (!this.store.exists()) return;
      const results = await Promise.allSettled([this.wake(), this.eraseDeleted()]);
      this.complain(results);
    } while (this.again);
  }

  private async wake(): Promise<void> {
    const now = Date.now();
    const due = this.subscriptions.behind().filter((id) => (this.called.get(id) ?? 0) <= now - CALL_AGAIN_MS);
    if (due.length === 0) return;
    for (const id of due) this.called.set(id, now);
    try {
      await this.readers.wake(due);
    } catch (error) {
      for (const id of due) this.called.delete(id);
      throw error;
    }
  }

  private async list(): Promise<void> {
    for (;;) {
      const events = this.store.eventLog.after(this.listed, LIST_PAGE);
      const last = events.at(-1);
      if (last === undefined) return;
      await this.readers.list(events);
      this.listed = last.seq;
      await this.tidy(Date.now());
      if (!this.store.exists() || events.length < LIST_PAGE) return;
    }
  }

  private async tidy(now: number): Promise<void> {
    if (!this.store.exists() || this.store.eventLog.relay().tidied_at > now - TIDY_MS) return;
    const left = await this.readers.tidy();
    if (left || !this.store.exists()) return;
    this.store.eventLog.writeRelay({ ...this.store.eventLog.relay(), tidied_at: now });
  }

  private async eraseDeleted(): Promise<void> {
    for (const id of this.subscriptions.deleted()) {
      await this.readers.erase(id);
      if (!this.store.exists()) return;
      this.subscriptions.gone(id);
    }
  }

  private cut(): void {
    const upto = this.subscriptions.readUpto(this.listed);
    if (upto > this.lastCut) this.store.eventLog.cut(upto);
    this.lastCut = Math.max(this.lastCut, upto);
  }
}
