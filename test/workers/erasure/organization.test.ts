import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, OrganizationErasure } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { organizationTables } from '../../../workers/db/organization-tables.ts';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { eraseRows } from '../../../workers/domains/erasure/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, rawApi, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  deskStub,
  drain,
  EMPTY,
  eraseOrganization,
  executionStub,
  fillTables,
  jobsOf,
  listedExecutions,
  open,
  rowsOf,
  slugOf,
  storageOf,
  turn,
  waiting,
  withPassword,
} from './erasing.ts';

const tools = inject('toolServerUrl');
const manual = agentNode('start', 'trigger.manual');

/** Marks the organization as its erasure's batch does, without anybody telling the desk. */
async function markErased({ organization_id }: Member): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('UPDATE organizations SET erased_at = 1 WHERE id = ?').bind(organization_id),
    env.DB.prepare('DELETE FROM memberships WHERE organization_id = ?').bind(organization_id),
  ]);
  forgetMemberships({ organization_id });
}

function startRequest(member: Member, executionId: string, leaseId: string) {
  return {
    organization_id: member.organization_id,
    execution_id: executionId,
    agent_id: newId('agent'),
    agent_name: 'Late',
    version: null,
    definition: JSON.stringify({
      nodes: [manual, agentNode('call', 'action.http', { url: `${tools}/echo/${executionId}` })],
      edges: agentEdges('start>call'),
    }),
    mode: 'test' as const,
    trigger: 'test' as const,
    triggered_by: { type: 'user' as const, id: member.user_id, name: 'Owner' },
    input: {},
    project_id: null,
    lineage: null,
    lease_id: leaseId,
    start_by: Date.now() + 60_000,
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    request_id: 'req_test',
    wait_seconds: 0,
  };
}

async function admitted(member: Member, agentId: string, executionId = newId('execution')) {
  const admission = await organizationDesk(env.ORGANIZATION, member.organization_id).admit({
    organization_id: member.organization_id,
    caller: { kind: 'user', user_id: member.user_id, name: 'Owner' },
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: executionId,
    idempotency: null,
    ip: '203.0.113.7',
  });
  return { executionId, admission };
}

async function callsOf(executionId: string): Promise<unknown[]> {
  return (await fetch(`${tools}/calls/echo/${executionId}`)).json();
}

describe('asking for the erasure of an organization', () => {
  it('shows first what would go', async () => {
    const owner = await signUp();
    await withRole(owner, 'viewer');
    await createKey(owner, ['agents:read']);
    const { name } = await waiting(owner);
    const { body } = await api<OrganizationErasure>('/org/erasure', { token: owner.token });
    expect(body).toEqual({
      confirm: await slugOf(owner.organization_id),
      members: 2,
      only_here: 2,
      agents: 1,
      versions: 1,
      executions: 1,
      running_executions: 1,
      api_keys: 1,
      secrets: 0,
      teams: 0,
      invitations: 0,
      audit_entries: body.audit_entries,
    });
    expect(body.audit_entries).toBeGreaterThan(2);
    await open(name);
    await fillTables(owner);
    const elsewhere = await signUp();
    await env.DB.prepare("INSERT INTO memberships VALUES (?, ?, 'viewer', 1)")
      .bind(elsewhere.organization_id, owner.user_id)
      .run();
    const { body: more } = await api<OrganizationErasure>('/org/erasure', { token: owner.token });
    expect(more).toMatchObject({ only_here: 1, secrets: 2, teams: 1 });
  });

  it('is for owners, with the slug and their password', async () => {
    const owner = await signUp();
    const other = await signUp();
    const { key } = await createKey(owner, ['org:read', 'org:manage']);
    const confirm = await slugOf(owner.organization_id);
    const body = { confirm, password: 'x' };
    for (const role of ['admin', 'manager', 'viewer'] as const) {
      const { token } = await withRole(owner, role);
      expectProblem(await api('/org', { method: 'DELETE', token, body }), 403, 'forbidden');
      expectProblem(await api('/org/erasure', { token }), 403, 'forbidden');
    }
    expectProblem(await api('/org', { method: 'DELETE', key, body }), 403, 'forbidden');
    expectProblem(await api('/org/erasure', { key }), 403, 'forbidden');
    expectProblem(await api('/org', { method: 'DELETE', body }), 401, 'unauthenticated');
    for (const wrong of ['', `${confirm}x`, confirm.toUpperCase()]) {
      const problem = expectProblem(await eraseOrganization(owner, { confirm: wrong }), 422, 'validation_failed');
      expect(problem.errors?.map(({ path }) => path)).toEqual(['confirm']);
    }
    expectProblem(await eraseOrganization(owner, { password: 'wrong' }), 401, 'invalid_credentials');
    // A stranger's word for it is their own organization's, never this one's.
    expectProblem(await eraseOrganization(other, { confirm }), 422, 'validation_failed');
    expect((await api('/org', { token: owner.token })).status).toBe(200);
    expect(await jobsOf(owner.organization_id)).toEqual([]);
    for (let guess = 1; guess < 10; guess++) await eraseOrganization(owner, { password: 'wrong' });
    expectProblem(await eraseOrganization(owner), 429, 'rate_limited');
  });

  it('is judged by the role and the password of now', async () => {
    const owner = await signUp();
    expect((await api('/org', { token: owner.token })).status).toBe(200);
    await env.DB.prepare("UPDATE memberships SET role = 'admin' WHERE user_id = ?").bind(owner.user_id).run();
    expectProblem(await eraseOrganization(owner), 403, 'forbidden');
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(owner.user_id).run();
    expectProblem(await eraseOrganization(owner), 401, 'unauthenticated');
    forgetMemberships();
    const row = await env.DB.prepare('SELECT erased_at FROM organizations WHERE id = ?')
      .bind(owner.organization_id)
      .first();
    expect(row).toEqual({ erased_at: null });
    // The desk expects an erasure that never came: it finds so, and the organization goes on.
    for (let look = 0; look < 6; look++) await turn(owner.organization_id);
    expect(await jobsOf(owner.organization_id)).toEqual([]);
    expect((await rowsOf(owner.organization_id)).organizations).toBe(1);
  });
});

describe('an erased organization', () => {
  it('leaves nothing in any table or object, and touches nothing of another one', async () => {
    const owner = await signUp({ organization_name: `Gone ${crypto.randomUUID()}` });
    const other = await signUp();
    const slug = await slugOf(owner.organization_id);
    const agent = await publishedAgent(owner, {
      nodes: [manual, agentNode('a', 'ai.summarize', { prompt: '{{trigger.t}}' })],
      edges: agentEdges('start>a'),
    });
    const finished = await runToEnd(owner, agent.id, { t: 'The sky is blue today. It will rain tomorrow.' });
    const running = await waiting(owner);
    const untouched = await waiting(other);
    await createKey(owner, ['agents:read']);
    await fillTables(owner);
    await fillTables(other);
    await eventually(async () => (await rowsOf(other.organization_id)).executions === 2);
    const before = await rowsOf(owner.organization_id);
    expect(Object.keys(before).sort()).toEqual(
      [...organizationTables().map(({ name }) => name), 'organizations'].sort(),
    );
    expect(Object.entries(before).filter(([, count]) => count < 1)).toEqual([]);
    const others = await rowsOf(other.organization_id);

    expect((await eraseOrganization(owner)).status).toBe(204);
    await drain(owner.organization_id);

    expect(Object.values(await rowsOf(owner.organization_id)).filter((count) => count !== 0)).toEqual([]);
    expect(await storageOf(deskStub(owner.organization_id))).toEqual(EMPTY);
    await open(running.name);
    for (const { id } of [finished, running]) {
      expect(await storageOf(executionStub(id))).toEqual(EMPTY);
      await evictDurableObject(executionStub(id));
      expect(await runDurableObjectAlarm(executionStub(id))).toBe(false);
      expect(await storageOf(executionStub(id))).toEqual(EMPTY);
    }
    const user = await env.DB.prepare('SELECT email FROM users WHERE id = ?').bind(owner.user_id).first();
    expect(user).toEqual({ email: owner.email });

    expect(await rowsOf(other.organization_id)).toEqual(others);
    await open(untouched.name);
    await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${untouched.id}`, { token: other.token });
      return body.status === 'completed';
    });
    const again = await signUp({ organization_name: slug });
    expect(await slugOf(again.organization_id)).toBe(slug);
  });

  it('is there for nobody from the answer on', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'editor');
    const elsewhere = await signUp();
    await env.DB.prepare("INSERT INTO memberships VALUES (?, ?, 'editor', 1)")
      .bind(owner.organization_id, elsewhere.user_id)
      .run();
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const { key } = await createKey(owner, ['agents:read', 'agents:execute']);
    expect((await api('/agents', { token: member.token })).status).toBe(200);
    expect((await eraseOrganization(owner)).status).toBe(204);
    for (const credential of [{ token: owner.token }, { token: member.token }, { key }]) {
      expectProblem(await api('/agents', credential), 401, 'unauthenticated');
      expectProblem(await api(`/agents/${agent.id}/execute`, { ...credential, body: {} }), 401, 'unauthenticated');
    }
    const refused = { outcome: 'deny', code: 'unauthenticated' };
    expect((await admitted(owner, agent.id)).admission).toMatchObject(refused);
    await evictDurableObject(deskStub(owner.organization_id));
    expect((await admitted(owner, agent.id)).admission).toMatchObject(refused);
    expectProblem(await api('/agents', { key }), 401, 'unauthenticated');
    expect((await api('/auth/me', { token: elsewhere.token })).status).toBe(200);

    await drain(owner.organization_id);
    expect((await admitted(owner, agent.id)).admission).toMatchObject(refused);
    expectProblem(await api('/agents', { key }), 401, 'unauthenticated');
    expect(await storageOf(deskStub(owner.organization_id))).toEqual(EMPTY);
  });

  it('keeps refusing for a while after its rows are gone, and forgets what the desk knew', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['agents:read']);
    await eraseOrganization(owner);
    await eventually(async () => {
      await runDurableObjectAlarm(deskStub(owner.organization_id));
      return (await jobsOf(owner.organization_id))[0]?.stage === 'resting';
    });
    expect((await rowsOf(owner.organization_id)).organizations).toBe(0);
    expectProblem(await api('/agents', { key }), 401, 'unauthenticated');
    // What an isolate that has not heard of it still tells must not bring storage back.
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await desk.expectAgentChange(owner.organization_id, newId('agent'));
    await desk.settle({ lease_id: newId('lease'), cost_microusd: 1 });
    const left = await runInDurableObject(deskStub(owner.organization_id), (_desk, { storage }) =>
      ['keys', 'leases', 'agents', 'plan', 'spend', 'outbox'].filter(
        (table) => storage.sql.exec(`SELECT 1 FROM ${table}`).toArray().length > 0,
      ),
    );
    expect(left).toEqual([]);
    await drain(owner.organization_id);
    expect(await storageOf(deskStub(owner.organization_id))).toEqual(EMPTY);
  });

  it('stops what is running, and closes the sockets that watch it', async () => {
    const owner = await signUp();
    const { id, name } = await waiting(owner);
    const answer = rawApi(`/executions/${id}/stream`, {
      headers: { upgrade: 'websocket', authorization: `Bearer ${owner.token}` },
    });
    const socket = (await answer).webSocket;
    if (socket === null) throw new Error('no socket');
    const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
    socket.accept();
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    expect(await closed).toBe(4410);
    await open(name);
    expect(await storageOf(executionStub(id))).toEqual(EMPTY);
    expect(await executionObject(env.EXECUTION, id).leaseState('x')).toBe('unknown');
  });

  it('answers whoever waits for the end of an execution', async () => {
    const owner = await signUp();
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [manual, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
    });
    const answer = api(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: {},
      headers: { prefer: 'wait=20' },
    });
    await fetch(`${tools}/waiting/${name}`);
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    expectProblem(await answer, 401, 'unauthenticated');
    await open(name);
  });
});

describe('a start that was admitted before', () => {
  it('is refused when it arrives later, and leaves nothing', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const { executionId, admission } = await admitted(owner, agent.id);
    if (admission.outcome !== 'allow') throw new Error('not admitted');
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    const stub = executionStub(executionId);
    const request = startRequest(owner, executionId, admission.lease_id);
    expect(await executionObject(env.EXECUTION, executionId).start(request)).toBe('erased');
    await evictDurableObject(stub);
    expect(await executionObject(env.EXECUTION, executionId).start(request)).toBe('erased');
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await storageOf(stub)).tables, 'not yet').toEqual(['tombstone']);
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec('UPDATE tombstone SET until = 1');
    });
    await runDurableObjectAlarm(stub);
    expect(await storageOf(stub)).toEqual(EMPTY);
    expect(await callsOf(executionId)).toEqual([]);
  });

  it('that comes later still erases itself when it has nobody to tell', async () => {
    const owner = await signUp();
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    const id = newId('execution');
    const stub = executionStub(id);
    await executionObject(env.EXECUTION, id).start(startRequest(owner, id, newId('lease')));
    await eventually(async () => {
      await runDurableObjectAlarm(stub);
      const { tables, alarm } = await storageOf(stub);
      return tables.length === 0 && alarm === null;
    });
    expect(Object.values(await rowsOf(owner.organization_id)).filter((count) => count !== 0)).toEqual([]);
  });

  it('is erased with the others while starts come in', async () => {
    const owner = await signUp();
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [manual, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
    });
    const start = () => api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const first = await start();
    const [erased, ...answers] = await Promise.all([eraseOrganization(owner), ...Array.from({ length: 12 }, start)]);
    expect(erased.status).toBe(204);
    for (const answer of answers) expect([202, 401]).toContain(answer.status);
    expectProblem(await start(), 401, 'unauthenticated');
    await drain(owner.organization_id);
    await open(name);
    for (const answer of [first, ...answers]) {
      if (answer.status === 202) expect(await storageOf(executionStub(answer.body.id))).toEqual(EMPTY);
    }
    expect(Object.values(await rowsOf(owner.organization_id)).filter((count) => count !== 0)).toEqual([]);
  });
});

describe('an erasure goes on', () => {
  it('when the request died after D1 was written', async () => {
    const owner = await signUp();
    const { id, name } = await waiting(owner);
    const organizationId = owner.organization_id;
    const desk = organizationDesk(env.ORGANIZATION, organizationId);
    await desk.expectErasure(organizationId, { kind: 'organization', subject: organizationId, email: null });
    await turn(organizationId);
    expect(await jobsOf(organizationId), 'D1 does not have it').toMatchObject([{ stage: 'intended', attempts: 1 }]);
    await markErased(owner);
    await evictDurableObject(deskStub(organizationId));
    await drain(organizationId);
    expect(Object.values(await rowsOf(organizationId)).filter((count) => count !== 0)).toEqual([]);
    expect(await storageOf(executionStub(id))).toEqual(EMPTY);
    expect(await storageOf(deskStub(organizationId))).toEqual(EMPTY);
    await open(name);
  });

  it('in pages of fifty objects, through evictions between them', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    await listedExecutions(owner, agent.id, 130);
    const organizationId = owner.organization_id;
    const desk = organizationDesk(env.ORGANIZATION, organizationId);
    await desk.expectErasure(organizationId, { kind: 'organization', subject: organizationId, email: null });
    await markErased(owner);
    const pages: number[] = [];
    for (let page = { done: false, cursor: '' }; pages.length < 3 && !page.done; ) {
      page = await eraseRows(env, organizationId, page.cursor, async (ids) => {
        pages.push(ids.length);
        return new Set<string>();
      });
    }
    expect(pages).toEqual([50, 50, 30]);
    await drain(organizationId, () => evictDurableObject(deskStub(organizationId)));
    expect((await rowsOf(organizationId)).organizations).toBe(0);
  });

  it('where its last page ended, and keeps the row of an object that has not confirmed', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const ids = await listedExecutions(owner, agent.id, 120);
    const { organization_id } = owner;
    const asked: string[][] = [];
    const objects = async (page: readonly string[]) => {
      asked.push([...page]);
      return new Set(page.filter((id) => id !== ids[7]));
    };
    await expect(eraseRows(env, organization_id, '', objects)).rejects.toThrow('not to be erased');
    await markErased(owner);
    let page = await eraseRows(env, organization_id, '', objects);
    expect(page).toEqual({ done: false, cursor: ids[49], failed: true });
    while (!page.done) page = await eraseRows(env, organization_id, page.cursor, objects);
    expect(asked.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(asked.flat()).toEqual(ids);
    expect(page.failed).toBe(true);
    expect(await rowsOf(organization_id)).toMatchObject({ executions: 1, agents: 1, organizations: 1 });
    do page = await eraseRows(env, organization_id, page.cursor, async (all) => new Set(all));
    while (!page.done);
    expect((await rowsOf(organization_id)).organizations).toBe(0);
  });

  it('in statements of a bounded number of rows', async () => {
    const owner = await signUp();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
        INSERT INTO audit_logs SELECT 'aud_' || ?1 || i, ?1, 1, 'user', 'u', 'a', 't', 'r', '{}', '', '', '' FROM n`,
    )
      .bind(owner.organization_id)
      .run();
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    expect(await rowsOf(owner.organization_id)).toMatchObject({ audit_logs: 0, organizations: 0 });
  });

  it('when an object fails, without waiting for it with the others', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const bad = await runToEnd(owner, agent.id);
    const good = await runToEnd(owner, agent.id);
    await eventually(async () => (await rowsOf(owner.organization_id)).executions === 2);
    const facts = await runInDurableObject(executionStub(bad.id), (_object, { storage }) => {
      const { facts } = storage.sql.exec<{ facts: string }>('SELECT facts FROM execution').one();
      storage.sql.exec("UPDATE execution SET facts = 'broken'");
      return facts;
    });
    await evictDurableObject(executionStub(bad.id));
    await eraseOrganization(owner);
    await eventually(async () => {
      await turn(owner.organization_id);
      const [job] = await jobsOf(owner.organization_id);
      // It waits before it tries again.
      return job !== undefined && job.attempts >= 2 && job.next_at > Date.now();
    });
    expect(await storageOf(executionStub(good.id))).toEqual(EMPTY);
    expect(await rowsOf(owner.organization_id)).toMatchObject({ executions: 1, agents: 1, organizations: 1 });

    await runInDurableObject(executionStub(bad.id), (_object, { storage }) => {
      storage.sql.exec('UPDATE execution SET facts = ?', facts);
    });
    await drain(owner.organization_id);
    expect(await storageOf(executionStub(bad.id))).toEqual(EMPTY);
    expect((await rowsOf(owner.organization_id)).organizations).toBe(0);
  });

  it('when D1 was away for a page', async () => {
    const owner = await signUp();
    await eraseOrganization(owner);
    await env.DB.exec('ALTER TABLE audit_logs RENAME TO audit_logs_away');
    await eventually(async () => {
      await turn(owner.organization_id);
      return ((await jobsOf(owner.organization_id))[0]?.attempts ?? 0) > 0;
    });
    await env.DB.exec('ALTER TABLE audit_logs_away RENAME TO audit_logs');
    await drain(owner.organization_id);
    expect(Object.values(await rowsOf(owner.organization_id)).filter((count) => count !== 0)).toEqual([]);
  });

  it('once, when two owners ask for it at the same time', async () => {
    const one = await signUp();
    const two = await withPassword(await withRole(one, 'owner'), one);
    const answers = await Promise.all([eraseOrganization(one), eraseOrganization(two)]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(204);
    for (const status of statuses) expect([204, 401, 404]).toContain(status);
    await drain(one.organization_id);
    expect((await rowsOf(one.organization_id)).organizations).toBe(0);
    expect(await storageOf(deskStub(one.organization_id))).toEqual(EMPTY);
  });

  it('and never begins for an organization that D1 does not name as erased', async () => {
    const owner = await signUp();
    const organizationId = owner.organization_id;
    const desk = organizationDesk(env.ORGANIZATION, organizationId);
    await desk.beginErasure(organizationId);
    expect((await api('/org', { token: owner.token })).status).toBe(200);
    expect(await jobsOf(organizationId)).toEqual([]);
  });
});
