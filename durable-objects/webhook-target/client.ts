import type { Delivery, DeliveryQuery, EventType, JsonValue } from '@agentflow/contracts';
import { idBody } from '../../workers/platform/ids.ts';
import type { WebhookTargetObject } from './object.ts';

/** What a queue message carries: who has to look. */
export interface Wakeup {
  readonly organization_id: string;
  readonly target_id: string;
}

/** An event that is sent by itself, to see whether it arrives. */
export interface TestEvent {
  readonly id: string;
  readonly type: EventType | 'webhook.test';
  readonly at: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export interface DeliveryPage {
  readonly data: readonly Delivery[];
  /** Id of the last delivery of this page, where there are more. */
  readonly next: string | null;
}

export interface DeliveryPageQuery extends Pick<DeliveryQuery, 'status' | 'event_type' | 'event_id'> {
  readonly before: string | undefined;
  readonly limit: number;
}

/** The id of one event's way to one target. */
export function deliveryIdOf(targetId: string, eventId: string): string {
  return `dlv_${targetId}_${idBody(eventId)}`;
}

/** Somebody who is to be forgotten, and what they are called from then on. */
export interface ForgottenPerson {
  readonly id: string;
  readonly email: string | null;
  readonly name: string;
}

export type WebhookTargetStub = DurableObjectStub<WebhookTargetObject>;

/** The object of a target. Ids are minted here alone, so that a residency can fix the jurisdiction later. */
export function webhookTarget(
  namespace: DurableObjectNamespace<WebhookTargetObject>,
  targetId: string,
): WebhookTargetStub {
  return namespace.get(namespace.idFromName(targetId));
}
