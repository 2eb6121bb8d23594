import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Delivery, OrganizationEvent, WebhookDetail } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { webhookTarget } from '../../../durable-objects/webhook-target/client.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { deliveriesOf, detailOf, happen, target } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import type { Treatment } from '../../support/receiver.ts';

const status = (code: number, headers: Record<string, string> = {}): Treatment => ({
  kind: 'answer',
  status: code,
  headers,
});
const ended = (deliveries: readonly Delivery[]) =>
  deliveries.length > 0 && deliveries.every((each) => each.finished_at);

// Of its own for each test: what fails here opens the circuit of the receivers' host, of this organization.
let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

const replay = (id: string) => api(`/deliveries/${id}/replay`, { method: 'POST', token: owner.token });

describe('what counts as delivered', () => {
  it.each<[string, Treatment, { status: string; last_status: number | null; error: RegExp | null }]>([
    [
      '200 with a body',
      { kind: 'answer', status: 200, body: 'thanks' },
      { status: 'delivered', last_status: 200, error: null },
    ],
    ['299', status(299), { status: 'delivered', last_status: 299, error: null }],
    [
      'a body that breaks off after 200',
      { kind: 'break', status: 200 },
      { status: 'delivered', last_status: 200, error: null },
    ],
    ['200 and no HTTP after it', { kind: 'lie' }, { status: 'delivered', last_status: 200, error: null }],
    [
      'a body that never ends after 200',
      { kind: 'dribble', status: 200 },
      { status: 'delivered', last_status: 200, error: null },
    ],
    [
      'a body that never ends after 500',
      { kind: 'dribble', status: 500 },
      { status: 'failed', last_status: 500, error: /500/ },
    ],
    ['404', status(404), { status: 'failed', last_status: 404, error: /404/ }],
    ['a redirect', status(302, { location: '/elsewhere' }), { status: 'failed', last_status: null, error: /redirect/ }],
    ['a dropped connection', { kind: 'drop' }, { status: 'failed', last_status: null, error: /could not be reached/ }],
    ['no answer', { kind: 'hang' }, { status: 'failed', last_status: null, error: /within 1 s/ }],
  ])('%s', async (_name, treatment, { error, ...wanted }) => {
    const { webhook } = await target(owner, { timeout_seconds: 1, retry_seconds: [] }, treatment);
    await happen(owner);
    const [delivery] = await deliveriesOf(owner, webhook, ended);
    expect(delivery).toMatchObject(wanted);
    if (error === null) expect(delivery?.last_error).toBeNull();
    else expect(delivery?.last_error).toMatch(error);
    expect(delivery?.attempts).toBe(1);
  });

  it('is answered in any length, of which the beginning is kept', async () => {
    const body = 'ä'.repeat(200_000);
    const { webhook } = await target(owner, { retry_seconds: [] }, { kind: 'answer', status: 200, body });
    await happen(owner);
    const [delivery] = await deliveriesOf(owner, webhook, ended);
    if (delivery === undefined) throw new Error('there is no delivery');
    const [attempt] = (await detailOf(owner, delivery)).attempts_made;
    expect(attempt?.response_truncated).toBe(true);
    expect(attempt?.response_body).toBe('ä'.repeat(8192));
  });
});

describe('a delivery that fails', () => {
  it('is made again with the same id and body, each attempt signed anew', async () => {
    const { receiver, webhook } = await target(
      owner,
      { retry_seconds: [1, 1] },
      status(500),
      { kind: 'drop' },
      status(204),
    );
    const [id] = await happen(owner);
    const [delivery] = await deliveriesOf(owner, webhook, ended);
    const got = await receiver.got();
    expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([id, id, id]);
    expect(new Set(got.map(({ body }) => body)).size).toBe(1);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 3 });
    const { attempts_made } = await detailOf(owner, delivery as Delivery);
    expect(attempts_made.map(({ number, outcome, status: code }) => [number, outcome, code])).toEqual([
      [1, 'failed', 500],
      [2, 'failed', null],
      [3, 'delivered', 204],
    ]);
  });

  it('is a dead letter after its last attempt, and is sent again alone or since a time', async () => {
    const { receiver, webhook } = await target(owner, { retry_seconds: [] }, status(500));
    await happen(owner, 3);
    const dead = await deliveriesOf(owner, webhook, (all) => all.length === 3 && ended(all));
    expect(dead.map((each) => each.status)).toEqual(['failed', 'failed', 'failed']);
    const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
    expect(body.health).toMatchObject({ pending: 0, failed: 3, delivered: 0, last_error: 'It answered 500.' });
    expect(body.health.failing_since).not.toBeNull();

    await receiver.plan(status(200));
    const one = dead[1] as Delivery;
    expect((await replay(one.id)).status).toBe(200);
    await deliveriesOf(owner, webhook, (all) => all.some((each) => each.id === one.id && each.status === 'delivered'));
    expect((await receiver.got()).filter(({ headers }) => headers['webhook-id'] === one.event_id)).toHaveLength(2);

    const since = new Date(Date.now() - 60_000).toISOString();
    const recovered = await api(`/webhooks/${webhook.id}/recover`, { token: owner.token, body: { since } });
    expect(recovered).toMatchObject({ status: 200, body: { deliveries: 2 } });
    const all = await deliveriesOf(owner, webhook, (each) => each.every(({ status }) => status === 'delivered'));
    expect(all.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    const later = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
    expect(later.body.health).toMatchObject({ failed: 0, delivered: 3, failing_since: null, last_error: null });
  });

  it('waits for what the receiver asks for, with all that waits, and costs no try', async () => {
    const { receiver, webhook } = await target(
      owner,
      { retry_seconds: [1] },
      status(429, { 'retry-after': '1' }),
      status(503, { 'retry-after': new Date(Date.now() + 3000).toUTCString() }),
      status(429, { 'retry-after': '1' }),
      status(204),
    );
    await happen(owner);
    await receiver.gotAll(1);
    await happen(owner);
    const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
    expect(body.health.paused_until).not.toBeNull();
    const all = await deliveriesOf(owner, webhook, (each) => each.length === 2 && ended(each));
    expect(all.map((each) => each.status)).toEqual(['delivered', 'delivered']);
    const [first, second] = await receiver.got();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(900);
    expect(await receiver.got()).toHaveLength(5);
  });

  it('finds the circuit of its host open, and then nothing is sent and no attempt is counted', async () => {
    const { receiver, webhook } = await target(owner, { retry_seconds: [60, 60] }, status(500));
    await happen(owner, 60);
    const { body } = await eventually(async () => {
      const answer = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
      return answer.body.health.paused_until === null ? null : answer;
    });
    expect(body.health.pending).toBe(60);
    const sent = (await receiver.got()).length;
    // Those that were on their way when it opened, and no more.
    expect(sent).toBeLessThan(60);
    const all = await deliveriesOf(
      owner,
      webhook,
      (each) => each.reduce((sum, { attempts }) => sum + attempts, 0) === sent,
    );
    expect(all.filter(({ attempts }) => attempts === 0)[0]).toMatchObject({ status: 'pending', attempts: 0 });
  });
});

describe('a target that is no more', () => {
  const events = async () => {
    const { body } = await api<{ data: OrganizationEvent[] }>('/events?type=webhook.disabled', { token: owner.token });
    return body.data.length > 0 ? body.data : null;
  };

  it('is disabled by 410; what waits is held, and goes on when it is activated', async () => {
    const { receiver, webhook } = await target(owner, { retry_seconds: [1, 1], ordered: true }, status(410));
    await happen(owner, 3);
    const disabled = await eventually(async () => {
      const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
      return body.disabled === null ? null : body;
    });
    expect(disabled).toMatchObject({ is_active: false, disabled: { reason: 'gone' } });
    const [told] = await eventually(events);
    expect(told?.data).toMatchObject({ target_id: webhook.id, kind: 'webhook', reason: 'gone' });
    expect(await receiver.got()).toHaveLength(1);
    const [, , first] = await deliveriesOf(owner, webhook, (all) => all.length === 3);
    expect((await replay(first?.id ?? '')).status).toBe(409);

    await receiver.plan(status(204));
    await happen(owner);
    const fields = { is_active: true };
    await api(`/webhooks/${webhook.id}`, { method: 'PUT', token: owner.token, body: fields });
    const all = await deliveriesOf(owner, webhook, ended);
    // What happened while it was not active is not for it.
    expect(all.map((each) => each.status)).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('is disabled when nothing has arrived for five days', async () => {
    const { webhook, stub } = await target(owner, { retry_seconds: [1] }, status(500));
    await happen(owner);
    await deliveriesOf(owner, webhook, ended);
    await runInDurableObject(stub, (object, state) => {
      state.storage.sql.exec('UPDATE target SET failing_since = failing_since - ?', 5 * 86_400_000);
      // @ts-expect-error a cache of its own
      object.target.forget();
    });
    await happen(owner);
    const [told] = await eventually(events);
    expect(told?.data).toMatchObject({ target_id: webhook.id, reason: 'failing' });
    const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
    expect(body.disabled?.detail).toContain('It answered 500.');
  });

  it('deletes what it has when it is deleted, and nobody who asks leaves anything', async () => {
    const { receiver, webhook, stub } = await target(owner);
    const tables = (each: typeof stub) =>
      runInDurableObject(each, (_object, state) =>
        state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
      );
    await happen(owner);
    await receiver.gotAll(1);
    expect(await tables(stub)).not.toEqual([]);
    await api(`/webhooks/${webhook.id}`, { method: 'DELETE', token: owner.token });
    await eventually(async () => (await tables(stub)).length === 0);

    const unknown = webhookTarget(env.WEBHOOK_TARGET, `whk_${'0'.repeat(26)}`);
    await unknown.wake({ organization_id: owner.organization_id, target_id: `whk_${'0'.repeat(26)}` });
    expect(await unknown.delivery('dlv_x')).toBeNull();
    expect(await unknown.deliveries({ limit: 10, before: undefined })).toEqual({ data: [], next: null });
    expect(await tables(unknown)).toEqual([]);
  });
});
