import { env } from 'cloudflare:workers';
import type { InvitationDetails, Me } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { api, createKey, expectProblem, type Member, PASSWORD, signUp, withRole } from '../../support/api.ts';
import {
  accept,
  apiWith,
  audited,
  beginErasure,
  cookieOf,
  databaseWith,
  invite,
  joinAs,
  refresh,
  sessionIdOf,
  someAddress,
} from '../../support/people.ts';

const NEW_PASSWORD = 'a new long password';
const details = (token: string) => api<InvitationDetails>(`/org/invitations/${token}`);
const me = (token: string) => api<Me>('/auth/me', { token });

async function count(table: string, where: string, ...values: string[]): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`)
    .bind(...values)
    .first<{ n: number }>();
  return row?.n ?? -1;
}

const membersOf = ({ organization_id }: Member) => count('memberships', 'organization_id = ?', organization_id);

function travel(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('the holder of a link', () => {
  it('sees what it invites to, as often as a mail scanner likes', async () => {
    const owner = await signUp({ organization_name: 'Harbour' });
    const made = await invite(owner, someAddress(), 'editor');
    for (let n = 0; n < 3; n++) {
      const answer = await details(made.token);
      expect(answer.body).toMatchObject({
        organization: { id: owner.organization_id, name: 'Harbour' },
        email: made.email,
        role: 'editor',
        expires_at: made.expires_at,
        registered: false,
      });
      expect(answer.body.invited_by).toMatch(/^Owner/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    const registered = await invite(owner, (await signUp()).email);
    expect((await details(registered.token)).body.registered).toBe(true);
  });

  it.each(['x', 'A'.repeat(43), 'A'.repeat(44), `${'A'.repeat(42)}%00`])('gets 404 for %s', async (token) => {
    const problem = expectProblem(await details(token), 404, 'not_found');
    expect(problem.detail).not.toContain(token);
    expectProblem(await accept(token, { body: { password: NEW_PASSWORD } }), 404, 'not_found');
  });
});

describe('an address without an account', () => {
  it('registers with a password and is in', async () => {
    const owner = await signUp();
    const made = await invite(owner, someAddress(), 'editor');
    const answer = await accept(made.token, { body: { name: 'Ada', password: NEW_PASSWORD } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({
      user: { email: made.email, name: 'Ada' },
      organization: { id: owner.organization_id },
    });
    expect((await me(answer.body.access_token)).body).toMatchObject({ role: 'editor' });
    expect((await refresh(cookieOf(answer))).status).toBe(200);
    const again = await api('/auth/login', { body: { email: made.email, password: NEW_PASSWORD } });
    expect(again.status).toBe(200);
    expect(await audited(owner.organization_id, 'member')).toMatchObject([
      {
        action: 'member.joined',
        actor_id: answer.body.user.id,
        resource_id: answer.body.user.id,
        details: { email: made.email, role: 'editor', invited_by: owner.user_id },
      },
    ]);
    expectProblem(await details(made.token), 410, 'invitation_gone');
    expectProblem(await accept(made.token, { body: { password: NEW_PASSWORD } }), 410, 'invitation_gone');
  });

  it('needs a password that will do, and a name of 120 characters at most', async () => {
    const owner = await signUp();
    const made = await invite(owner, someAddress());
    for (const [body, path] of [
      [{}, 'password'],
      [{ name: 'Ada' }, 'password'],
      [{ password: 'short' }, 'password'],
      [{ password: NEW_PASSWORD, name: 'x'.repeat(1000) }, 'name'],
      [{ password: NEW_PASSWORD, name: '   ' }, 'name'],
    ] as const) {
      const problem = expectProblem(await accept(made.token, { body }), 422, 'validation_failed');
      expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    }
    expect(await count('users', 'email = ?', made.email)).toBe(0);
    expect((await details(made.token)).status).toBe(200);
  });

  it('lets one of several acceptances at once in', async () => {
    const owner = await signUp();
    const made = await invite(owner, someAddress());
    const attempts = await Promise.all(
      Array.from({ length: 3 }, () => accept(made.token, { body: { password: NEW_PASSWORD } })),
    );
    expect(attempts.map(({ status }) => status).sort()).toEqual([200, 410, 410]);
    expect(await membersOf(owner)).toBe(2);
    expect(await count('users', 'email = ?', made.email)).toBe(1);
    expect(await audited(owner.organization_id, 'member')).toHaveLength(1);
  });

  it('joins two organizations at once with one account', async () => {
    const [one, two] = [await signUp(), await signUp()];
    const email = someAddress();
    const [first, second] = [await invite(one, email), await invite(two, email)];
    const answers = await Promise.all(
      [first, second].map(({ token }) => accept(token, { body: { password: NEW_PASSWORD } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await count('users', 'email = ?', email)).toBe(1);
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
  });
});

describe('an address with an account', () => {
  it('joins with its password', async () => {
    const owner = await signUp();
    const person = await signUp();
    const made = await invite(owner, person.email, 'manager');
    expectProblem(await accept(made.token, { body: { password: 'wrong password' } }), 401, 'invalid_credentials');
    expectProblem(await accept(made.token), 422, 'validation_failed');
    const answer = await accept(made.token, { body: { password: PASSWORD, name: 'Mallory' } });
    expect(answer.body).toMatchObject({ user: { id: person.user_id }, organization: { id: owner.organization_id } });
    expect(answer.body.user.name).not.toBe('Mallory');
    expect((await me(answer.body.access_token)).body.organizations).toHaveLength(2);
    expect((await me(person.token)).status).toBe(200);
  });

  it('counts wrong passwords like failed logins', async () => {
    const person = await signUp();
    const made = await invite(await signUp(), person.email);
    for (let n = 0; n < 10; n++) {
      const answer = await accept(made.token, { body: { password: 'wrong password' } });
      expectProblem(answer, 401, 'invalid_credentials');
    }
    expectProblem(await accept(made.token, { body: { password: PASSWORD } }), 429, 'rate_limited');
    const login = await api('/auth/login', { body: { email: person.email, password: PASSWORD } });
    expectProblem(login, 429, 'rate_limited');
  });

  it('joins with its access token, whose session ends in favour of the new one', async () => {
    const owner = await signUp();
    const person = await signUp();
    const made = await invite(owner, person.email);
    const answer = await accept(made.token, { token: person.token });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({ user: { id: person.user_id }, organization: { id: owner.organization_id } });
    expect(sessionIdOf(answer.body)).not.toBe(person.session_id);
    expect((await me(answer.body.access_token)).status).toBe(200);
    expectProblem(await me(person.token), 401, 'unauthenticated');
  });

  it('lets one of two in, of whom one sends a token and one the password', async () => {
    const owner = await signUp();
    const person = await signUp();
    const made = await invite(owner, person.email);
    const attempts = await Promise.all([
      accept(made.token, { token: person.token }),
      accept(made.token, { body: { password: PASSWORD } }),
    ]);
    expect(attempts.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect(await membersOf(owner)).toBe(2);
  });

  it('is not joined by somebody else, whatever they send', async () => {
    const owner = await signUp();
    const person = await signUp();
    const other = await signUp();
    const made = await invite(owner, person.email);
    expectProblem(await accept(made.token, { token: other.token }), 403, 'wrong_person');
    expectProblem(await accept(made.token, { token: other.token, body: { password: PASSWORD } }), 403, 'wrong_person');
    const { key } = await createKey(other, ['org:read']);
    expectProblem(await accept(made.token, { key }), 403, 'forbidden');
    expectProblem(await accept(made.token, { headers: { 'x-api-key': key } }), 403, 'forbidden');
    expectProblem(await accept(made.token, { token: 'x' }), 401, 'unauthenticated');
    expect(await membersOf(owner)).toBe(1);
    expect((await details(made.token)).status).toBe(200);
  });

  it('does not join with a password that has been changed meanwhile', async () => {
    const person = await signUp();
    const made = await invite(await signUp(), person.email);
    const DB = databaseWith(() =>
      env.DB.prepare("UPDATE users SET password_hash = 'changed' WHERE id = ?").bind(person.user_id).run(),
    );
    const body = { password: PASSWORD };
    expectProblem(await apiWith({ DB }, `/org/invitations/${made.token}/accept`, { body }), 401, 'invalid_credentials');
    expect((await details(made.token)).status).toBe(200);
  });

  it('joins with its password when it was registered a moment before', async () => {
    const owner = await signUp();
    const email = someAddress();
    const made = await invite(owner, email);
    const DB = databaseWith(() => signUp({ email }));
    const path = `/org/invitations/${made.token}/accept`;
    const wrong = await apiWith({ DB }, path, { body: { password: 'another password' } });
    expectProblem(wrong, 401, 'invalid_credentials');
    expect((await accept(made.token, { body: { password: PASSWORD } })).status).toBe(200);
  });

  it('says so when the person is a member by now', async () => {
    const owner = await signUp();
    const person = await signUp();
    const made = await invite(owner, person.email);
    await joinAs(person, owner, 'viewer');
    expectProblem(await accept(made.token, { body: { password: PASSWORD } }), 409, 'already_member');
    expectProblem(await accept(made.token, { token: person.token }), 409, 'already_member');
    expect((await me(person.token)).status).toBe(200);
    expect(await count('memberships', "user_id = ? AND role = 'viewer'", person.user_id)).toBe(1);
  });
});

describe('an invitation is gone', () => {
  const refused = async (token: string) => {
    expectProblem(await details(token), 410, 'invitation_gone');
    expectProblem(await accept(token, { body: { password: NEW_PASSWORD } }), 410, 'invitation_gone');
  };

  it('after seven days', async () => {
    const made = await invite(await signUp(), someAddress());
    travel(7 * 86_400_000 - 5000);
    expect((await details(made.token)).status).toBe(200);
    travel(5001);
    await refused(made.token);
  });

  it('when its organization is being erased', async () => {
    const owner = await signUp();
    const made = await invite(owner, someAddress());
    await beginErasure(owner);
    await refused(made.token);
  });

  it('when whoever invited has been removed, or has fallen below its role', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const [asAdmin, asViewer] = [
      await invite(admin, someAddress(), 'admin'),
      await invite(admin, someAddress(), 'viewer'),
    ];
    await api(`/org/members/${admin.user_id}/role`, { method: 'PUT', token: owner.token, body: { role: 'developer' } });
    await refused(asAdmin.token);
    expect((await details(asViewer.token)).status).toBe(200);
    await api(`/org/members/${admin.user_id}`, { method: 'DELETE', token: owner.token });
    await refused(asViewer.token);
    const again = await api<{ link: string }>(`/org/members/invitations/${asViewer.id}/resend`, {
      method: 'POST',
      token: owner.token,
    });
    expect((await details(again.body.link.slice(-43))).status).toBe(200);
  });

  it('when the API key that invited has been revoked', async () => {
    const owner = await signUp();
    const { key, id } = await createKey(owner, ['members:manage']);
    const made = await api<{ link: string }>('/org/members/invite', {
      key,
      body: { email: someAddress(), role: 'viewer' },
    });
    const token = made.body.link.slice(-43);
    expect((await details(token)).status).toBe(200);
    await api(`/org/api-keys/${id}`, { method: 'DELETE', token: owner.token });
    await env.DB.prepare('UPDATE api_keys SET revoked_at = coalesce(revoked_at, 1) WHERE id = ?').bind(id).run();
    await refused(token);
  });

  it.each<[string, (owner: Member, inviter: Member, id: string) => Promise<unknown>]>([
    ['is revoked', (owner, _, id) => api(`/org/members/invitations/${id}`, { method: 'DELETE', token: owner.token })],
    [
      'gets a new link',
      (owner, _, id) => api(`/org/members/invitations/${id}/resend`, { method: 'POST', token: owner.token }),
    ],
    ['is used up', (_, __, id) => env.DB.prepare('UPDATE invitations SET accepted_at = 1 WHERE id = ?').bind(id).run()],
    [
      'loses its inviter',
      (owner, { user_id }) => api(`/org/members/${user_id}`, { method: 'DELETE', token: owner.token }),
    ],
    ['loses its organization', (owner) => beginErasure(owner)],
  ])('when it %s between the look and the write', async (_name, meanwhile) => {
    const owner = await signUp();
    const inviter = await withRole(owner, 'admin');
    const person = await signUp();
    const made = await invite(inviter, person.email);
    const DB = databaseWith(() => meanwhile(owner, inviter, made.id));
    const answer = await apiWith({ DB }, `/org/invitations/${made.token}/accept`, { token: person.token, body: {} });
    expectProblem(answer, 410, 'invitation_gone');
    expect(await count('memberships', 'user_id = ?', person.user_id)).toBe(1);
    expect((await me(person.token)).status).toBe(200);
  });

  it('when it is revoked while it is being accepted, or the other way round', async () => {
    for (let round = 0; round < 3; round++) {
      const owner = await signUp();
      const person = await signUp();
      const made = await invite(owner, person.email);
      const [accepted, revoked] = await Promise.all([
        accept(made.token, { token: person.token }),
        api(`/org/members/invitations/${made.id}`, { method: 'DELETE', token: owner.token }),
      ]);
      expect([
        [200, 410],
        [410, 204],
      ]).toContainEqual([accepted.status, revoked.status]);
      expect(await membersOf(owner)).toBe(accepted.status === 200 ? 2 : 1);
    }
  });
});
