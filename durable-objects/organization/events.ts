import type { EventType, FeedFact, JsonValue } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import { TELL_MS } from './keys.ts';
import type { OrganizationStore } from './store/organization.ts';

/**
 * What happens at the desk and is told: to D1's list through the outbox, written in the transaction that the caller has
 * open, and to whoever watches the feed.
 */
export class DeskEvents {
  constructor(
    private readonly store: OrganizationStore,
    private readonly armAt: (at: number) => void,
    private readonly publish: (fact: FeedFact) => void,
  ) {}

  emit(type: EventType, data: Readonly<Record<string, JsonValue>>, now: number): void {
    const event = { id: newId('event', now), type, at: now, data };
    this.store.enqueue({ organization_id: this.store.organizationId(), event }, now);
    this.armAt(now + TELL_MS);
    this.publish({ type, data: { event: { ...data } } } as FeedFact);
  }
}
