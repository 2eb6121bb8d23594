import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ApiKey, CreatedApiKey } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { api, createKey, expectProblem, signUp, withRole } from '../../support/api.ts';

const list = (token: string, query = '') =>
  api<{ data: ApiKey[]; next_cursor: string | null }>(`/org/api-keys${query}`, { token });

describe('API keys', () => {
  it('are shown once, work at once, and are listed without the key', async () => {
    const owner = await signUp();
    const created = await createKey(owner, ['org:read', 'org:read', 'agents:read'], { name: 'CI' });
    const { key, ...rest } = created;
    expect(key).toMatch(new RegExp(`^af_live_${owner.organization_id.slice(4)}_[0-9a-z]{48}$`));
    expect(rest).toMatchObject({
      name: 'CI',
      scopes: ['org:read', 'agents:read'],
      created_by: owner.user_id,
      revoked_at: null,
      last_used_at: null,
    });
    const { data } = (await list(owner.token)).body;
    expect(data).toEqual([rest]);
    expect((await api('/org', { key })).status).toBe(200);

    const { results } = await env.DB.prepare('SELECT * FROM api_keys WHERE organization_id = ?')
      .bind(owner.organization_id)
      .all();
    expect(JSON.stringify(results)).not.toContain(key.slice(-20));
  });

  it('tell the audit log who made and who revoked them', async () => {
    const owner = await signUp();
    const { id } = await createKey(owner, ['org:read']);
    expect((await api(`/org/api-keys/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    const { results } = await env.DB.prepare(
      'SELECT action, actor_id, details FROM audit_logs WHERE resource_id = ? ORDER BY id',
    )
      .bind(id)
      .all();
    expect(results).toEqual([
      { action: 'api_key.created', actor_id: owner.user_id, details: '{"name":"Test key"}' },
      { action: 'api_key.revoked', actor_id: owner.user_id, details: '{"name":"Test key"}' },
    ]);
  });

  it('are refused from the moment of the revocation', async () => {
    const owner = await signUp();
    const { id, key } = await createKey(owner, ['org:read']);
    expect((await api(`/org/api-keys/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expectProblem(await api('/org', { key }), 401, 'unauthenticated');
    expectProblem(await api(`/org/api-keys/${id}`, { method: 'DELETE', token: owner.token }), 404, 'not_found');
    const [row] = (await list(owner.token)).body.data;
    expect(row?.revoked_at).not.toBeNull();
  });

  it('never grant more than their maker has', async () => {
    const owner = await signUp();
    const maker = await createKey(owner, ['api_keys:manage', 'agents:read']);
    const body = { name: 'More', scopes: ['agents:read', 'agents:write'] };
    const problem = expectProblem(await api('/org/api-keys', { key: maker.key, body }), 403, 'forbidden');
    expect(problem.detail).toContain('agents:write');
    expect((await list(owner.token)).body.data).toHaveLength(1);
    const allowed = { name: 'Less', scopes: ['agents:read'] };
    expect((await api('/org/api-keys', { key: maker.key, body: allowed })).status).toBe(201);
  });

  it('can be listed, but not made, by a manager; neither by a viewer', async () => {
    const owner = await signUp();
    const manager = await withRole(owner, 'manager');
    expect((await list(manager.token)).status).toBe(200);
    const body = { name: 'x', scopes: ['org:read'] };
    expectProblem(await api('/org/api-keys', { token: manager.token, body }), 403, 'forbidden');
    const viewer = await withRole(owner, 'viewer');
    expect((await list(viewer.token)).status).toBe(403);
  });

  it('come in pages, newest first', async () => {
    const owner = await signUp();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await createKey(owner, ['org:read'], { name: `${n}` })).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = `?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`;
      const { body } = await list(owner.token, query);
      seen.push(...body.data.map((key) => key.id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    // Ids of one millisecond have no order of their own.
    expect(seen).toEqual([...ids].sort().reverse());
  });

  it.each([
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['everything'] }, 'scopes.0'],
    [{ name: '', scopes: ['org:read'] }, 'name'],
    [{ name: 'x', scopes: ['org:read'], expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'x', scopes: ['org:read'], expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
  ])('name the field that is not valid (%#)', async (body, path) => {
    const owner = await signUp();
    const problem = expectProblem(await api('/org/api-keys', { token: owner.token, body }), 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe(path);
    expect((await list(owner.token)).body.data).toEqual([]);
  });
});

describe('Idempotency-Key on creates', () => {
  const body = { name: 'Once', scopes: ['org:read'] };
  const create = (token: string, key: string, with_: object = body) =>
    api<CreatedApiKey>('/org/api-keys', { token, body: with_, headers: { 'idempotency-key': key } });

  it('gives the first answer again, the secret included, and makes nothing', async () => {
    const owner = await signUp();
    const first = await create(owner.token, 'k1');
    const second = await create(owner.token, 'k1');
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await list(owner.token)).body.data).toHaveLength(1);
  });

  it('is refused with another body', async () => {
    const owner = await signUp();
    await create(owner.token, 'k1');
    expectProblem(await create(owner.token, 'k1', { ...body, name: 'Other' }), 422, 'idempotency_key_reused');
  });

  it('makes one object of requests that come at once', async () => {
    const owner = await signUp();
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(owner.token, 'k1')));
    for (const answer of answers) {
      if (answer.status !== 201) expectProblem(answer, 409, 'idempotency_in_progress');
    }
    expect((await list(owner.token)).body.data).toHaveLength(1);
  });

  it('is not shared between callers', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const [one, two] = [await create(owner.token, 'k1'), await create(admin.token, 'k1')];
    expect(two.headers.get('idempotency-replayed')).toBeNull();
    expect(two.body.id).not.toBe(one.body.id);
  });

  it('does not keep refusals: the same key may be used again', async () => {
    const owner = await signUp();
    expectProblem(await create(owner.token, 'k1', { name: '', scopes: ['org:read'] }), 422, 'validation_failed');
    expect((await create(owner.token, 'k1')).status).toBe(201);
  });

  it.each(['a b', 'x'.repeat(256)])('must be visible ASCII of 1 to 255 characters: %j', async (key) => {
    const owner = await signUp();
    const problem = expectProblem(await create(owner.token, key), 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe('Idempotency-Key');
    expect((await list(owner.token)).body.data).toEqual([]);
  });

  it('stores its answers sealed', async () => {
    const owner = await signUp();
    const { key } = (await create(owner.token, 'k1')).body;
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
    const rows = await runInDurableObject(stub, (_object, state) => {
      const tables = state.storage.sql
        .exec<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
        )
        .toArray();
      return JSON.stringify(tables.map(({ name }) => state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray()));
    });
    expect(rows).toContain('k1');
    expect(rows).not.toContain(key.slice(-48));
  });
});
