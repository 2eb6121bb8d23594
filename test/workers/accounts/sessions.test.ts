import { env } from 'cloudflare:workers';
import type { Session } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import {
  type ApiAnswer,
  api,
  createKey,
  expectProblem,
  type Member,
  PASSWORD,
  signUp,
  withRole,
} from '../../support/api.ts';

const CSRF = { 'X-AgentFlow-CSRF': '1' };

function cookieOf(answer: ApiAnswer<unknown>): string {
  return /af_refresh=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
}

async function logIn(member: Member): Promise<{ token: string; cookie: string }> {
  const answer = await api<Session>('/auth/login', { body: { email: member.email, password: PASSWORD } });
  expect(answer.status).toBe(200);
  return { token: answer.body.access_token, cookie: cookieOf(answer) };
}

const refresh = (cookie: string) =>
  api<Session>('/auth/refresh', { method: 'POST', headers: { ...CSRF, cookie: `af_refresh=${cookie}` } });
const me = (token: string) => api('/auth/me', { token });

/** Moves the Worker's clock; the database keeps what was written. */
function travel(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('login', () => {
  it('signs in, however the address is written', async () => {
    const owner = await signUp();
    const answer = await api<Session>('/auth/login', {
      body: { email: ` ${owner.email.toUpperCase()} `, password: PASSWORD },
    });
    expect(answer.body).toMatchObject({ user: { id: owner.user_id }, organization: { id: owner.organization_id } });
    expect((await me(answer.body.access_token)).status).toBe(200);
  });

  it('gives an unknown address and a wrong password the same answer', async () => {
    const owner = await signUp();
    const wrong = await api('/auth/login', { body: { email: owner.email, password: 'not the password' } });
    const unknown = await api('/auth/login', { body: { email: 'nobody@example.com', password: 'not the password' } });
    const [one, two] = [wrong, unknown].map((answer) => ({
      ...expectProblem(answer, 401, 'invalid_credentials'),
      request_id: '',
    }));
    expect(one).toEqual(two);
    expect(wrong.headers.get('set-cookie')).toBeNull();
  });
});

describe('refresh', () => {
  it('wants the CSRF header', async () => {
    const { cookie } = await logIn(await signUp());
    const answer = await api('/auth/refresh', { method: 'POST', headers: { cookie: `af_refresh=${cookie}` } });
    expectProblem(answer, 403, 'csrf_failed');
  });

  it('rotates the token and gives a working access token', async () => {
    const { cookie } = await logIn(await signUp());
    const answer = await refresh(cookie);
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBe(cookie);
    expect((await me(answer.body.access_token)).status).toBe(200);
    expect((await refresh(cookieOf(answer))).status).toBe(200);
  });

  it('lets two tabs refresh at once, and leaves both with the same next token', async () => {
    const { cookie } = await logIn(await signUp());
    const [one, two] = await Promise.all([refresh(cookie), refresh(cookie)]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(cookieOf(one)).toBe(cookieOf(two));
    expect((await refresh(cookieOf(two))).status).toBe(200);
  });

  it('ends the session when a replaced token comes back after the grace time', async () => {
    const { cookie, token } = await logIn(await signUp());
    const next = cookieOf(await refresh(cookie));
    travel(21_000);
    const replayed = await refresh(cookie);
    expectProblem(replayed, 401, 'unauthenticated');
    expect(replayed.headers.get('set-cookie')).toMatch(/^af_refresh=; Max-Age=0;/);
    expectProblem(await refresh(next), 401, 'unauthenticated');
    expectProblem(await me(token), 401, 'unauthenticated');
  });

  it('ends the session when a token from two rotations ago comes back, even at once', async () => {
    const { cookie } = await logIn(await signUp());
    const second = cookieOf(await refresh(cookie));
    const third = cookieOf(await refresh(second));
    expectProblem(await refresh(cookie), 401, 'unauthenticated');
    expectProblem(await refresh(third), 401, 'unauthenticated');
  });

  it('does not let a made-up token end a session', async () => {
    const owner = await signUp();
    const { cookie } = await logIn(owner);
    const [id, secret = '', tag = ''] = cookie.split('.');
    for (const forged of [`${id}.${secret}.${'A'.repeat(43)}`, `${id}.${'A'.repeat(43)}.${tag}`, `${id}`, 'x', '']) {
      expectProblem(await refresh(forged), 401, 'unauthenticated');
    }
    expect((await refresh(cookie)).status).toBe(200);
  });

  it('stores no refresh token', async () => {
    const { cookie } = await logIn(await signUp());
    const { results } = await env.DB.prepare('SELECT * FROM sessions').all();
    const [, secret = ''] = cookie.split('.');
    expect(secret).toHaveLength(43);
    expect(JSON.stringify(results)).not.toContain(secret);
  });

  it('ends after thirty days without one', async () => {
    const { cookie } = await logIn(await signUp());
    travel(30 * 86_400_000 + 1000);
    expectProblem(await refresh(cookie), 401, 'unauthenticated');
  });
});

describe('logout', () => {
  it('ends the session at once: refresh token and access token', async () => {
    const { cookie, token } = await logIn(await signUp());
    expect((await me(token)).status).toBe(200);
    const out = await api('/auth/logout', { method: 'POST', headers: { ...CSRF, cookie: `af_refresh=${cookie}` } });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toMatch(
      /^af_refresh=; Max-Age=0; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/,
    );
    expectProblem(await me(token), 401, 'unauthenticated');
    expectProblem(await refresh(cookie), 401, 'unauthenticated');
  });

  it('wants the CSRF header, and is content without a cookie', async () => {
    expectProblem(await api('/auth/logout', { method: 'POST' }), 403, 'csrf_failed');
    expect((await api('/auth/logout', { method: 'POST', headers: CSRF })).status).toBe(204);
  });
});

describe('what a token may do now', () => {
  it('follows the membership, not the claim in the token', async () => {
    const member = await withRole(await signUp(), 'admin');
    expect((await api('/org/api-keys', { token: member.token })).status).toBe(200);
    await env.DB.prepare("UPDATE memberships SET role = 'viewer' WHERE user_id = ?").bind(member.user_id).run();
    travel(5001);
    expectProblem(await api('/org/api-keys', { token: member.token }), 403, 'forbidden');
  });

  it('ends with the membership', async () => {
    const member = await withRole(await signUp(), 'admin');
    expect((await me(member.token)).status).toBe(200);
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(member.user_id).run();
    forgetMemberships({ organization_id: member.organization_id, user_id: member.user_id });
    expectProblem(await me(member.token), 401, 'unauthenticated');
  });

  it('ends after fifteen minutes', async () => {
    const owner = await signUp();
    travel(15 * 60_000 - 2000);
    expect((await me(owner.token)).status).toBe(200);
    travel(3000);
    expectProblem(await me(owner.token), 401, 'token_expired');
  });
});

describe('API keys as credentials', () => {
  it('pass in either header', async () => {
    const { key } = await createKey(await signUp(), ['org:read']);
    expect((await api('/org', { key })).status).toBe(200);
    expect((await api('/org', { headers: { 'x-api-key': key } })).status).toBe(200);
  });

  it('are refused once they expire', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['org:read'], { expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect((await api('/org', { key })).status).toBe(200);
    travel(61_000);
    expectProblem(await api('/org', { key }), 401, 'token_expired');
  });
});
