import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ApiKey, CreatedApiKey } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';

const DAY_MS = 86_400_000;

const rotate = (who: { token: string } | { key: string }, id: string, body: object = {}, headers = {}) =>
  api<CreatedApiKey>(`/org/api-keys/${id}/rotate`, { ...who, method: 'POST', body, headers });
const list = async (owner: Member) =>
  (await api<{ data: ApiKey[] }>('/org/api-keys', { token: owner.token })).body.data;
const listed = async (owner: Member, id: string) => (await list(owner)).find((key) => key.id === id);
const works = async (key: string) => (await api('/org', { key })).status;
const deskOf = (owner: Member) => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
const auditOf = async (owner: Member, id: string) =>
  (
    await env.DB.prepare(
      'SELECT action, actor_id, details FROM audit_logs WHERE organization_id = ? AND resource_id = ? ORDER BY id',
    )
      .bind(owner.organization_id, id)
      .all<{ action: string; actor_id: string; details: string }>()
  ).results.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details) }));

/** Moves the clock of the Worker and of its objects. */
function travel(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('rotating an API key', () => {
  it('makes one with the same name and scopes; the old one works for the overlap and not longer', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read', 'agents:read'], { name: 'CI' });
    const answer = await rotate(owner, old.id, { overlap_seconds: 3600 });
    expect(answer.status).toBe(201);
    const { key, ...next } = answer.body;
    expect(next).toMatchObject({
      name: 'CI',
      scopes: old.scopes,
      created_by: owner.user_id,
      expires_at: null,
      revoked_at: null,
      replaced_by: null,
    });
    expect(next.id).not.toBe(old.id);
    expect([await works(old.key), await works(key)]).toEqual([200, 200]);

    // Two authorities, one story.
    const row = await listed(owner, old.id);
    expect(row).toMatchObject({ replaced_by: next.id, revoked_at: null });
    expect(Date.parse(row?.expires_at ?? '') - Date.parse(next.created_at)).toBe(3_600_000);
    expect(await listed(owner, next.id)).toMatchObject({ id: next.id, name: 'CI', replaced_by: null });

    travel(3_601_000);
    expectProblem(await api('/org', { key: old.key }), 401, 'token_expired');
    expect(await works(key)).toBe(200);
    await evictDurableObject(deskOf(owner));
    expectProblem(await api('/org', { key: old.key }), 401, 'token_expired');
  });

  it('overlaps for a day unless it is told otherwise, and ends the old one at once with 0', async () => {
    const owner = await signUp();
    const [one, two] = [await createKey(owner, ['org:read']), await createKey(owner, ['org:read'])];
    const next = (await rotate(owner, one.id)).body;
    const ends = (await listed(owner, one.id))?.expires_at ?? '';
    expect(Date.parse(ends) - Date.parse(next.created_at)).toBe(DAY_MS);

    expect((await rotate(owner, two.id, { overlap_seconds: 0 })).status).toBe(201);
    expectProblem(await api('/org', { key: two.key }), 401, 'unauthenticated');
    expect((await listed(owner, two.id))?.revoked_at).not.toBeNull();
    expectProblem(await rotate(owner, two.id), 404, 'not_found');
  });

  it('gives the new one as long as the old one had, and never lengthens the old one', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read'], { expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    const lifetime = Date.parse(old.expires_at ?? '') - Date.parse(old.created_at);
    const next = (await rotate(owner, old.id, { overlap_seconds: 86_400 })).body;
    expect(Date.parse(next.expires_at ?? '') - Date.parse(next.created_at)).toBe(lifetime);
    expect((await listed(owner, old.id))?.expires_at).toBe(old.expires_at);
  });

  it('is told to the audit log on both sides', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read'], { name: 'CI' });
    const next = (await rotate(owner, old.id, { overlap_seconds: 60 })).body;
    expect(await auditOf(owner, next.id)).toEqual([
      { action: 'api_key.created', actor_id: owner.user_id, details: { name: 'CI', replaces: old.id } },
    ]);
    const works_until = new Date(Date.parse(next.created_at) + 60_000).toISOString();
    expect((await auditOf(owner, old.id)).at(-1)).toEqual({
      action: 'api_key.rotated',
      actor_id: owner.user_id,
      details: { name: 'CI', replaced_by: next.id, works_until },
    });
  });

  it('happens once: the second of two is refused, one after the other or at once', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read']);
    const next = (await rotate(owner, old.id)).body;
    const problem = expectProblem(await rotate(owner, old.id), 409, 'conflict');
    expect(problem.detail).toContain(next.id);
    expect((await rotate(owner, next.id)).status).toBe(201);

    const contested = await createKey(owner, ['org:read']);
    const answers = await Promise.all(Array.from({ length: 6 }, () => rotate(owner, contested.id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 201)?.body.id;
    expect((await listed(owner, contested.id))?.replaced_by).toBe(winner);
    // Two first keys, and one for each rotation that won.
    expect(await list(owner)).toHaveLength(5);
  });

  it('can be asked for again with the same Idempotency-Key, and shows the same key', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read']);
    const headers = { 'idempotency-key': 'once' };
    const first = await rotate(owner, old.id, {}, headers);
    const second = await rotate(owner, old.id, {}, headers);
    expect(second.status).toBe(201);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
  });

  it('is not for those who would learn a key that may do more than they', async () => {
    const owner = await signUp();
    const strong = await createKey(owner, ['agents:read', 'agents:write']);
    const weak = await createKey(owner, ['api_keys:manage', 'agents:read']);
    const problem = expectProblem(await rotate({ key: weak.key }, strong.id), 403, 'forbidden');
    expect(problem.detail).toContain('agents:write');
    expect(await listed(owner, strong.id)).toMatchObject({ replaced_by: null, expires_at: null });
    // Its own scopes it has: a program can replace its own key.
    const own = await rotate({ key: weak.key }, weak.id, { overlap_seconds: 0 });
    expect(own.status).toBe(201);
    expect((await api('/org/api-keys', { key: own.body.key })).status).toBe(403);
    expectProblem(await rotate({ token: (await withRole(owner, 'manager')).token }, strong.id), 403, 'forbidden');
  });

  it.each([{ overlap_seconds: -1 }, { overlap_seconds: 1.5 }, { overlap_seconds: 30 * 86_400 + 1 }, { overlap: 5 }])(
    'refuses %j',
    async (body) => {
      const owner = await signUp();
      const old = await createKey(owner, ['org:read']);
      expectProblem(await rotate(owner, old.id, body), 422, 'validation_failed');
      expect(await list(owner)).toHaveLength(1);
    },
  );

  it('is refused for keys that are unknown, revoked, or a stranger’s', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    const key = await createKey(owner, ['org:read']);
    expectProblem(await rotate(stranger, key.id), 404, 'not_found');
    await api(`/org/api-keys/${key.id}`, { method: 'DELETE', token: owner.token });
    expectProblem(await rotate(owner, key.id), 404, 'not_found');
    expectProblem(await rotate(owner, `key_${'0'.repeat(26)}`), 404, 'not_found');
  });

  it('reaches D1 later and in order when it was away', async () => {
    const owner = await signUp();
    const old = await createKey(owner, ['org:read']);
    await env.DB.exec('ALTER TABLE api_keys RENAME TO api_keys_away');
    const next = await rotate(owner, old.id, { overlap_seconds: 60 });
    await env.DB.exec('ALTER TABLE api_keys_away RENAME TO api_keys');
    expect(next.status).toBe(201);
    expect((await listed(owner, old.id))?.replaced_by).toBeNull();
    await runInDurableObject(deskOf(owner), (_desk, state) => {
      state.storage.sql.exec('UPDATE outbox SET next_at = 0');
    });
    for (let again = 0; again < 2; again++) await runDurableObjectAlarm(deskOf(owner));
    expect((await listed(owner, old.id))?.replaced_by).toBe(next.body.id);
    expect(await listed(owner, next.body.id)).toBeDefined();
    expect((await auditOf(owner, old.id)).map(({ action }) => action)).toEqual(['api_key.created', 'api_key.rotated']);
  });
});
