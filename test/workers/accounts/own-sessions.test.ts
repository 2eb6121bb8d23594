import { env } from 'cloudflare:workers';
import type { ActiveSession } from '@agentflow/contracts';
import { describe, expect, it, vi } from 'vitest';
import { globalDb } from '../../../workers/db/client.ts';
import { findMember } from '../../../workers/domains/accounts/queries.ts';
import { isOwnerErased, isPasswordChanged } from '../../../workers/domains/accounts/session-queries.ts';
import { startSession } from '../../../workers/domains/accounts/sessions.ts';
import {
  api,
  createKey,
  expectProblem,
  type Member,
  PASSWORD,
  signInAgain,
  signUp,
  withRole,
} from '../../support/api.ts';

const NEW_PASSWORD = 'a new and better passphrase';

interface Page {
  readonly data: ActiveSession[];
  readonly next_cursor: string | null;
}

const sessions = (who: Member, query = '') => api<Page>(`/auth/sessions${query}`, { token: who.token });
const revoke = (who: Member, id: string) => api(`/auth/sessions/${id}`, { method: 'DELETE', token: who.token });
const me = async (who: Member) => (await api('/auth/me', { token: who.token })).status;
const logIn = async (who: Member, password: string) =>
  (await api('/auth/login', { body: { email: who.email, password } })).status;
const change = (who: Member, current_password: string, new_password: string) =>
  api('/auth/password', { token: who.token, body: { current_password, new_password } });

async function audited(who: Member, action: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT resource_id FROM audit_logs WHERE organization_id = ? AND action = ? AND actor_id = ? ORDER BY id',
  )
    .bind(who.organization_id, action, who.user_id)
    .all<{ resource_id: string }>();
  return results.map(({ resource_id }) => resource_id);
}

describe('the own sessions', () => {
  it('are listed newest first with the current one marked, and nobody else’s', async () => {
    const owner = await signUp();
    const second = await signInAgain(owner);
    await withRole(owner, 'admin');
    const { body } = await sessions(owner);
    expect(body.data.map(({ id, current }) => [id, current])).toEqual([
      [second.session_id, false],
      [owner.session_id, true],
    ]);
    expect(body.data[0]).toMatchObject({ ip: '203.0.113.7', user_agent: 'test' });
    expect(Object.keys(body.data[0] ?? {})).not.toContain('token_hash');
    const first = await sessions(owner, '?limit=1');
    const rest = await sessions(owner, `?limit=1&cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ data: [{ id: owner.session_id }], next_cursor: null });
  });

  it('leave out what has ended or expired', async () => {
    const owner = await signUp();
    const [ended, expired] = [await signInAgain(owner), await signInAgain(owner)];
    expect((await revoke(owner, ended.session_id)).status).toBe(204);
    await env.DB.prepare('UPDATE sessions SET expires_at = 1 WHERE id = ?').bind(expired.session_id).run();
    expect((await sessions(owner)).body.data.map(({ id }) => id)).toEqual([owner.session_id]);
    expectProblem(await revoke(owner, expired.session_id), 404, 'not_found');
  });

  it('end one by one, at once', async () => {
    const owner = await signUp();
    const second = await signInAgain(owner);
    expect(await me(second)).toBe(200);
    expect((await revoke(owner, second.session_id)).status).toBe(204);
    expect(await me(second)).toBe(401);
    expect(await me(owner)).toBe(200);
    expectProblem(await revoke(owner, second.session_id), 404, 'not_found');
    expect(await audited(owner, 'session.revoked')).toEqual([second.session_id]);
    expect((await revoke(owner, owner.session_id)).status).toBe(204);
    expect(await me(owner)).toBe(401);
  });

  it('are ended by nobody else, not even an owner of the organization', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'viewer');
    const { key } = await createKey(owner, ['org:manage', 'members:manage']);
    expectProblem(await revoke(owner, member.session_id), 404, 'not_found');
    expectProblem(await revoke(await signUp(), member.session_id), 404, 'not_found');
    expectProblem(await api(`/auth/sessions/${owner.session_id}`, { method: 'DELETE', key }), 404, 'not_found');
    expectProblem(await api('/auth/sessions', { key }), 403, 'forbidden');
    expectProblem(await api('/auth/sessions/revoke-others', { method: 'POST', key }), 403, 'forbidden');
    expect([await me(owner), await me(member)]).toEqual([200, 200]);
  });

  it('end everywhere else, and the current one goes on', async () => {
    const owner = await signUp();
    const others = [await signInAgain(owner), await signInAgain(owner)];
    const member = await withRole(owner, 'viewer');
    for (const each of others) expect(await me(each)).toBe(200);
    const answer = await api('/auth/sessions/revoke-others', { method: 'POST', token: owner.token });
    expect(answer).toMatchObject({ status: 200, body: { revoked: 2 } });
    expect(await Promise.all([owner, member, ...others].map(me))).toEqual([200, 200, 401, 401]);
    const again = await api('/auth/sessions/revoke-others', { method: 'POST', token: owner.token });
    expect(again.body).toEqual({ revoked: 0 });
  });
});

describe('changing the password', () => {
  it('lets the new one in, the old one out, and ends every other session', async () => {
    const owner = await signUp();
    const other = await signInAgain(owner);
    expect(await me(other)).toBe(200);
    expect((await change(owner, PASSWORD, NEW_PASSWORD)).status).toBe(204);
    expect([await me(owner), await me(other)]).toEqual([200, 401]);
    expect([await logIn(owner, PASSWORD), await logIn(owner, NEW_PASSWORD)]).toEqual([401, 200]);
    expect(await audited(owner, 'user.password_changed')).toEqual([owner.user_id]);
  });

  it('wants the current one, and changes nothing without', async () => {
    const owner = await signUp();
    const other = await signInAgain(owner);
    expectProblem(await change(owner, 'not the password', NEW_PASSWORD), 401, 'invalid_credentials');
    expectProblem(await change(owner, PASSWORD, 'short'), 422, 'validation_failed');
    expect(await me(other)).toBe(200);
    expect(await logIn(owner, PASSWORD)).toBe(200);
    expect(await audited(owner, 'user.password_changed')).toEqual([]);
  });

  it('leaves no session to a login that checked the old one just before', async () => {
    const owner = await signUp();
    const checked = await findMember(globalDb(env), owner.organization_id, owner.user_id);
    if (checked === undefined) throw new Error('the owner is no member');
    expect((await change(owner, PASSWORD, NEW_PASSWORD)).status).toBe(204);
    const member = { ...checked, role: 'owner' as const };
    await expect(startSession(env, member, { ip: '', user_agent: '' }, Date.now())).rejects.toSatisfy(
      isPasswordChanged,
    );
    expect((await sessions(owner)).body.data.map(({ id }) => id)).toEqual([owner.session_id]);
  });

  it('leaves no session to a login that checked it just before the person was erased', async () => {
    const owner = await signUp();
    const checked = await findMember(globalDb(env), owner.organization_id, owner.user_id);
    if (checked === undefined) throw new Error('the owner is no member');
    const erased = await api('/auth/me', {
      token: owner.token,
      method: 'DELETE',
      body: { confirm: owner.email, password: PASSWORD },
    });
    expect(erased.status).toBe(204);
    const member = { ...checked, role: 'owner' as const };
    await vi.waitUntil(
      async () => (await findMember(globalDb(env), owner.organization_id, owner.user_id)) === undefined,
    );
    const begun = startSession(env, member, { ip: '', user_agent: '' }, Date.now());
    await expect(begun).rejects.toSatisfy((error) => isOwnerErased(error) || isPasswordChanged(error));
  });

  it('is not for API keys', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['org:manage']);
    const body = { current_password: PASSWORD, new_password: NEW_PASSWORD };
    expectProblem(await api('/auth/password', { key, body }), 403, 'forbidden');
  });

  it('lets one of two win that change it at once', async () => {
    const owner = await signUp();
    const other = await signInAgain(owner);
    const answers = await Promise.all([
      change(owner, PASSWORD, 'the first of two passwords'),
      change(other, PASSWORD, 'the second of two passwords'),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    expect(await audited(owner, 'user.password_changed')).toHaveLength(1);
  });
});
