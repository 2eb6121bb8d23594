import { webhookBody } from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signUp } from '../../support/api.ts';
import { deliveriesOf, detailOf, happen, target } from '../../support/deliveries.ts';

describe('a delivery', () => {
  it('is the event, signed, with the headers of the webhook', async () => {
    const owner = await signUp();
    const { receiver, webhook } = await target(owner, { headers: { 'X-Own': 'confidential' } }, { kind: 'echo' });
    const [id = ''] = await happen(owner);
    const [got] = await receiver.gotAll(1);
    const body = webhookBody.parse(JSON.parse(got?.body ?? ''));
    expect(body).toMatchObject({ id, type: 'agent.created', version: 1, organization_id: owner.organization_id });
    expect(got?.headers).toMatchObject({
      'webhook-id': id,
      'x-own': 'confidential',
      'content-type': 'application/json',
    });
    expect(new StandardWebhook(webhook.secret).verify(got?.body ?? '', got?.headers ?? {})).toEqual(body);

    const [delivery] = await deliveriesOf(owner, webhook, ([first]) => first?.status === 'delivered');
    if (delivery === undefined) throw new Error('there is no delivery');
    expect(delivery).toMatchObject({ event_id: id, attempts: 1, last_status: 200, next_attempt_at: null });
    const detail = await detailOf(owner, delivery);
    expect(detail.request_body).toBe(got?.body);
    expect(detail.attempts_made).toMatchObject([
      { number: 1, outcome: 'delivered', status: 200, request_headers: { 'X-Own': '***', 'webhook-id': id } },
    ]);
    // Whatever comes back of what was sent in confidence is masked.
    expect(detail.attempts_made[0]?.response_headers['x-echo']).toBe('***');
    expect(JSON.stringify(detail)).not.toContain('confidential');
    expect(JSON.stringify(detail)).not.toContain(webhook.secret.slice(6));
  });

  it('goes to those alone who asked for its type', async () => {
    const owner = await signUp();
    const [every, some, none] = await Promise.all([
      target(owner),
      target(owner, { events: ['agent.*'] }),
      target(owner, { events: ['member.*'] }),
    ]);
    const ids = [...(await happen(owner, 2)), ...(await happen(owner, 1, 'budget.overrun'))];
    expect((await every.receiver.gotAll(3)).map(({ headers }) => headers['webhook-id']).sort()).toEqual(ids.sort());
    expect((await some.receiver.gotAll(2)).length).toBe(2);
    expect(await none.receiver.got()).toEqual([]);
  });
});
