import { env } from 'cloudflare:workers';
import { type Delivery, type DeliveryDetail, EVENT_EXAMPLES, type EventType, type Webhook } from '@agentflow/contracts';
import { inject } from 'vitest';
import { type LoggedEvent, organizationDesk } from '../../durable-objects/organization/client.ts';
import { webhookTarget } from '../../durable-objects/webhook-target/client.ts';
import { newId } from '../../workers/platform/ids.ts';
import { api } from './api.ts';
import { eventually } from './eventually.ts';
import type { Got, Treatment } from './receiver.ts';
import { webhookOf } from './webhooks.ts';

interface Owner {
  readonly token: string;
  readonly organization_id: string;
}

/** A receiver of the test's own, by its name on the server of receiver.ts. */
export class TestReceiver {
  readonly name = crypto.randomUUID();
  readonly url = `${inject('receiverUrl')}/hook/${this.name}`;

  async plan(...treatments: Treatment[]): Promise<void> {
    await this.ask('plan', JSON.stringify(treatments));
  }

  got(): Promise<Got[]> {
    return this.ask('got', '');
  }

  async release(): Promise<void> {
    await this.ask('release', '');
  }

  /** What came, once so many have. */
  gotAll(count: number): Promise<Got[]> {
    return eventually(async () => {
      const got = await this.got();
      return got.length >= count ? got : null;
    });
  }

  private async ask(action: string, body: string): Promise<Got[]> {
    const response = await fetch(`${inject('receiverUrl')}/${action}/${this.name}`, { method: 'POST', body });
    return response.json();
  }
}

/** A webhook of the owner's that leads to a receiver of its own. */
export async function target(owner: Owner, fields: Parameters<typeof webhookOf>[1] = {}, ...plan: Treatment[]) {
  const receiver = new TestReceiver();
  if (plan.length > 0) await receiver.plan(...plan);
  const webhook = await webhookOf(owner, { url: receiver.url, ...fields });
  return { receiver, webhook, stub: webhookTarget(env.WEBHOOK_TARGET, webhook.id) };
}

export function deskOf(owner: Owner) {
  return organizationDesk(env.ORGANIZATION, owner.organization_id);
}

/** Events as they are told to the desk, each the example of its type; in order. */
export async function happen(owner: Owner, count = 1, type: EventType = 'agent.created'): Promise<LoggedEvent['id'][]> {
  const now = Date.now();
  const events = Array.from({ length: count }, (_, index) => ({
    id: newId('event', now + index),
    type,
    at: now + index,
    data: { ...(EVENT_EXAMPLES[type] as LoggedEvent['data']), agent_name: `Agent ${index}` },
  }));
  await deskOf(owner).tellEvents(events);
  return events.map(({ id }) => id);
}

/** Deliveries of a webhook, newest first, once they are as wanted. */
export function deliveriesOf(
  owner: Owner,
  { id }: Pick<Webhook, 'id'>,
  wanted: (deliveries: readonly Delivery[]) => boolean,
): Promise<Delivery[]> {
  return eventually(async () => {
    const { body } = await api<{ data: Delivery[] }>(`/webhooks/${id}/deliveries?limit=100`, { token: owner.token });
    return wanted(body.data) ? body.data : null;
  });
}

export async function detailOf(owner: Owner, { id }: Pick<Delivery, 'id'>): Promise<DeliveryDetail> {
  return (await api<DeliveryDetail>(`/deliveries/${id}`, { token: owner.token })).body;
}
