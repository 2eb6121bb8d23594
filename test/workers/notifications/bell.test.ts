import { env } from 'cloudflare:workers';
import type { EventType, NotificationPage, NotificationSettings } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LoggedEvent } from '../../../durable-objects/organization/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { asked, askingAgent, decide, start } from '../../support/approvals.ts';
import { boundaryCalls } from '../../support/binding-calls.ts';
import { listEvents, logged } from '../../support/events.ts';
import { eventually } from '../../support/eventually.ts';

type Caller = Pick<Member, 'token'>;

async function bell({ token }: Caller, query = ''): Promise<NotificationPage> {
  const { status, body } = await api<NotificationPage>(`/notifications${query}`, { token });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
const ids = (page: NotificationPage) => page.data.map(({ id }) => id);
const post = ({ token }: Caller, path: string) => api(`/notifications/${path}`, { token, method: 'POST' });
const settings = ({ token }: Caller, body: unknown) =>
  api<NotificationSettings>('/notifications/settings', { token, method: 'PUT', body });

describe('The bell', () => {
  let owner: Member;
  let overrun: LoggedEvent;
  let disabled: LoggedEvent;
  let failed: LoggedEvent;

  beforeEach(async () => {
    owner = await signUp();
    const now = Date.now() + 1000;
    overrun = logged('budget.overrun', {}, now);
    disabled = logged('webhook.disabled', {}, now + 1);
    failed = logged('execution.failed', {}, now + 2);
    await listEvents(owner, [failed, overrun, disabled]);
    await listEvents(await signUp(), [logged('budget.overrun')]);
  });

  it('tells what asks for attention, newest first, page by page', async () => {
    const all = await bell(owner);
    expect(all).toMatchObject({ unread: 2, next_cursor: null });
    expect(all.data[0]).toEqual({
      id: disabled.id,
      type: 'webhook.disabled',
      timestamp: new Date(disabled.at).toISOString(),
      title: 'Nothing is sent to https://example.com/hooks/agentflow any more',
      detail: 'The receiver answered 410.',
      path: `/dashboard/webhooks/${disabled.data.target_id}`,
      status: null,
      read: false,
    });
    const first = await bell(owner, '?limit=1');
    expect(first.data).toEqual(all.data.slice(0, 1));
    expect((await bell(owner, `?limit=1&cursor=${first.next_cursor}`)).data).toEqual(all.data.slice(1));
  });

  it('tells each person what their permissions show', async () => {
    const viewer = await withRole(owner, 'viewer');
    expect(await bell(viewer)).toEqual({ data: [], next_cursor: null, unread: 0 });
    expectProblem(await post(viewer, `${overrun.id}/read`), 404, 'not_found');
    await settings(viewer, { muted: [], added: ['execution.failed', 'billing.payment_failed'] });
    expect(ids(await bell(viewer))).toEqual([failed.id]);
  });

  it('keeps what is read apart from what is not, for each person', async () => {
    const other = await withRole(owner, 'admin');
    expect((await post(owner, `${overrun.id}/read`)).status).toBe(204);
    expect((await post(owner, `${overrun.id}/read`)).status).toBe(204);
    expect(await bell(owner)).toMatchObject({ unread: 1, data: [{ read: false }, { read: true }] });
    expect((await post(owner, 'read-all')).status).toBe(204);
    expect(await bell(owner)).toMatchObject({ unread: 0, data: [{ read: true }, { read: true }] });
    const left = env.DB.prepare('SELECT count(*) AS n FROM notification_reads WHERE user_id = ?').bind(owner.user_id);
    expect(await left.first('n')).toBe(0);
    const later = logged('budget.overrun', {}, disabled.at + 10);
    await listEvents(owner, [later]);
    expect(await bell(owner)).toMatchObject({ unread: 1, data: [{ id: later.id, read: false }, {}, {}] });
    expect(await bell(other)).toMatchObject({ unread: 3 });
    expectProblem(await post(await signUp(), `${later.id}/read`), 404, 'not_found');
    expectProblem(await post(owner, `${failed.id}/read`), 404, 'not_found');
    expectProblem(await post(owner, `${newId('event')}/read`), 404, 'not_found');
  });

  it('has been read by whoever joins after it rang', async () => {
    await listEvents(owner, [logged('budget.overrun', {}, Date.now() - 60_000)]);
    const joined = await withRole(owner, 'admin');
    expect(await bell(joined)).toMatchObject({ unread: 2, data: [{ read: false }, { read: false }, { read: true }] });
  });

  it('tells what its person chooses', async () => {
    const { token } = owner;
    expect((await api('/notifications/settings', { token })).body).toEqual({ muted: [], added: [] });
    await post(owner, 'read-all');
    const wanted = { muted: ['webhook.disabled'], added: ['execution.failed', 'execution.failed'] };
    const { body } = await settings(owner, wanted);
    expect(body).toEqual({ muted: ['webhook.disabled'], added: ['execution.failed'] });
    expect((await api('/notifications/settings', { token })).body).toEqual(body);
    expect(ids(await bell(owner))).toEqual([failed.id, overrun.id]);
    expect((await bell(owner)).unread).toBe(1);
    await settings(owner, { muted: ['execution.failed'], added: ['execution.failed'] });
    expect(ids(await bell(owner))).toEqual([disabled.id, overrun.id]);
    expect((await bell(owner)).unread).toBe(0);
    for (const bad of [
      { muted: ['execution.paused'], added: [] },
      { muted: [] },
      { muted: [], added: [], loud: true },
    ]) {
      expectProblem(await settings(owner, bad), 422, 'validation_failed');
    }
  });

  it('is for people', async () => {
    const { key } = await createKey(owner, ['governance:read', 'webhooks:read']);
    const calls: [string, string, unknown?][] = [
      ['GET', ''],
      ['POST', '/read-all'],
      ['GET', '/settings'],
      ['PUT', '/settings', { muted: [], added: [] }],
    ];
    for (const [method, path, body] of calls) {
      const answer = await api(`/notifications${path}`, { key, method, ...(body === undefined ? {} : { body }) });
      expect(expectProblem(answer, 403, 'forbidden').detail).toContain('for people');
    }
    expectProblem(await api(`/notifications/${overrun.id}/read`, { key, method: 'POST' }), 404, 'not_found');
  });

  it('counts up to a hundred, and finds what is rare among what is not by an index', async () => {
    const types: readonly EventType[] = ['execution.completed', 'budget.overrun'];
    for (const type of types)
      await listEvents(
        owner,
        Array.from({ length: 120 }, () => logged(type, {}, overrun.at)),
      );
    const { page, asked: calls } = await boundaryCalls(async (asked) => ({ page: await bell(owner), asked }));
    expect(page.unread).toBe(100);
    const reads = calls.filter(({ text }) => text.includes('AS newest'));
    expect(reads).toHaveLength(2);
    for (const { text, parameters } of reads) {
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
        .bind(...parameters)
        .all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail).join('\n');
      expect(plan).toMatch(/SEARCH told USING INDEX events_type \(organization_id=\? AND type=\?/);
      expect(plan).not.toMatch(/SCAN (?!wanted|named|json_each|\(subquery)/);
    }
  });
});

describe('An approval in the bell', () => {
  it('is told to those who may decide it, with how it stands', async () => {
    const owner = await signUp();
    const viewer = await withRole(owner, 'viewer');
    const agent = await askingAgent(owner);
    const [approval] = await asked(owner, (await start(owner, agent.id)).id);
    const waiting = await eventually(async () => (await bell(owner)).data[0]);
    expect(waiting).toMatchObject({
      type: 'approval.requested',
      status: 'pending',
      read: false,
      detail: 'Refund 40 to Marta?',
      path: `/dashboard/approvals?approval=${approval?.id}`,
    });
    expect((await bell(viewer)).data).toEqual([]);
    await settings(viewer, { muted: [], added: ['approval.requested'] });
    expect(ids(await bell(viewer))).toEqual([waiting.id]);
    const decision = { decision: 'approve', action_hash: approval?.action_hash };
    expect((await decide(owner, String(approval?.id), decision)).status).toBe(200);
    const after = await eventually(async () => {
      const page = await bell(owner);
      return page.data[0]?.status === 'approved' ? page : null;
    });
    expect(after).toMatchObject({ unread: 0, data: [{ id: waiting.id, read: true }] });
  });

  it('is told to whom it names', async () => {
    const owner = await signUp();
    const named = await withRole(owner, 'viewer');
    const agent = await askingAgent(owner, { approvers: { users: [named.user_id], roles: [], teams: [] } });
    await asked(owner, (await start(owner, agent.id)).id);
    await eventually(async () => (await bell(named)).unread === 1);
    expect((await bell(owner)).data).toEqual([]);
  });
});
