import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { OrganizationEvent } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../../workers/db/client.ts';
import { forgetPerson } from '../../../workers/domains/erasure/index.ts';
import { outgoingEvent } from '../../../workers/domains/events/index.ts';
import { api, createKey, type Member, PASSWORD, signUp, withRole } from '../../support/api.ts';
import { withoutCall } from '../../support/binding-calls.ts';
import { listEvents, logged } from '../../support/events.ts';
import { eventually } from '../../support/eventually.ts';
import { accept, apiWith, invite, someAddress } from '../../support/people.ts';

async function told(owner: Member, type: string): Promise<OrganizationEvent | undefined> {
  const { body } = await api<{ data: OrganizationEvent[] }>(`/events?type=${type}`, { token: owner.token });
  expect(body.data.length, type).toBeLessThan(2);
  return body.data[0];
}

async function waitingRows(owner: Member): Promise<number | null> {
  return await env.DB.prepare('SELECT count(*) AS n FROM event_outbox WHERE organization_id = ?')
    .bind(owner.organization_id)
    .first('n');
}

describe('What happens to members is told', () => {
  it('when they are invited, join and are removed', async () => {
    const owner = await signUp();
    const email = someAddress();
    const invitation = await invite(owner, email, 'editor');
    const invited = await eventually(() => told(owner, 'member.invited'));
    expect(invited.data).toEqual({
      invitation_id: invitation.id,
      email,
      role: 'editor',
      invited_by: owner.user_id,
    });
    const joined = await accept(invitation.token, { body: { name: 'New', password: PASSWORD } });
    const user_id = joined.body.user.id;
    expect((await eventually(() => told(owner, 'member.joined'))).data).toEqual({ user_id, email, role: 'editor' });
    const mark =
      "INSERT INTO notification_marks (organization_id, user_id, read_to, settings) VALUES (?, ?, 'evt_0', '{}')";
    await env.DB.prepare(mark).bind(owner.organization_id, user_id).run();
    const { key, id } = await createKey(owner, ['members:manage']);
    expect((await api(`/org/members/${user_id}`, { method: 'DELETE', key })).status).toBe(204);
    expect((await eventually(() => told(owner, 'member.removed'))).data).toEqual({ user_id, email, removed_by: id });
    expect(await eventually(async () => (await waitingRows(owner)) === 0)).toBe(true);
    const marks = env.DB.prepare('SELECT count(*) AS n FROM notification_marks WHERE user_id = ?').bind(user_id);
    expect(await marks.first('n')).toBe(0);
  });

  it('once, by the alarm, when the request dies after it is written', async () => {
    const owner = await signUp();
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    const request = { token: owner.token, body: { email: someAddress(), role: 'viewer' } };
    const dying = withoutCall(env, 'ORGANIZATION', 'collectEvents');
    expect((await apiWith(dying, '/org/members/invite', request)).status).toBe(201);
    expect(await waitingRows(owner)).toBe(1);
    expect(await told(owner, 'member.invited')).toBeUndefined();
    await runInDurableObject(desk, (_desk, { storage }) => {
      storage.sql.exec('UPDATE event_relay SET collect_at = 1');
    });
    await runDurableObjectAlarm(desk);
    await eventually(() => told(owner, 'member.invited'));
    expect(await waitingRows(owner)).toBe(0);
    await runDurableObjectAlarm(desk);
    await desk.collectEvents();
    expect(await told(owner, 'member.invited')).toBeDefined();
  });

  it('not at all when it did not happen', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'viewer');
    const again = { token: owner.token, body: { email: member.email, role: 'viewer' } };
    expect((await api('/org/members/invite', again)).status).toBe(409);
    expect(await waitingRows(owner)).toBe(0);
    const database = db(env, owner.organization_id);
    expect(() =>
      outgoingEvent(
        database,
        owner.organization_id,
        'member.joined',
        { user_id: 'nobody', email: '', role: 'viewer' },
        1,
      ),
    ).toThrow(/usr_/);
  });

  it('without the address of somebody who erased themselves', async () => {
    const owner = await signUp();
    const leaving = await signUp();
    await env.DB.prepare('INSERT INTO memberships VALUES (?, ?, ?, 1)')
      .bind(owner.organization_id, leaving.user_id, 'editor')
      .run();
    for (const table of ['notification_reads (organization_id, user_id, event_id)', 'notification_marks']) {
      const values = table === 'notification_marks' ? "(?, ?, 'evt_0', '{}')" : "(?, ?, 'evt_0')";
      await env.DB.prepare(`INSERT INTO ${table} VALUES ${values}`).bind(owner.organization_id, leaving.user_id).run();
    }
    const body = { confirm: leaving.email, password: PASSWORD };
    expect((await api('/auth/me', { method: 'DELETE', token: leaving.token, body })).status).toBe(204);
    const { data } = await eventually(() => told(owner, 'member.removed'));
    expect(data).toEqual({ user_id: leaving.user_id, email: null, removed_by: leaving.user_id });
    for (const table of ['notification_marks', 'notification_reads']) {
      const left = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?`).bind(leaving.user_id);
      expect(await left.first('n')).toBe(0);
    }
  });
});

describe('A person who is forgotten', () => {
  it('has neither name nor address in the list of events', async () => {
    const owner = await signUp();
    const person = { id: owner.user_id, email: 'grace@example.com' };
    const grace = { type: 'user' as const, id: person.id, name: 'Grace' };
    const run = logged('execution.completed', { triggered_by: grace });
    const others = logged('execution.completed', {});
    const decided = logged('approval.approved', { decided_by: grace, comment: 'Fine.' });
    const joined = logged('member.joined', { user_id: person.id, email: person.email });
    const invited = logged('member.invited', { email: person.email });
    const many = Array.from({ length: 600 }, () => logged('agent.paused'));
    await listEvents(owner, [run, ...many, others, decided, joined, invited]);
    const forget = (cursor: string) =>
      forgetPerson(env, owner.organization_id, person, cursor, async (ids) => new Set(ids));
    const first = await forget('');
    expect(first.done).toBe(false);
    expect((await forget(first.cursor)).done).toBe(true);
    const dataOf = async ({ id }: { id: string }) =>
      (await api<OrganizationEvent>(`/events/${id}`, { token: owner.token })).body.data;
    const former = { ...grace, name: 'Former member' };
    expect(await dataOf(run)).toEqual({ ...run.data, triggered_by: former });
    expect(await dataOf(decided)).toEqual({ ...decided.data, decided_by: former });
    expect(await dataOf(others)).toEqual(others.data);
    expect(await dataOf(joined)).toEqual({ ...joined.data, email: null });
    expect(await dataOf(invited)).toEqual({ ...invited.data, email: null });
  });
});
