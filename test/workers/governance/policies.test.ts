import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Policy, type PolicyVersion, policy, policyVersion } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { newPolicy, policyDraft } from '../../support/policies.ts';

interface List<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

let owner: Member;
let stranger: Member;
beforeAll(async () => {
  owner = await signUp();
  stranger = await signUp();
});

const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
const read = (id: string, who = owner) => api<Policy>(`/policies/${id}`, { token: who.token });
const put = (id: string, body: object, ifMatch?: string) =>
  api<Policy>(`/policies/${id}`, {
    method: 'PUT',
    token: owner.token,
    body,
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });
const listed = async (query = '', who = owner) =>
  (await api<List<Policy>>(`/policies${query}`, { token: who.token })).body;

async function audited(who: Member, id: string) {
  const { results } = await env.DB.prepare(
    'SELECT action, actor_id, details FROM audit_logs WHERE organization_id = ? AND resource_id = ? ORDER BY id',
  )
    .bind(who.organization_id, id)
    .all<{ action: string; actor_id: string; details: string }>();
  return results.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details) }));
}

async function storedCount(who: Member): Promise<number> {
  const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(who.organization_id));
  return runInDurableObject(desk, (_object, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS n FROM policies').one().n),
  );
}

describe('a policy', () => {
  it('is made, read, changed and deleted, each with its version and its audit row', async () => {
    const answer = await api<Policy>('/policies', {
      token: owner.token,
      body: policyDraft({ name: 'No weekends', priority: 5, description: 'Nobody watches then' }),
    });
    expect(answer.status).toBe(201);
    const { id } = policy.parse(answer.body);
    expect(answer.headers.get('location')).toBe(`/api/v1/policies/${id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect((await read(id)).body).toEqual(answer.body);
    expect((await listed('?search=WEEKEND')).data).toEqual([answer.body]);

    const changed = await put(id, policyDraft({ name: 'No weekends', is_active: false }), '"1"');
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe('"2"');
    expect(changed.body).toMatchObject({ version: 2, is_active: false, priority: 0, created_by: owner.user_id });
    expectProblem(await put(id, policyDraft(), '"1"'), 412, 'precondition_failed');

    const stale = await api(`/policies/${id}`, {
      method: 'DELETE',
      token: owner.token,
      headers: { 'if-match': '"1"' },
    });
    expectProblem(stale, 412, 'precondition_failed');
    expect((await api(`/policies/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expectProblem(await read(id), 404, 'not_found');
    expect((await listed('?search=WEEKEND')).data).toEqual([]);

    const versions = await api<List<PolicyVersion>>(`/policies/${id}/versions`, { token: owner.token });
    expect(versions.body.data.map((each) => policyVersion.parse(each))).toMatchObject([
      { version: 3, change: 'deleted' },
      { version: 2, change: 'updated', policy: { is_active: false } },
      { version: 1, change: 'created', changed_by: owner.user_id, policy: { priority: 5 } },
    ]);
    const paged = await api<List<PolicyVersion>>(`/policies/${id}/versions?limit=2`, { token: owner.token });
    const rest = await api<List<PolicyVersion>>(`/policies/${id}/versions?limit=2&cursor=${paged.body.next_cursor}`, {
      token: owner.token,
    });
    expect([...paged.body.data, ...rest.body.data].map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(rest.body.next_cursor).toBeNull();

    expect(await audited(owner, id)).toMatchObject([
      { action: 'policy.created', actor_id: owner.user_id, details: { name: 'No weekends', version: 1 } },
      { action: 'policy.updated' },
      { action: 'policy.deleted', details: { version: 3 } },
    ]);
  });

  it('is listed by priority, page by page, and filtered', async () => {
    const own = await signUp();
    const made = [];
    for (const priority of [1, 9, 5, 9]) {
      made.push(
        await newPolicy(own, { priority, effect: priority === 5 ? 'allow' : 'deny', is_active: priority !== 1 }),
      );
    }
    const [one, firstNine, five, secondNine] = made.map(({ id }) => id);
    const ids = async (query: string) => (await listed(query, own)).data.map(({ id }) => id);
    expect(await ids('')).toEqual([secondNine, firstNine, five, one]);
    const first = await listed('?limit=2', own);
    expect(await ids(`?limit=2&cursor=${first.next_cursor}`)).toEqual([five, one]);
    expect(await ids('?effect=allow')).toEqual([five]);
    expect(await ids('?is_active=false')).toEqual([one]);
    expect(await ids(`?search=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([]);
    expectProblem(await api("/policies?effect=' OR 1=1", { token: own.token }), 422, 'validation_failed');
    expectProblem(await api('/policies?cursor=x', { token: own.token }), 422, 'validation_failed');
  });

  it('has a name of its own', async () => {
    const { name } = await newPolicy(owner);
    const other = await newPolicy(owner);
    expectProblem(await api('/policies', { token: owner.token, body: policyDraft({ name }) }), 409, 'name_taken');
    expectProblem(await put(other.id, policyDraft({ name })), 409, 'name_taken');
    expect((await put(other.id, policyDraft({ name: other.name }))).status).toBe(200);
    await newPolicy(stranger, { name });
  });

  it('is made once with an Idempotency-Key', async () => {
    const own = await signUp();
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const body = policyDraft();
    const first = await api<Policy>('/policies', { token: own.token, body, headers });
    const again = await api<Policy>('/policies', { token: own.token, body, headers });
    expect(again.body).toEqual(first.body);
    expect(await storedCount(own)).toBe(1);
  });

  it('is changed by one of two who read the same version', async () => {
    const { id } = await newPolicy(owner);
    const both = await Promise.all(['First', 'Second'].map((name) => put(id, policyDraft({ name: name + id }), '"1"')));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await read(id)).body.version).toBe(2);
  });

  it('stands in D1 once, however often it is told', async () => {
    const own = await signUp();
    const { id } = await newPolicy(own);
    // Retold projections change nothing: the outbox is played again from the rows.
    const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(own.organization_id));
    const stored = await desk.findPolicy(id);
    await runInDurableObject(desk, (_object, { storage }) => {
      const origin = { actor_type: 'user', actor_id: own.user_id, ip: '', user_agent: '', request_id: '' };
      const message = {
        organization_id: own.organization_id,
        policy: stored,
        change: 'created',
        audit: { id: `aud_${'0'.repeat(26)}`, at: 1, action: 'policy.created', origin },
      };
      for (let round = 0; round < 2; round++) {
        storage.sql.exec('INSERT INTO outbox (message, attempts, next_at) VALUES (?, 0, 0)', JSON.stringify(message));
      }
    });
    await newPolicy(own);
    await eventually(async () => (await listed('', own)).data.length === 2);
    expect((await listed('', own)).data.find((each) => each.id === id)).toMatchObject({ version: 1 });
  });
});

describe('bad input stores nothing', () => {
  it('of fields, ids of nobody and of others alike', async () => {
    const own = await signUp();
    const foreign = await publishedAgent(stranger, definition);
    const foreignKey = await createKey(stranger, ['agents:read']);
    const nobody = `agt_${'0'.repeat(26)}`;
    const bad: [fields: object, path: string][] = [
      [{ resources: { agents: [foreign.id] } }, 'resources.agents.0'],
      [{ resources: { agents: ['*', nobody] } }, 'resources.agents.1'],
      [{ subjects: [{ kind: '*' }, { kind: 'user', ids: [stranger.user_id] }] }, 'subjects.1.ids.0'],
      [{ subjects: [{ kind: 'api_key', ids: [foreignKey.id] }] }, 'subjects.0.ids.0'],
      [{ subjects: [{ kind: 'external_agent', ids: [`ext_${'0'.repeat(26)}`] }] }, 'subjects.0.ids.0'],
      [
        { conditions: { all: [{ attribute: 'project', operator: 'in', value: [`prj_${'0'.repeat(26)}`] }] } },
        'conditions.all.0.value.0',
      ],
      [{ conditions: { not: { attribute: 'ip', operator: 'in', value: ['10.0.0.1/8'] } } }, 'conditions.not.value.0'],
      [{ conditions: { attribute: 'weather', operator: 'eq', value: 'rain' } }, 'conditions.attribute'],
      [{ effect: 'forbid' }, 'effect'],
      [{ surprise: true }, ''],
    ];
    for (const [fields, path] of bad) {
      const answer = await api('/policies', { token: own.token, body: { ...policyDraft(), ...fields } });
      const problem = expectProblem(answer, 422, 'validation_failed');
      expect(
        problem.errors?.map((each) => each.path),
        JSON.stringify(problem),
      ).toEqual([path]);
      expect(JSON.stringify(problem)).not.toContain(stranger.organization_id);
    }
    const large = { ...policyDraft(), description: 'x'.repeat(1024 * 1024) };
    expectProblem(await api('/policies', { token: own.token, body: large }), 413, 'payload_too_large');
    expect((await listed('', own)).data).toEqual([]);
    const rows = await env.DB.prepare('SELECT count(*) AS n FROM policy_versions WHERE organization_id = ?')
      .bind(own.organization_id)
      .first<number>('n');
    expect(rows).toBe(0);
  });

  it('of more input paths than all policies may read', async () => {
    const own = await signUp();
    const reads = (prefix: string, count: number) => ({
      conditions: {
        any: Array.from({ length: count }, (_, index) => ({
          attribute: 'input' as const,
          path: `${prefix}${index}`,
          operator: 'exists' as const,
          value: true,
        })),
      },
    });
    await newPolicy(own, reads('a', 50));
    await newPolicy(own, reads('b', 50));
    const answer = await api('/policies', { token: own.token, body: policyDraft(reads('c', 1)) });
    expectProblem(answer, 409, 'limit_reached');
    expect(await storedCount(own)).toBe(2);
  });
});

describe('who may', () => {
  it('managers and above write, builders read, viewers do neither', async () => {
    const { id } = await newPolicy(owner);
    for (const [role, reads, writes] of [
      ['manager', 200, 200],
      ['developer', 200, 403],
      ['viewer', 403, 403],
    ] as const) {
      const member = await withRole(owner, role);
      expect((await read(id, member)).status).toBe(reads);
      const body = policyDraft();
      expect((await api(`/policies/${id}`, { method: 'PUT', token: member.token, body })).status).toBe(writes);
    }
  });

  it('no other organization', async () => {
    const { id } = await newPolicy(owner);
    expectProblem(await read(id, stranger), 404, 'not_found');
    const body = policyDraft();
    expectProblem(await api(`/policies/${id}`, { method: 'PUT', token: stranger.token, body }), 404, 'not_found');
    expectProblem(await api(`/policies/${id}`, { method: 'DELETE', token: stranger.token }), 404, 'not_found');
    expectProblem(await api(`/policies/${id}/versions`, { token: stranger.token }), 404, 'not_found');
    expect((await read(id)).body.version).toBe(1);
  });
});

describe('the default', () => {
  it('is to allow until somebody says otherwise, and is told to the audit log', async () => {
    const own = await signUp();
    const { token } = own;
    const before = await api('/policies/default', { token });
    expect(before.body).toEqual({ default: 'allow' });
    const set = (value: string, ifMatch?: string) =>
      api('/policies/default', {
        method: 'PUT',
        token,
        body: { default: value },
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      });
    const denied = await set('deny', before.headers.get('etag') ?? '');
    expect(denied.body).toEqual({ default: 'deny' });
    expect(denied.headers.get('etag')).toBe('"1"');
    expectProblem(await set('allow', '"0"'), 412, 'precondition_failed');
    expectProblem(await set('maybe'), 422, 'validation_failed');
    // What is set already changes nothing.
    expect((await set('deny')).headers.get('etag')).toBe('"1"');
    expect((await audited(own, own.organization_id)).slice(1)).toMatchObject([
      { action: 'organization.policy_default_changed', details: { default_before: 'allow', default: 'deny' } },
    ]);
  });
});
