import { env } from 'cloudflare:workers';
import type { Me, Session } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { api, createKey, expectProblem, type Member, PASSWORD, signUp, withRole } from '../../support/api.ts';
import {
  apiWith,
  audited,
  beginErasure,
  cookieOf,
  databaseWith,
  joinAs,
  refresh,
  sessionIdOf,
  someAddress,
} from '../../support/people.ts';

const switchTo = (token: string, { organization_id }: Pick<Member, 'organization_id'>) =>
  api<Session>('/auth/switch', { token, body: { organization_id } });
const logIn = (email: string, password = PASSWORD) => api<Session>('/auth/login', { body: { email, password } });
const signUpAgain = (email: string, password = PASSWORD) =>
  api<Session>('/auth/signup', { body: { organization_name: 'Second', email, password } });
const me = (token: string) => api<Me>('/auth/me', { token });

/** A person who was removed from the only organization that they had. */
async function homeless(): Promise<Member> {
  const person = await signUp();
  await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(person.user_id).run();
  forgetMemberships();
  return person;
}

const membershipsOf = async ({ user_id }: Member) =>
  (await env.DB.prepare('SELECT * FROM memberships WHERE user_id = ?').bind(user_id).all()).results;

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('switching the organization', () => {
  it('moves the session: the cookie goes on, tokens for the former organization end', async () => {
    const person = await signUp();
    const target = await signUp();
    await joinAs(person, target, 'editor');
    const login = await logIn(person.email);
    const cookie = cookieOf(login);
    const before = login.body.access_token;
    expect((await me(before)).status).toBe(200);

    const answer = await switchTo(before, target);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body.organization.id).toBe(target.organization_id);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await me(answer.body.access_token)).body).toMatchObject({ role: 'editor' });
    expectProblem(await me(before), 401, 'unauthenticated');
    const refreshed = await refresh(cookie);
    expect(refreshed.body.organization.id).toBe(target.organization_id);
    const session_id = sessionIdOf(login.body);
    expect(await audited(target.organization_id, 'session')).toMatchObject([
      { action: 'session.switched_here', actor_id: person.user_id, resource_id: session_id, details: {} },
    ]);
    expect(await audited(person.organization_id, 'session')).toEqual([]);
  });

  it('goes there and back within seconds', async () => {
    const person = await signUp();
    const target = await signUp();
    await joinAs(person, target, 'viewer');
    const there = await switchTo(person.token, target);
    expectProblem(await me(person.token), 401, 'unauthenticated');
    const back = await switchTo(there.body.access_token, person);
    expect((await me(back.body.access_token)).status).toBe(200);
    expectProblem(await me(there.body.access_token), 401, 'unauthenticated');
  });

  it('is honoured at once by an isolate that has just refused the organization', async () => {
    const person = await signUp();
    const target = await signUp();
    await joinAs(person, target, 'viewer');
    const move = env.DB.prepare('UPDATE sessions SET organization_id = ? WHERE id = ?');
    // As another isolate would do it: this one forgets nothing.
    await move.bind(target.organization_id, person.session_id).run();
    expectProblem(await me(person.token), 401, 'unauthenticated');
    await move.bind(person.organization_id, person.session_id).run();
    expect((await me(person.token)).status).toBe(200);
  });

  it('to where one is already gives a token and writes nothing', async () => {
    const person = await signUp();
    const answer = await switchTo(person.token, person);
    expect((await me(answer.body.access_token)).status).toBe(200);
    expect((await me(person.token)).status).toBe(200);
    expect(await audited(person.organization_id, 'session')).toEqual([]);
  });

  it('leads nowhere that one does not belong to', async () => {
    const person = await signUp();
    const [stranger, erased] = [await signUp(), await signUp()];
    await joinAs(person, erased, 'owner');
    await beginErasure(erased);
    for (const target of [stranger, erased, { organization_id: `org_${'0'.repeat(26)}` }]) {
      expectProblem(await switchTo(person.token, target), 404, 'not_found');
    }
    expectProblem(await switchTo(person.token, { organization_id: 'x' }), 422, 'validation_failed');
    expect((await me(person.token)).status).toBe(200);
    expect(await audited(stranger.organization_id, 'session')).toEqual([]);
  });

  it('is for people', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['org:read']);
    const answer = await api('/auth/switch', { key, body: { organization_id: owner.organization_id } });
    expectProblem(answer, 403, 'forbidden');
  });

  it('does not revive a session that ends at the same moment', async () => {
    const person = await signUp();
    const target = await signUp();
    await joinAs(person, target, 'viewer');
    await me(person.token);
    await env.DB.prepare('UPDATE sessions SET revoked_at = 1 WHERE id = ?').bind(person.session_id).run();
    // This isolate still honours the session for a moment, as another one would.
    expectProblem(await switchTo(person.token, target), 401, 'unauthenticated');
    expect(await audited(target.organization_id, 'session')).toEqual([]);
  });
});

describe('login', () => {
  it('goes to the organization of the newest session, while the person belongs to it', async () => {
    const person = await signUp();
    const target = await signUp();
    await joinAs(person, target, 'viewer');
    const first = await logIn(person.email);
    expect(first.body.organization.id).toBe(person.organization_id);
    await switchTo(first.body.access_token, target);
    expect((await logIn(person.email)).body.organization.id).toBe(target.organization_id);
    await api(`/org/members/${person.user_id}`, { token: target.token, method: 'DELETE' });
    expect((await logIn(person.email)).body.organization.id).toBe(person.organization_id);
  });

  it('goes to the oldest membership where the newest session leads nowhere', async () => {
    const person = await signUp();
    const [older, newer] = [await signUp(), await signUp()];
    await joinAs(person, older, 'viewer');
    await joinAs(person, newer, 'viewer');
    await env.DB.prepare('UPDATE memberships SET created_at = created_at - 1000 WHERE organization_id = ?')
      .bind(older.organization_id)
      .run();
    await beginErasure(person);
    expect((await logIn(person.email)).body.organization.id).toBe(older.organization_id);
    forgetMemberships();
    expectProblem(await me(person.token), 401, 'unauthenticated');
  });

  it('reads by index', async () => {
    const { results } = await env.DB.prepare(
      'EXPLAIN QUERY PLAN SELECT organization_id FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1',
    )
      .bind('usr_x')
      .all<{ detail: string }>();
    expect(results[0]?.detail).toContain('USING INDEX sessions_user');
  });

  it('tells somebody who belongs nowhere, and does not count it as a failure', async () => {
    const person = await homeless();
    const answer = await logIn(person.email);
    expectProblem(answer, 403, 'no_organization');
    expect(answer.headers.get('set-cookie')).toBeNull();
    for (let n = 0; n < 9; n++)
      expectProblem(await logIn(person.email, 'not the password'), 401, 'invalid_credentials');
    for (let n = 0; n < 3; n++) expectProblem(await logIn(person.email), 403, 'no_organization');
    expectProblem(await logIn(person.email, 'not the password'), 401, 'invalid_credentials');
    expectProblem(await logIn(person.email), 429, 'rate_limited');
  });

  it('says the same to a wrong password, wherever the person belongs', async () => {
    const answers = [
      await logIn((await homeless()).email, 'wrong password'),
      await logIn(someAddress(), 'wrong password'),
    ];
    const [one, two] = answers.map((answer) => ({
      ...expectProblem(answer, 401, 'invalid_credentials'),
      request_id: '',
    }));
    expect(one).toEqual(two);
  });

  it('finds no organization that is being erased', async () => {
    const person = await signUp();
    await beginErasure(person);
    forgetMemberships();
    expectProblem(await logIn(person.email), 403, 'no_organization');
    expectProblem(await me(person.token), 401, 'unauthenticated');
  });
});

describe('signing up with a registered address', () => {
  it('makes an organization for an account that has none', async () => {
    const person = await homeless();
    const answer = await signUpAgain(` ${person.email.toUpperCase()} `);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body).toMatchObject({ user: { id: person.user_id }, organization: { name: 'Second' } });
    expect((await me(answer.body.access_token)).body).toMatchObject({ role: 'owner' });
    expect((await refresh(cookieOf(answer))).status).toBe(200);
    expect((await logIn(person.email)).body.organization.id).toBe(answer.body.organization.id);
    expect(await audited(answer.body.organization.id, 'organization')).toMatchObject([
      { action: 'organization.created', actor_id: person.user_id },
    ]);
    expectProblem(await signUpAgain(person.email), 409, 'email_taken');
  });

  it('makes one when that is asked for twice at once', async () => {
    const person = await homeless();
    const answers = await Promise.all([signUpAgain(person.email), signUpAgain(person.email)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await membershipsOf(person)).toHaveLength(1);
  });

  it('is refused in the same words for a wrong password, and for an account that has one', async () => {
    const [nowhere, member] = [await homeless(), await signUp()];
    const answers = [
      await signUpAgain(nowhere.email, 'wrong password'),
      await signUpAgain(member.email, 'wrong password'),
      await signUpAgain(member.email),
    ];
    const bodies = answers.map((answer) => ({ ...expectProblem(answer, 409, 'email_taken'), request_id: '' }));
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
    expect(await membershipsOf(nowhere)).toEqual([]);
  });

  it('counts wrong passwords like failed logins', async () => {
    const person = await homeless();
    for (let n = 0; n < 10; n++) expectProblem(await signUpAgain(person.email, 'wrong password'), 409, 'email_taken');
    expectProblem(await signUpAgain(person.email), 429, 'rate_limited');
    expectProblem(await logIn(person.email), 429, 'rate_limited');
    expect(await membershipsOf(person)).toEqual([]);
  });
});

describe('a refresh token that comes back', () => {
  it('is told to the audit log, once', async () => {
    const owner = await signUp();
    const login = await logIn(owner.email);
    const first = cookieOf(login);
    const second = cookieOf(await refresh(first));
    await refresh(second);
    // The second replay ends the session between the look and the write of the first.
    const DB = databaseWith(async () => expectProblem(await refresh(first), 401, 'unauthenticated'));
    const headers = { 'X-AgentFlow-CSRF': '1', cookie: `af_refresh=${first}` };
    expectProblem(await apiWith({ DB }, '/auth/refresh', { headers }), 401, 'unauthenticated');
    expectProblem(await refresh(first), 401, 'unauthenticated');
    expectProblem(await refresh(second), 401, 'unauthenticated');
    const rows = await audited(owner.organization_id, 'session');
    expect(rows).toEqual([
      {
        action: 'session.reuse_detected',
        actor_type: 'system',
        actor_id: 'sessions',
        resource_id: sessionIdOf(login.body),
        details: { user_id: owner.user_id },
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain(first);
  });

  it('within the grace time is not', async () => {
    const owner = await signUp();
    const cookie = cookieOf(await logIn(owner.email));
    expect((await Promise.all([refresh(cookie), refresh(cookie)])).map(({ status }) => status)).toEqual([200, 200]);
    expect(await audited(owner.organization_id, 'session')).toEqual([]);
  });

  it('leaves the other sessions of the organization alone', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'viewer');
    const first = cookieOf(await logIn(owner.email));
    await refresh(cookieOf(await refresh(first)));
    expectProblem(await refresh(first), 401, 'unauthenticated');
    expect((await me(member.token)).status).toBe(200);
    expect((await me(owner.token)).status).toBe(200);
  });
});
