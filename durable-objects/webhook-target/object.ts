import type { DeliveryDetail, TargetHealth } from '@agentflow/contracts';
import { isSending, rulesOf } from './aftermath.ts';
import {
  type DeliveryPage,
  type DeliveryPageQuery,
  deliveryIdOf,
  type ForgottenPerson,
  type TestEvent,
  type Wakeup,
} from './client.ts';
import { eventIdOf, presentDelivery, presentDetail, presentHealth } from './present.ts';
import type { DeliveryRow } from './store/deliveries.ts';
import type { TargetState } from './store/target.ts';
import { Target } from './target.ts';

const NO_HEALTH: TargetHealth = {
  pending: 0,
  failed: 0,
  delivered: 0,
  last_success_at: null,
  failing_since: null,
  last_error: null,
  paused_until: null,
};

/**
 * One target: what is for it, in what order, when it is tried again. Its callers are this Worker's routes, which have
 * checked the caller and that the target is of the caller's organization, the queue's consumer and the desk.
 */
export class WebhookTargetObject extends Target {
  /** There may be something to pull, or the subscription has changed. Answers at once. */
  async wake(target: Wakeup): Promise<void> {
    this.ctx.waitUntil(this.look(target));
  }

  /**
   * Sends an event that nobody else gets, and answers when its attempt has ended. Null where there is no such target. Not
   * named `test`, which the runtime keeps to itself: no RPC reaches it.
   */
  async sendTest(target: Wakeup, event: TestEvent): Promise<DeliveryDetail | null> {
    if ((await this.pull(target)) === null) return null;
    const { id: event_id, type, at, data } = event;
    const delivery = { event_id, type, version: 1, at, data: JSON.stringify(data), is_test: true };
    this.rows.insert(delivery, false, false, Date.now());
    const stored = this.rows.find(event_id);
    if (stored?.status === 'pending') {
      const sent = this.sender.sendNow(stored.ord);
      this.go();
      await sent;
    }
    const state = this.target.read();
    const row = state === null ? null : this.rows.find(event_id);
    return state === null || row === null ? null : this.detail(state, row);
  }

  /** Newest first. */
  async deliveries(query: DeliveryPageQuery): Promise<DeliveryPage> {
    const state = this.state();
    if (state === null) return { data: [], next: null };
    const { target_id } = state;
    const last = query.before === undefined ? null : this.rowOf(state, query.before);
    if (query.before !== undefined && last === null) return { data: [], next: null };
    const rows = this.rows.page(query, last?.ord ?? null);
    const shown = rows.slice(0, query.limit);
    const end = rows.length > shown.length ? shown.at(-1) : undefined;
    return {
      data: shown.map((row) => presentDelivery(target_id, row)),
      next: end === undefined ? null : deliveryIdOf(target_id, end.event_id),
    };
  }

  async delivery(id: string): Promise<DeliveryDetail | null> {
    const state = this.state();
    const row = state === null ? null : this.rowOf(state, id);
    return state === null || row === null ? null : this.detail(state, row);
  }

  /** Sends it again, at once; an ordered target sends it before what waits. `not_kept` is for what a later release keeps less of. */
  async replay(id: string): Promise<'sent_again' | 'not_found' | 'not_kept' | 'inactive'> {
    const state = await this.fresh();
    const row = state === null ? null : this.rowOf(state, id);
    if (state === null || row === null) return 'not_found';
    if (!isSending(state)) return 'inactive';
    this.rows.renew(row.ord, rulesOf(state.subscription).ordered && !row.is_test, Date.now());
    if (row.is_test) await this.sender.sendNow(row.ord);
    this.go();
    return 'sent_again';
  }

  /** Sends again what has failed of events since then, in milliseconds; how many. None of a target that is not active. */
  async recover(since: number): Promise<number> {
    const state = await this.fresh();
    if (state === null || !isSending(state)) return 0;
    const count = this.rows.renewFailed(since, rulesOf(state.subscription).ordered, Date.now());
    this.go();
    return count;
  }

  async health(): Promise<TargetHealth> {
    const state = this.state();
    return state === null ? NO_HEALTH : presentHealth(state, this.rows.counts(), Date.now());
  }

  /** Takes a person's name and address out of what is kept here. */
  async forget(person: ForgottenPerson): Promise<void> {
    if (this.state() !== null) this.ctx.storage.transactionSync(() => this.rows.forget(person));
  }

  /** Deletes everything; a wake-up that comes later finds nothing to pull. */
  async erase(): Promise<void> {
    await this.forgetAll();
  }

  /** The state by the subscription as it is now, where the desk answers. */
  private async fresh(): Promise<TargetState | null> {
    const state = this.state();
    if (state === null) return null;
    await this.look({ organization_id: state.organization_id, target_id: state.target_id });
    return this.target.read();
  }

  private rowOf({ target_id }: TargetState, deliveryId: string): DeliveryRow | null {
    const eventId = eventIdOf(target_id, deliveryId);
    return eventId === null ? null : this.rows.find(eventId);
  }

  private detail(state: TargetState, row: DeliveryRow): DeliveryDetail {
    return presentDetail(state, row, this.rows.attemptsOf(row.ord));
  }
}
