import { webhookBody } from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { api, signUp } from '../../support/api.ts';
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

  it('is signed by both secrets while a rotation overlaps, and by the new one alone without an overlap', async () => {
    const owner = await signUp();
    const { receiver, webhook } = await target(owner);
    const rotate = async (overlap_seconds: number) => {
      const body = { overlap_seconds };
      const at = `/webhooks/${webhook.id}/rotate-secret`;
      return (await api<{ secret: string }>(at, { token: owner.token, body })).body.secret;
    };
    const second = await rotate(60);
    await happen(owner);
    const [one] = await receiver.gotAll(1);
    const accepts = (secret: string, got = one) => {
      try {
        new StandardWebhook(secret).verify(got?.body ?? '', got?.headers ?? {});
        return true;
      } catch {
        return false;
      }
    };
    expect([accepts(webhook.secret), accepts(second)]).toEqual([true, true]);
    const third = await rotate(0);
    await happen(owner);
    const [, two] = await receiver.gotAll(2);
    expect([webhook.secret, second, third].map((secret) => accepts(secret, two))).toEqual([false, false, true]);
  });

  it('is signed with Ed25519 where that was chosen, and the public key verifies it', async () => {
    const owner = await signUp();
    const { receiver, webhook } = await target(owner, { signature: 'v1a' });
    await happen(owner);
    const [got] = await receiver.gotAll(1);
    const bytes = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const raw = bytes((webhook.public_key ?? '').slice('whpk_'.length));
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature = '' } = got?.headers ?? {};
    const verify = (text: string) =>
      crypto.subtle.verify('Ed25519', key, bytes(signature.replace('v1a,', '')), new TextEncoder().encode(text));
    expect(await verify(`${id}.${at}.${got?.body}`)).toBe(true);
    expect(await verify(`${id}.${at}.${got?.body} `)).toBe(false);
    expect(got?.headers).not.toHaveProperty('x-webhook-signature');
  });
});
