import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type AdmissionRequest, organizationDesk } from '../../../durable-objects/organization/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');
let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

function deskOf(member: Member) {
  return organizationDesk(env.ORGANIZATION, member.organization_id);
}

function startOf(member: Member, agentId: string, extra: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    organization_id: member.organization_id,
    caller: { kind: 'user', user_id: member.user_id, name: 'Owner' },
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: newId('execution'),
    idempotency: null,
    ip: '203.0.113.7',
    ...extra,
  };
}

describe('API keys at the desk', () => {
  it('are refused everywhere from the moment of their revocation, also after an eviction', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const key = await createKey(owner, ['agents:execute', 'agents:read']);
    const begin = () => api(`/agents/${agent.id}/execute`, { key: key.key, body: {} });
    expect((await begin()).status).toBe(202);
    expect((await api('/agents', { key: key.key })).status).toBe(200);
    await api(`/org/api-keys/${key.id}`, { method: 'DELETE', token: owner.token });
    expectProblem(await begin(), 401, 'unauthenticated');
    expectProblem(await api('/agents', { key: key.key }), 401, 'unauthenticated');
    await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id)));
    expectProblem(await begin(), 401, 'unauthenticated');
  });

  it('expire by themselves, on reads and on starts', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const key = await createKey(owner, ['agents:execute', 'agents:read'], {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await runInDurableObject(
      env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id)),
      (_desk, state) => {
        state.storage.sql.exec(
          "UPDATE keys SET expires_at = 1, record = json_set(record, '$.expires_at', 1) WHERE id = ?",
          key.id,
        );
      },
    );
    await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id)));
    expectProblem(await api('/agents', { key: key.key }), 401, 'token_expired');
    expectProblem(await api(`/agents/${agent.id}/execute`, { key: key.key, body: {} }), 401, 'token_expired');
  });

  it('tell nothing about a request to a key that is not valid', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const key = await createKey(owner, ['agents:execute']);
    const forged = `${key.key.slice(0, -4)}aaaa`;
    const bad = { body: '{"input": {}, "unknown": 1}' };
    expectProblem(await api(`/agents/${agent.id}/execute`, { key: forged, ...bad }), 401, 'unauthenticated');
    expectProblem(await api(`/agents/${agent.id}/execute`, { key: key.key, ...bad }), 422, 'validation_failed');
    const narrow = await createKey(owner, ['agents:read']);
    expectProblem(await api(`/agents/${agent.id}/execute`, { key: narrow.key, ...bad }), 403, 'forbidden');
    expectProblem(await api(`/agents/${agent.id}/execute`, { key: narrow.key, body: {} }), 403, 'forbidden');
  });

  it('note when they were last used', async () => {
    const key = await createKey(owner, ['agents:read']);
    await api('/agents', { key: key.key });
    await eventually(async () => {
      await runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id)));
      const row = await env.DB.prepare('SELECT last_used_at FROM api_keys WHERE id = ?').bind(key.id).first();
      return row?.last_used_at !== null && row?.last_used_at !== undefined;
    });
  });

  it('reach D1 later when it was away, with their audit row, once', async () => {
    await env.DB.exec('ALTER TABLE api_keys RENAME TO api_keys_away');
    const key = await createKey(owner, ['agents:read'], { name: 'Made in the dark' });
    await env.DB.exec('ALTER TABLE api_keys_away RENAME TO api_keys');
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
    await runInDurableObject(stub, (_desk, state) => {
      state.storage.sql.exec('UPDATE outbox SET next_at = 0');
    });
    for (let again = 0; again < 2; again++) await runDurableObjectAlarm(stub);
    const rows = await env.DB.prepare('SELECT name FROM api_keys WHERE id = ?').bind(key.id).all();
    expect(rows.results).toEqual([{ name: 'Made in the dark' }]);
    const audit = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit_logs WHERE resource_id = ? AND action = 'api_key.created'",
    )
      .bind(key.id)
      .first();
    expect(audit?.n).toBe(1);
  });
});

describe('admission', () => {
  it('makes one execution of fifty concurrent starts with one Idempotency-Key', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: { input: { n: 1 } }, headers }),
      ),
    );
    const started = answers.filter((answer) => answer.status === 202);
    expect(started).toHaveLength(50);
    expect(new Set(started.map((answer) => answer.body.id)).size).toBe(1);
    expect(started.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    const again = await api<Execution>(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: { input: { n: 1 } },
      headers,
    });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.id).toBe(started[0]?.body.id);
    const other = await api(`/agents/${agent.id}/execute`, { token: owner.token, body: { input: { n: 2 } }, headers });
    expectProblem(other, 422, 'idempotency_key_reused');
  });

  it("holds an agent's concurrency exactly, and frees a place when one ends", async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
      settings: { max_concurrency: 3 },
    });
    const begin = () => api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const answers = await Promise.all(Array.from({ length: 12 }, begin));
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(3);
    const refused = answers.find((answer) => answer.status !== 202);
    expect(refused).toBeDefined();
    if (refused !== undefined) expectProblem(refused, 429, 'concurrency_limited');
    expect(refused?.headers.get('retry-after')).toBe('1');
    await fetch(`${tools}/open/${name}`);
    await eventually(async () => (await begin()).status === 202);
  });

  it('gives up a lease whose execution never started, and frees its Idempotency-Key', async () => {
    const member = await signUp();
    const agent = await publishedAgent(member, { nodes: [start], edges: [] });
    const request = startOf(member, agent.id, { idempotency: { key: 'k', body_hash: 'h' } });
    expect(await deskOf(member).admit(request)).toMatchObject({ outcome: 'allow', again: false });
    const retried = { ...request, execution_id: newId('execution') };
    expect(await deskOf(member).admit(retried)).toMatchObject({
      outcome: 'allow',
      again: true,
      execution_id: request.execution_id,
    });
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(member.organization_id));
    await runInDurableObject(stub, (_desk, state) => {
      state.storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    await runDurableObjectAlarm(stub);
    expect((await deskOf(member).usage()).live_executions).toBe(0);
    expect(await deskOf(member).admit(retried)).toMatchObject({ again: false, execution_id: retried.execution_id });
  });

  it('keeps the lease of an execution that is alive', async () => {
    const name = crypto.randomUUID();
    const member = await signUp();
    const agent = await publishedAgent(member, {
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
    });
    await api(`/agents/${agent.id}/execute`, { token: member.token, body: {} });
    await fetch(`${tools}/waiting/${name}`);
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(member.organization_id));
    await runInDurableObject(stub, (_desk, state) => {
      state.storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    await runDurableObjectAlarm(stub);
    expect((await deskOf(member).usage()).live_executions).toBe(1);
    await fetch(`${tools}/open/${name}`);
    await eventually(async () => (await deskOf(member).usage()).live_executions === 0);
    expect((await deskOf(member).usage()).settled_today).toBe(1);
  });

  it('settles a lease once', async () => {
    const member = await signUp();
    const agent = await publishedAgent(member, { nodes: [start], edges: [] });
    const admission = await deskOf(member).admit(startOf(member, agent.id));
    if (admission.outcome !== 'allow') throw new Error('not admitted');
    for (let again = 0; again < 3; again++)
      await deskOf(member).settle({ lease_id: admission.lease_id, cost_microusd: 5 });
    expect(await deskOf(member).usage()).toEqual({ live_executions: 0, spent_today_microusd: 5, settled_today: 1 });
  });

  it("learns an agent's new head by itself when the writer died before telling it", async () => {
    const member = await signUp();
    const agent = await publishedAgent(member, { nodes: [start], edges: [] });
    await deskOf(member).expectAgentChange(member.organization_id, agent.id);
    await env.DB.prepare("UPDATE agents SET status = 'paused', revision = revision + 1 WHERE id = ?")
      .bind(agent.id)
      .run();
    expect((await deskOf(member).admit(startOf(member, agent.id))).outcome).toBe('allow');
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(member.organization_id));
    await runInDurableObject(stub, (_desk, state) => {
      state.storage.sql.exec('UPDATE watched_agents SET check_at = 1');
    });
    await runDurableObjectAlarm(stub);
    expect(await deskOf(member).admit(startOf(member, agent.id))).toMatchObject({
      outcome: 'deny',
      code: 'agent_paused',
    });
  });

  it('still waits for a second change of an agent when the first has been told', async () => {
    const member = await signUp();
    const agent = await publishedAgent(member, { nodes: [start], edges: [] });
    const admission = await deskOf(member).admit(startOf(member, agent.id));
    if (admission.outcome !== 'allow') throw new Error('not admitted');
    for (let change = 0; change < 2; change++) await deskOf(member).expectAgentChange(member.organization_id, agent.id);
    await deskOf(member).putAgentHead(member.organization_id, admission.agent);
    await env.DB.prepare("UPDATE agents SET status = 'paused', revision = revision + 1 WHERE id = ?")
      .bind(agent.id)
      .run();
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(member.organization_id));
    await runInDurableObject(stub, (_desk, state) => {
      state.storage.sql.exec('UPDATE watched_agents SET check_at = 1');
    });
    await runDurableObjectAlarm(stub);
    expect(await deskOf(member).admit(startOf(member, agent.id))).toMatchObject({
      outcome: 'deny',
      code: 'agent_paused',
    });
  });

  it('leaves no storage behind for an organization that does not exist', async () => {
    const nobody = newId('organization');
    const desk = organizationDesk(env.ORGANIZATION, nobody);
    expect(await desk.authenticate({ key_hash: 'x', ip: '' })).toEqual({ ok: false, code: 'unauthenticated' });
    expect((await desk.admit(startOf({ ...owner, organization_id: nobody }, newId('agent')))).outcome).toBe('deny');
    const origin = { actor_type: 'user', actor_id: owner.user_id, ip: '', user_agent: '', request_id: 'req_test' };
    expect(await desk.revokeKey(newId('apiKey'), null, origin)).toEqual({ found: false });
    const replacement = { id: newId('apiKey'), prefix: 'x', key_hash: 'x', created_by: owner.user_id };
    const rotation = {
      organization_id: nobody,
      key_id: newId('apiKey'),
      overlap_ms: 0,
      now: 0,
      replacement,
      external_agent_id: null,
      grantable: [],
    };
    expect(await desk.rotateKey(rotation, origin)).toEqual({ outcome: 'not_found' });
    expect(await desk.ipAllowlist()).toEqual({ entries: [], revision: 0 });
    const tables = await runInDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(nobody)), (_desk, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});
