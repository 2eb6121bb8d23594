import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { requestHash } from '../../../workers/platform/idempotency.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { deskOf, deskStub, executionStub, LimitedAgent, leasesOf, ringDesk } from './limited-agent.ts';

const BODY = { input: { gate: `lost-${crypto.randomUUID()}` } };

/** A start that the desk has admitted, and whose Worker died before it reached its object. */
async function lostStart(owner: Member, agentId: string) {
  const key = crypto.randomUUID();
  const path = `/agents/${agentId}/execute`;
  const id = newId('execution');
  const admission = await deskOf(owner).admit({
    organization_id: owner.organization_id,
    caller: { kind: 'user', user_id: owner.user_id, name: 'Owner' },
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: id,
    idempotency: { key, body_hash: await requestHash('POST', `/api/v1${path}`, JSON.stringify(BODY)) },
    ip: '203.0.113.7',
    checked_version: 1,
  });
  if (admission.outcome !== 'allow') throw new Error('not admitted');
  const again = () => api<Execution>(path, { token: owner.token, body: BODY, headers: { 'idempotency-key': key } });
  return { id, admission, again };
}

const plain = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };

describe('a start whose Worker died before it reached its object', () => {
  it('is made at once by the next request with its key, and costs the oldest its place once', async () => {
    const agent = await LimitedAgent.publish(await signUp(), {
      max_concurrency: 1,
      concurrency_policy: 'cancel_oldest',
    });
    const first = await agent.start('1');
    const { id, again } = await lostStart(agent.owner, agent.id);
    const answer = await again();
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect(answer.body.id).toBe(id);
    expect((await again()).headers.get('idempotency-replayed')).toBe('true');
    expect((await agent.reaches(first.id, 'cancelled')).error?.code).toBe('replaced');
    await eventually(async () => (await leasesOf(agent.owner)).length === 1);
    expect(await leasesOf(agent.owner)).toMatchObject([{ execution_id: id, state: 'provisional' }]);
    expect((await agent.events(id)).filter(({ type }) => type === 'execution.started')).toHaveLength(1);
    await agent.cancel(id);
  });

  it('is made once by fifty requests at the same time', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const { id, again } = await lostStart(owner, agent.id);
    const answers = await Promise.all(Array.from({ length: 50 }, again));
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual(answers.map(() => [202, id]));
    await eventually(async () => (await deskOf(owner).usage()).live_executions === 0);
    expect((await deskOf(owner).usage()).settled_today).toBe(1);
    const row = await env.DB.prepare('SELECT count(*) AS n FROM executions WHERE organization_id = ?')
      .bind(owner.organization_id)
      .first();
    expect(row).toEqual({ n: 1 });
  });

  it('runs the version that it was admitted with, also at a desk that was evicted', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const { id, again } = await lostStart(owner, agent.id);
    const published = await api(`/agents/${agent.id}/publish`, { token: owner.token, body: {} });
    expect(published.status, JSON.stringify(published.body)).toBeLessThan(300);
    await evictDurableObject(deskStub(owner));
    expect((await again()).body).toMatchObject({ id, version: 1 });
  });

  it('is not made while its agent is paused; one that was made is answered', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const [lost, made] = [await lostStart(owner, agent.id), await lostStart(owner, agent.id)];
    expect((await made.again()).status).toBe(202);
    const paused = await api(`/agents/${agent.id}/status`, {
      method: 'PUT',
      token: owner.token,
      body: { status: 'paused' },
    });
    expect(paused.status, JSON.stringify(paused.body)).toBe(200);
    expectProblem(await lost.again(), 409, 'idempotency_in_progress');
    expect((await made.again()).body.id).toBe(made.id);
  });

  it('is given time when its lease is about to run out', async () => {
    const agent = await LimitedAgent.publish(await signUp(), { max_concurrency: 1 });
    const { id, again } = await lostStart(agent.owner, agent.id);
    await runInDurableObject(deskStub(agent.owner), (_desk, { storage }) => {
      storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    expect((await again()).status).toBe(202);
    await ringDesk(agent.owner);
    expect(await leasesOf(agent.owner)).toMatchObject([{ execution_id: id }]);
    await agent.cancel(id);
  });
});

describe('a start that reaches its object after its lease may be gone', () => {
  it('is not made and leaves nothing; a request with its key still makes it', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const { id, admission, again } = await lostStart(owner, agent.id);
    const outcome = await executionObject(env.EXECUTION, id).start({
      organization_id: owner.organization_id,
      execution_id: id,
      agent_id: agent.id,
      agent_name: 'Late',
      version: 1,
      definition: JSON.stringify(plain),
      mode: 'live',
      trigger: 'manual',
      triggered_by: { type: 'user', id: owner.user_id, name: 'Owner' },
      input: {},
      project_id: null,
      lineage: null,
      lease_id: admission.lease_id,
      start_by: Date.now() - 1,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      request_id: 'req_late',
      wait_seconds: 0,
    });
    expect(outcome).toBe('late');
    const tables = await runInDurableObject(executionStub(id), (_object, { storage }) =>
      storage.sql.exec('SELECT name FROM sqlite_master').toArray(),
    );
    expect(tables).toEqual([]);
    expect((await again()).body).toMatchObject({ id, input: BODY.input });
  });

  it('has so long: less than its lease', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const { admission } = await lostStart(owner, agent.id);
    const lease = await runInDurableObject(deskStub(owner), (_desk, { storage }) =>
      storage.sql.exec<{ expires_at: number }>('SELECT expires_at FROM leases').one(),
    );
    expect(admission.start_by).toBeLessThan(lease.expires_at);
    expect(admission.start_by).toBeGreaterThan(Date.now());
  });
});
