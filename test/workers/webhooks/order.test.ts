import {
  createExecutionContext,
  createMessageBatch,
  evictDurableObject,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Delivery, WebhookDetail } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Wakeup } from '../../../durable-objects/webhook-target/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { wakeTargets } from '../../../workers/platform/wakeups.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { deliveriesOf, detailOf, happen, target } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import type { Got } from '../../support/receiver.ts';

const ids = (got: readonly Got[]) => got.map(({ headers }) => headers['webhook-id']);
const allDelivered = (count: number) => (all: readonly Delivery[]) =>
  all.length === count && all.every(({ status }) => status === 'delivered');

let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

describe('an ordered target', () => {
  it('gets one at a time, in the order of events; what fails holds up the rest until it is dead', async () => {
    const { receiver, webhook } = await target(
      owner,
      { ordered: true, retry_seconds: [1] },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 204 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 204 },
    );
    const [one, two, three, four] = await happen(owner, 4);
    await deliveriesOf(owner, webhook, (all) => all.length === 4 && all.every(({ finished_at }) => finished_at));
    const got = await receiver.got();
    expect(ids(got)).toEqual([one, one, two, two, three, four]);
    expect(got.map(({ beside }) => beside)).toEqual([0, 0, 0, 0, 0, 0]);
    const dead = await deliveriesOf(owner, webhook, () => true);
    expect(dead.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'failed', 'delivered']);
  });

  it('keeps its order through a change of its mind', async () => {
    const { receiver, webhook } = await target(owner, { ordered: true }, { kind: 'hold' });
    const first = await happen(owner, 3);
    await receiver.gotAll(1);
    const turn = (ordered: boolean) =>
      api(`/webhooks/${webhook.id}`, { method: 'PUT', token: owner.token, body: { ordered } });
    await turn(false);
    await receiver.gotAll(3);
    await turn(true);
    const later = await happen(owner, 3);
    await receiver.release();
    await deliveriesOf(owner, webhook, allDelivered(6));
    expect(
      ids(await receiver.got())
        .slice(0, 3)
        .sort(),
    ).toEqual(first.sort());
    expect(ids(await receiver.got()).slice(3)).toEqual(later);
  });
});

describe('a target without an order', () => {
  it('gets up to ten at a time', async () => {
    const { receiver, webhook } = await target(owner, {}, { kind: 'hold' });
    await happen(owner, 25);
    await receiver.gotAll(10);
    const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
    expect(body.health.pending).toBe(25);
    expect(await receiver.got()).toHaveLength(10);
    const under_way = await deliveriesOf(owner, webhook, (all) => all.length === 25);
    const detail = await detailOf(owner, under_way.at(-1) as Delivery);
    expect(detail.attempts_made).toMatchObject([{ number: 1, outcome: 'sending', duration_ms: null }]);
    await receiver.release();
    await deliveriesOf(owner, webhook, allDelivered(25));
    expect(new Set(ids(await receiver.got())).size).toBe(25);
  });

  it('gets as many a second as it wants', async () => {
    const { receiver, webhook } = await target(owner, { rate_per_second: 5 });
    await happen(owner, 8);
    await deliveriesOf(owner, webhook, allDelivered(8));
    const times = (await receiver.got()).map(({ at }) => at);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1300);
  });

  it('that hangs holds up nobody else', async () => {
    const slow = await target(owner, { timeout_seconds: 30 }, { kind: 'hold' });
    const healthy = await target(owner);
    await happen(owner, 20);
    await healthy.receiver.gotAll(20);
    expect((await slow.receiver.got()).length).toBeLessThanOrEqual(10);
    await slow.receiver.release();
    await deliveriesOf(owner, slow.webhook, allDelivered(20));
  });
});

describe('an attempt whose object dies', () => {
  it('is made again at once, and told as interrupted', async () => {
    const { receiver, webhook, stub } = await target(owner, { ordered: true, timeout_seconds: 30 }, { kind: 'hold' });
    const [one, two] = await happen(owner, 2);
    await receiver.gotAll(1);
    await receiver.release();
    await receiver.plan({ kind: 'hold' });
    await receiver.gotAll(2);
    await runInDurableObject(stub, (_object, state) => state.abort('as a crash would')).catch(() => undefined);
    await receiver.release();
    const [second] = await deliveriesOf(owner, webhook, allDelivered(2));
    expect(ids(await receiver.got())).toEqual([one, two, two]);
    const { attempts_made } = await detailOf(owner, second as Delivery);
    expect(attempts_made.map(({ outcome }) => outcome)).toEqual(['interrupted', 'delivered']);
  });
});

describe('the consumer of wake-ups', () => {
  it('wakes each target once, acknowledges everything, and fails for none', async () => {
    const { receiver, webhook } = await target(owner);
    const { organization_id } = owner;
    const unknown = { organization_id, target_id: newId('webhook') };
    const nonsense = { organization_id: 'org_x', target_id: '' };
    const bodies: Wakeup[] = [unknown, nonsense, ...Array(3).fill({ organization_id, target_id: webhook.id })];
    const batch = createMessageBatch<Wakeup>(
      'agentflow-wakeups',
      bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body })),
    );
    await wakeTargets(batch, env);
    expect(await getQueueResult(batch, createExecutionContext())).toMatchObject({ ackAll: true });
    await happen(owner);
    await receiver.gotAll(1);
  });

  it('does not let one organization wake the target of another for itself', async () => {
    const stranger = await signUp();
    const { receiver, webhook, stub } = await target(owner);
    await happen(owner);
    await receiver.gotAll(1);
    await stub.wake({ organization_id: stranger.organization_id, target_id: webhook.id });
    await happen(owner);
    await receiver.gotAll(2);
    await eventually(async () => (await stub.health()).delivered === 2);
  });
});

describe('a target', () => {
  const THIRTY_DAYS = 30 * 86_400_000;

  it('keeps deliveries for thirty days, and not longer', async () => {
    const { receiver, webhook, stub } = await target(owner);
    await happen(owner, 2);
    await receiver.gotAll(2);
    await deliveriesOf(owner, webhook, allDelivered(2));
    await runInDurableObject(stub, (_object, state) => {
      state.storage.sql.exec(
        'UPDATE deliveries SET created_at = created_at - ? WHERE ord = 1',
        THIRTY_DAYS + 3_600_000,
      );
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    await deliveriesOf(owner, webhook, (all) => all.length === 1);
    const attempts = await runInDurableObject(stub, (_object, state) =>
      state.storage.sql.exec('SELECT ord FROM attempts').toArray(),
    );
    expect(attempts).toEqual([{ ord: 2 }]);
  });

  it('goes on after an eviction where it was', async () => {
    const { receiver, webhook, stub } = await target(owner, { retry_seconds: [2] }, { kind: 'answer', status: 500 });
    await happen(owner);
    await deliveriesOf(owner, webhook, ([first]) => first?.attempts === 1 && first.last_status === 500);
    await receiver.plan({ kind: 'answer', status: 204 });
    await evictDurableObject(stub);
    const [delivery] = await deliveriesOf(owner, webhook, allDelivered(1));
    const { attempts_made } = await detailOf(owner, delivery as Delivery);
    const outcomes = attempts_made.map(({ outcome }) => outcome);
    // The eviction may meet the second attempt on its way, which is made again then.
    expect([outcomes[0], outcomes.at(-1)]).toEqual(['failed', 'delivered']);
    expect(outcomes.slice(1, -1).every((outcome) => outcome === 'interrupted')).toBe(true);
    expect(new Set(ids(await receiver.got())).size).toBe(1);
  });
});
