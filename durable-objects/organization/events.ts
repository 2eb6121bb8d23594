import type { EventType, FeedFact, JsonValue } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import type { OutgoingEvent } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';
import type { DeskSubscriptions } from './subscriptions.ts';

/** The alarm looks at the log after so long, should this instance die before anybody was called. */
const RECALL_MS = 5000;

/** The families that the feed tells by themselves, with what changed in its lists. */
const TOLD_OTHERWISE = /^(execution|approval|agent)\./;

interface EventsHost {
  armAt(at: number): void;
  relay(): void;
  publish(fact: FeedFact): void;
}

/**
 * The log of what has happened. Appended in the turn that writes what it tells, so that both are stored or neither; whoever
 * has to read it is called at once, and by the alarm if this instance dies first.
 */
export class DeskEvents {
  constructor(
    private readonly store: OrganizationStore,
    private readonly subscriptions: DeskSubscriptions,
    private readonly host: EventsHost,
  ) {}

  /** What happens at the desk. */
  emit(type: EventType, data: Readonly<Record<string, JsonValue>>, now: number): void {
    this.write({ id: newId('event', now), type, at: now, data });
  }

  /** What happened elsewhere and may be told more than once. */
  append(event: OutgoingEvent): void {
    if (!this.store.eventLog.has(event.id)) this.write(event);
  }

  private write(event: OutgoingEvent): void {
    this.subscriptions.note(this.store.eventLog.append(event));
    this.host.armAt(Date.now() + RECALL_MS);
    const { type, data } = event;
    if (!TOLD_OTHERWISE.test(type) || type === 'agent.handoff') {
      this.host.publish({ type, data: { event: { ...data } } } as FeedFact);
    }
    this.host.relay();
  }
}
