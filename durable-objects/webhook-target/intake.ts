import { EVENT_CATALOGUE } from '@agentflow/contracts';
import type { Pulled, PullRequest } from '../organization/client.ts';
import { rulesOf, tellsInvocations } from './aftermath.ts';
import type { Wakeup } from './client.ts';
import type { DeliveryStore } from './store/deliveries.ts';
import type { TargetStore } from './store/target.ts';

export interface IntakeOptions {
  readonly storage: DurableObjectStorage;
  readonly target: TargetStore;
  readonly deliveries: DeliveryStore;
  readonly pull: (organizationId: string, request: PullRequest) => Promise<Pulled>;
  /** Pulls once more, and takes in what comes of it. */
  readonly look: (target: Wakeup) => void;
  /** Something new is stored. */
  readonly stored: () => void;
}

/** Pulls that come closer together are one: what happens meanwhile comes with it. */
const GAP_MS = 100;
/** How long what is stored may stay unconfirmed for want of another reason to pull: far less than the desk waits. */
const CONFIRM_MS = 1000;

type Here = Extract<Pulled, { state: 'here' }>;

/**
 * Pulls from the desk what is for this target, page by page. A page and its cursor are one transaction, so that the next
 * pull confirms what is stored and nothing else.
 */
export class Intake {
  private pulling: Promise<Pulled['state']> | null = null;
  private again = false;
  private pulledAt = 0;
  private epoch = 0;
  private confirming: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly options: IntakeOptions) {}

  /** Pulls until there is no more. One that comes during a pull has it look once more. Rejects when the desk does not answer. */
  pull(target: Wakeup): Promise<Pulled['state']> {
    this.again = true;
    this.pulling ??= this.rounds(target).finally(() => {
      this.pulling = null;
    });
    return this.pulling;
  }

  private async rounds({ organization_id, target_id }: Wakeup): Promise<Pulled['state']> {
    let state: Pulled['state'] = 'here';
    const { epoch } = this;
    for (let more = false; more || this.again; ) {
      if (!more) await this.gap();
      this.again = false;
      this.pulledAt = Date.now();
      const known = this.options.target.read();
      const after = known?.cursor ?? null;
      const revision = known?.subscription.revision ?? 0;
      const pulled = await this.options.pull(organization_id, { target_id, after, revision });
      if (epoch !== this.epoch) return 'here';
      state = pulled.state;
      if (pulled.state === 'gone') {
        this.again = false;
        return state;
      }
      this.store(organization_id, target_id, pulled);
      this.options.stored();
      more = pulled.more;
      const isNews = pulled.events.length > 0 || pulled.subscription !== null;
      if (isNews && !more) this.confirmLater({ organization_id, target_id });
    }
    return state;
  }

  /** Everything was deleted: what a pull under way brings is not taken in. */
  forget(): void {
    this.epoch++;
    if (this.confirming !== null) clearTimeout(this.confirming);
    this.confirming = null;
  }

  private async gap(): Promise<void> {
    const left = this.pulledAt + GAP_MS - Date.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  /** The next pull tells the desk that these are stored. Should nobody pull, the desk calls again. */
  private confirmLater(target: Wakeup): void {
    if (this.confirming !== null) clearTimeout(this.confirming);
    this.confirming = setTimeout(() => {
      this.confirming = null;
      this.options.look(target);
    }, CONFIRM_MS);
  }

  private store(organizationId: string, targetId: string, { subscription, events, upto }: Here): void {
    const { storage, target, deliveries } = this.options;
    const now = Date.now();
    try {
      storage.transactionSync(() => {
        const before = target.read();
        if (before === null) {
          if (subscription === null) throw new Error('the desk has not told the subscription');
          target.create(organizationId, targetId, subscription);
        } else if (subscription !== null && subscription.revision > before.subscription.revision) {
          const resumed = subscription.is_active && !before.subscription.is_active;
          const fresh = resumed ? { failing_since: null, paused_until: 0 } : {};
          target.write({ subscription, disabling: null, ...fresh });
          deliveries.line(rulesOf(subscription).ordered);
        }
        const state = target.read();
        if (state === null) return;
        const { ordered } = rulesOf(state.subscription);
        const untold = tellsInvocations(state.subscription);
        for (const { id, type, at, data } of events) {
          const { version } = EVENT_CATALOGUE[type];
          const delivery = { event_id: id, type, version, at, data: JSON.stringify(data), is_test: false };
          deliveries.insert(delivery, ordered, untold, now);
        }
        if (upto !== (state.cursor ?? 0)) target.write({ cursor: upto });
      });
    } catch (error) {
      target.forget();
      throw error;
    }
  }
}
