import {
  type Delivery,
  type DeliveryDetail,
  type DeliveryQuery,
  EVENT_ALIASES,
  EVENT_EXAMPLES,
  EVENT_TYPES,
  type EventType,
  type JsonValue,
  TEST_EVENT,
} from '@agentflow/contracts';
import { organizationDesk, type SubscriptionRecord } from '../../../durable-objects/organization/client.ts';
import { type TestEvent, webhookTarget } from '../../../durable-objects/webhook-target/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { decodeCursor, encodeCursor } from '../../platform/pagination.ts';
import { type AuditEntry, auditOrigin, auditRow } from '../audit/index.ts';
import { requireWebhook } from './webhooks.ts';

/** `dlv_<target>_<body of the event's id>` */
const DELIVERY_ID = /^dlv_([a-z]{3}_[0-9a-z]{26})_[0-9a-z]{26}$/;

const targetOf = ({ env }: RequestContext, id: string) => webhookTarget(env.WEBHOOK_TARGET, id);

/**
 * The target of a delivery. Asked at the desk, so that the object of another organization's target, or of none, is never
 * asked anything.
 */
async function requireTarget(ctx: RequestContext, deliveryId: string): Promise<SubscriptionRecord> {
  const targetId = DELIVERY_ID.exec(deliveryId)?.[1];
  const record =
    targetId === undefined
      ? null
      : await organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).subscription(targetId);
  if (record === null) throw notFound('delivery', deliveryId);
  return record;
}

/** Of a target that the caller's organization has, newest first. */
export async function listDeliveries(
  ctx: RequestContext,
  targetId: string,
  { limit, cursor, ...filter }: DeliveryQuery,
): Promise<{ data: Delivery[]; next_cursor: string | null }> {
  const { event_type } = filter;
  const { data, next } = await targetOf(ctx, targetId).deliveries({
    ...filter,
    ...(event_type === undefined ? {} : { event_type: EVENT_ALIASES[event_type] ?? event_type }),
    before: decodeCursor(cursor, DELIVERY_ID),
    limit,
  });
  return { data: [...data], next_cursor: next === null ? null : encodeCursor(next) };
}

export async function listWebhookDeliveries(ctx: RequestContext, id: string, query: DeliveryQuery) {
  await requireWebhook(ctx, id);
  return listDeliveries(ctx, id, query);
}

export async function getDelivery(ctx: RequestContext, id: string): Promise<DeliveryDetail> {
  const { id: targetId } = await requireTarget(ctx, id);
  const found = await targetOf(ctx, targetId).delivery(id);
  if (found === null) throw notFound('delivery', id);
  return found;
}

/** Sends it again, whatever came of it before. Throws `conflict` where that cannot be. */
export async function replayDelivery(ctx: RequestContext, id: string): Promise<DeliveryDetail> {
  const { id: targetId } = await requireTarget(ctx, id);
  switch (await targetOf(ctx, targetId).replay(id)) {
    case 'not_found':
      throw notFound('delivery', id);
    case 'not_kept':
      throw new ApiError('conflict', 'What was sent is not kept any more.');
    case 'inactive':
      throw new ApiError('conflict', 'The target is not active: activate it first.');
    case 'sent_again':
      await audit(ctx, { action: 'delivery.replayed', resource_type: 'delivery', resource_id: id });
      return getDelivery(ctx, id);
  }
}

/** Sends again what has failed since then; how many. */
export async function recoverWebhook(ctx: RequestContext, id: string, since: string): Promise<number> {
  const { is_active } = await requireWebhook(ctx, id);
  if (!is_active) throw new ApiError('conflict', 'The webhook is not active: activate it first.');
  const count = await targetOf(ctx, id).recover(Date.parse(since));
  const details = { since, deliveries: count };
  await audit(ctx, { action: 'webhook.recovered', resource_type: 'webhook', resource_id: id, details });
  return count;
}

/** Sends a test, or the example of a type, and waits for what comes of it. */
export async function testWebhook(ctx: RequestContext, id: string, named: string | undefined): Promise<DeliveryDetail> {
  await requireWebhook(ctx, id);
  const event = testEvent(typeNamed(named), ctx.now());
  const sent = await sendTest(ctx, id, event);
  if (sent === null) throw notFound('webhook', id);
  const details = { event_type: event.type };
  await audit(ctx, { action: 'webhook.tested', resource_type: 'webhook', resource_id: id, details });
  return sent;
}

/** Sends an event to one target alone; null where it is no more. */
export function sendTest(ctx: RequestContext, targetId: string, event: TestEvent): Promise<DeliveryDetail | null> {
  return targetOf(ctx, targetId).sendTest({ organization_id: ctx.organizationId, target_id: targetId }, event);
}

function typeNamed(name: string | undefined): EventType | null {
  if (name === undefined || name === TEST_EVENT) return null;
  const type = EVENT_TYPES.find((each) => each === (EVENT_ALIASES[name] ?? name));
  if (type === undefined) throw invalid([{ path: 'type', message: 'is no event type: GET /event-types lists them' }]);
  return type;
}

function testEvent(type: EventType | null, at: number): TestEvent {
  const id = newId('event', at);
  if (type === null) {
    return { id, type: TEST_EVENT, at, data: { message: 'This is a test of your webhook.', event_id: id } };
  }
  return { id, type, at, data: EVENT_EXAMPLES[type] as Readonly<Record<string, JsonValue>> };
}

async function audit(ctx: RequestContext, entry: AuditEntry): Promise<void> {
  await auditRow(db(ctx.env, ctx.organizationId), ctx.organizationId, auditOrigin(ctx), entry, ctx.now());
}
