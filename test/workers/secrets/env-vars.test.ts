import { env } from 'cloudflare:workers';
import type { EnvVar, Validation } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { readSecrets } from '../../../workers/domains/secrets/index.ts';
import { seal, unwrapKey } from '../../../workers/platform/vault.ts';
import { agentEdges, agentNode } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { auditOf } from '../agents/caller.ts';
import { collectLogs, rowsOf, setSecret } from './support.ts';

const VALUE = 'v3ry-s3cret-"value"';

const list = async (member: Member) => {
  const answer = await api<{ data: EnvVar[]; next_cursor: null }>('/org/env-vars', { token: member.token });
  expect(answer.status).toBe(200);
  return answer.body;
};
const put = (member: Member, name: string, body: object) =>
  api<EnvVar>(`/org/env-vars/${name}`, { method: 'PUT', token: member.token, body });
const remove = (member: Member, name: string) =>
  api(`/org/env-vars/${name}`, { method: 'DELETE', token: member.token });
const audit = (member: Member, name: string) => auditOf({ organizationId: member.organization_id }, name);
const storedValue = async (member: Member, name: string) => {
  const reading = (await readSecrets(env, member.organization_id, [name])).get(name);
  return reading?.kind === 'opened' ? reading.value : reading?.kind;
};

describe('secrets', () => {
  it('are listed by name, without their values', async () => {
    const owner = await signUp();
    await setSecret(owner, 'ZULU', VALUE);
    const made = await setSecret(owner, 'ALPHA', VALUE, {
      description: 'Of the tests',
      allowed_hosts: ['API.example.com', '*.example.org:8443'],
    });
    expect(made).toEqual({
      name: 'ALPHA',
      description: 'Of the tests',
      allowed_hosts: ['api.example.com', '*.example.org:8443'],
      created_at: made.created_at,
      created_by: owner.user_id,
      updated_at: made.created_at,
      updated_by: owner.user_id,
    });
    const listed = await list(await withRole(owner, 'developer'));
    expect(listed.next_cursor).toBeNull();
    expect(listed.data.map(({ name }) => name)).toEqual(['ALPHA', 'ZULU']);
    expect(listed.data[0]).toEqual(made);
    expect(await storedValue(owner, 'ALPHA')).toBe(VALUE);
  });

  it('keep the fields that a change leaves out', async () => {
    const owner = await signUp();
    await setSecret(owner, 'KEY', VALUE, { description: 'First', allowed_hosts: ['a.example'] });
    const renamed = await put(owner, 'KEY', { description: 'Second' });
    expect(renamed.status).toBe(200);
    expect(renamed.body).toMatchObject({ description: 'Second', allowed_hosts: ['a.example'] });
    expect(await storedValue(owner, 'KEY')).toBe(VALUE);
    await put(owner, 'KEY', { value: 'another', allowed_hosts: [] });
    expect((await list(owner)).data[0]).toMatchObject({ description: 'Second', allowed_hosts: [] });
    expect(await storedValue(owner, 'KEY')).toBe('another');
    const same = await put(owner, 'KEY', {});
    expect(same.body).toMatchObject({ description: 'Second' });
    expect((await audit(owner, 'KEY')).map(({ action }) => action)).toEqual([
      'env_var.created',
      'env_var.updated',
      'env_var.updated',
    ]);
  });

  it('leave their value nowhere: not in rows, audit entries, logs or a replayed answer', async () => {
    const owner = await signUp();
    const logs = collectLogs();
    const headers = { 'idempotency-key': 'create-once' };
    const body = { name: 'KEY', value: VALUE };
    const first = await api('/org/env-vars', { token: owner.token, body, headers });
    const again = await api('/org/env-vars', { token: owner.token, body, headers });
    await put(owner, 'KEY', { value: `${VALUE}2` });
    await api('/org/env-vars', { token: owner.token, body: { name: 'bad name', value: VALUE } });
    await api('/org/env-vars', { token: owner.token, body: { name: 'KEY', value: VALUE } });
    await remove(owner, 'KEY');
    logs.restore();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(await audit(owner, 'KEY')).toEqual([
      { action: 'env_var.created', details: { allowed_hosts: [] } },
      { action: 'env_var.updated', details: { fields: ['value'] } },
      { action: 'env_var.deleted', details: {} },
    ]);
    expect(logs.text()).toContain('/org/env-vars');
    for (const kept of [JSON.stringify([first.body, again.body]), logs.text(), await rowsOf(owner.organization_id)]) {
      expect(kept).not.toContain('v3ry-s3cret');
      expect(kept).not.toContain(btoa(VALUE).replaceAll('=', ''));
    }
  });

  it('have one name each, also when two come at once, and the first stays', async () => {
    const owner = await signUp();
    const make = (value: string) => api('/org/env-vars', { token: owner.token, body: { name: 'KEY', value } });
    const answers = await Promise.all([make('one'), make('two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const stored = await storedValue(owner, 'KEY');
    expectProblem(await make('three'), 409, 'name_taken');
    expect(await storedValue(owner, 'KEY')).toBe(stored);
    expect(await audit(owner, 'KEY')).toHaveLength(1);
  });

  it('are at most 200', async () => {
    const owner = await signUp();
    const rows = Array.from({ length: 199 }, (_, index) =>
      env.DB.prepare("INSERT INTO env_vars VALUES (?, ?, 'x', '', '[]', 0, 'x', 0, 'x')").bind(
        owner.organization_id,
        `K${index}`,
      ),
    );
    await env.DB.batch(rows);
    await setSecret(owner, 'LAST', VALUE);
    const more = await api('/org/env-vars', { token: owner.token, body: { name: 'MORE', value: VALUE } });
    expectProblem(more, 409, 'limit_reached');
    expect((await list(owner)).data).toHaveLength(200);
    expect((await remove(owner, 'K0')).status).toBe(204);
    await setSecret(owner, 'MORE', VALUE);
  });

  it.each([
    [{ name: '__proto__', value: 'x' }, 'name'],
    [{ name: 'constructor', value: 'x' }, 'name'],
    [{ name: 'A'.repeat(65), value: 'x' }, 'name'],
    [{ name: 'A', value: '' }, 'value'],
    [{ name: 'A', value: 'x'.repeat(8193) }, 'value'],
    [{ name: 'A', value: 'x', allowed_hosts: ['https://a.example'] }, 'allowed_hosts.0'],
    [{ name: 'A', value: 'x', allowed_hosts: ['*'] }, 'allowed_hosts.0'],
    [{ name: 'A', value: 'x', surprise: 1 }, ''],
  ])('refuses %j', async (body, path) => {
    const owner = await signUp();
    const problem = expectProblem(await api('/org/env-vars', { token: owner.token, body }), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect((await list(owner)).data).toEqual([]);
  });

  it('take 8 KB in any script', async () => {
    const owner = await signUp();
    const value = 'ключ🔑é"\\\n'.repeat(800).slice(0, 8192);
    await setSecret(owner, 'LONG', value);
    expect(await storedValue(owner, 'LONG')).toBe(value);
  });

  it('are of one organization alone', async () => {
    const [owner, stranger] = [await signUp(), await signUp()];
    await setSecret(owner, 'KEY', VALUE);
    expect((await list(stranger)).data).toEqual([]);
    expectProblem(await put(stranger, 'KEY', { value: 'mine' }), 404, 'not_found');
    expectProblem(await put(stranger, 'KEY', {}), 404, 'not_found');
    expectProblem(await remove(stranger, 'KEY'), 404, 'not_found');
    expectProblem(await remove(stranger, '__proto__'), 404, 'not_found');
    expect(await audit(stranger, 'KEY')).toEqual([]);
    expect(await storedValue(stranger, 'KEY')).toBeUndefined();
    expect(await storedValue(owner, 'KEY')).toBe(VALUE);
    await setSecret(stranger, 'KEY', 'theirs');
    expect(await storedValue(owner, 'KEY')).toBe(VALUE);
  });

  it('are read by those who build and changed by those who manage', async () => {
    const owner = await signUp();
    const developer = await withRole(owner, 'developer');
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await api('/org/env-vars', { token: viewer.token }), 403, 'forbidden');
    const body = { name: 'KEY', value: VALUE };
    expectProblem(await api('/org/env-vars', { token: developer.token, body }), 403, 'forbidden');
    const admin = await withRole(owner, 'admin');
    expect((await api('/org/env-vars', { token: admin.token, body })).status).toBe(201);
  });

  it('do not open in another row', async () => {
    const owner = await signUp();
    await setSecret(owner, 'ONE', VALUE);
    await setSecret(owner, 'TWO', 'two');
    await env.DB.prepare(
      "UPDATE env_vars SET sealed_value = (SELECT sealed_value FROM env_vars e WHERE e.organization_id = ?1 AND e.name = 'ONE') WHERE organization_id = ?1 AND name = 'TWO'",
    )
      .bind(owner.organization_id)
      .run();
    expect(await storedValue(owner, 'TWO')).toBe('unreadable');
    expect(await storedValue(owner, 'ONE')).toBe(VALUE);
    await put(owner, 'TWO', { value: 'again' });
    expect(await storedValue(owner, 'TWO')).toBe('again');
  });
});

describe('a new master key', () => {
  /** A secret of a new organization whose data key no isolate has opened yet. */
  async function sealedByHand(value: string): Promise<Member> {
    const owner = await signUp();
    const { organization_id } = owner;
    const row = await env.DB.prepare('SELECT wrapped_key FROM organizations WHERE id = ?')
      .bind(organization_id)
      .first<{ wrapped_key: string }>();
    const key = await unwrapKey(env.VAULT_KEYS, organization_id, row?.wrapped_key ?? '');
    await env.DB.prepare("INSERT INTO env_vars VALUES (?, 'KEY', ?, '', '[]', 0, 'x', 0, 'x')")
      .bind(organization_id, await seal(key, value, `env_var:${organization_id}:KEY`))
      .run();
    return owner;
  }

  it('opens what was sealed before it, as long as the old one is there', async () => {
    const next = `next:${btoa('n'.repeat(32))}`;
    const read = async (owner: Member, keys: string) =>
      (await readSecrets({ ...env, VAULT_KEYS: keys }, owner.organization_id, ['KEY'])).get('KEY');
    expect(await read(await sealedByHand(VALUE), `${next},${env.VAULT_KEYS}`)).toMatchObject({ value: VALUE });
    const logs = collectLogs();
    expect(await read(await sealedByHand(VALUE), next)).toEqual({ kind: 'unreadable' });
    logs.restore();
    expect(logs.text()).toContain('VAULT_KEYS has no key test1');
  });
});

describe('definitions that name secrets', () => {
  const definition = (text: string) => ({
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('call', 'action.http', { url: 'https://a.example', headers: { authorization: text } }),
    ],
    edges: agentEdges('start>call'),
  });

  it('are published with those that the organization has, and no others', async () => {
    const [owner, stranger] = [await signUp(), await signUp()];
    await setSecret(owner, 'API_KEY', VALUE);
    const body = { name: 'Caller', definition: definition('{{env.API_KEY}}') };
    for (const [member, status] of [
      [owner, 200],
      [stranger, 422],
    ] as const) {
      const agent = await api<{ id: string }>('/agents', { token: member.token, body });
      const published = await api(`/agents/${agent.body.id}/publish`, { token: member.token, body: {} });
      expect(published.status, JSON.stringify(published.body)).toBe(status);
      if (status === 422) {
        expect(expectProblem(published, 422, 'definition_invalid').errors).toEqual([
          { path: expect.stringContaining('headers.authorization'), message: 'There is no secret "API_KEY".' },
        ]);
      }
      const validated = await api<Validation>(`/agents/${agent.body.id}/validate`, {
        token: member.token,
        body: { definition: definition('{{env.API_KEI}}') },
      });
      expect(validated.body.valid).toBe(false);
      expect(JSON.stringify(validated.body.problems).includes('API_KEY')).toBe(member === owner);
    }
  });
});
