import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentSettings, Execution, ExecutionStep, ExecutionSummary } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { drain, EMPTY, eraseOrganization, storageOf } from '../erasure/erasing.ts';
import { atDesk, deskOf, deskStub, executionStub, LimitedAgent, leasesOf, ringDesk } from './limited-agent.ts';

const queue = (max_concurrency: number): AgentSettings => ({ max_concurrency, concurrency_policy: 'queue' });
const ONE = queue(1);

async function queued(owner: Member): Promise<string[]> {
  return (await leasesOf(owner)).filter(({ state }) => state === 'queued').map(({ execution_id }) => execution_id);
}

function admission(agent: LimitedAgent, executionId: string) {
  return deskOf(agent.owner).admit({
    organization_id: agent.owner.organization_id,
    caller: { kind: 'user', user_id: agent.owner.user_id, name: 'Owner' },
    permission: 'agents:execute',
    agent_id: agent.id,
    version: null,
    mode: 'live',
    execution_id: executionId,
    idempotency: null,
    ip: '',
  });
}

describe('a start that finds no place, where the agent queues', () => {
  it('waits, does nothing, and begins in the order of admission', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const first = await agent.start('1');
    await agent.arrives('1');
    const answer = await agent.ask('2');
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: 'queued', started_at: null, waiting_reason: null, duration_ms: null });
    const second = answer.body;
    const [third, fourth] = [await agent.start('3'), await agent.start('4')];
    expect(await agent.statuses(first, second, third, fourth)).toEqual(['running', 'queued', 'queued', 'queued']);
    expect((await agent.events(second.id)).map(({ type }) => type)).toEqual(['execution.queued']);
    const listed = await eventually(async () => {
      const path = `/executions?status=queued&agent_id=${agent.id}`;
      const { data } = (await api<{ data: ExecutionSummary[] }>(path, { token: agent.owner.token })).body;
      return data.length === 3 ? data : null;
    });
    expect(listed.every(({ started_at }) => started_at === null)).toBe(true);

    await agent.open('1');
    await agent.arrives('2');
    expect(await agent.statuses(first, second, third, fourth)).toEqual(['completed', 'running', 'queued', 'queued']);
    expect((await agent.events(second.id)).map(({ type }) => type).slice(0, 2)).toEqual([
      'execution.queued',
      'execution.started',
    ]);
    await agent.open('2');
    await agent.arrives('3');
    expect(await agent.statuses(second, third, fourth)).toEqual(['completed', 'running', 'queued']);
    await agent.open('3');
    await agent.arrives('4');
    await agent.open('4');
    const last = await agent.reaches(fourth.id, 'completed');
    expect(Date.parse(last.started_at ?? '')).toBeGreaterThan(Date.parse(last.created_at));
    for (const name of ['1', '2', '3', '4']) expect(await agent.calls(name)).toBe(1);
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
  });

  it('never begins beyond the limit: fifty at once run three at a time, each once', async () => {
    const agent = await LimitedAgent.publish(await signUp(), queue(3));
    const answers = await Promise.all(Array.from({ length: 50 }, () => agent.ask('all')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = answers.map(({ body }) => body.id);
    expect(await queued(agent.owner)).toHaveLength(47);
    expect((await deskOf(agent.owner).usage()).live_executions).toBe(3);
    await agent.arrives('all');
    await agent.open('all');
    const ended = await Promise.all(ids.map((id) => agent.reaches(id, 'completed')));
    const changes = ended
      .flatMap(({ started_at, finished_at }) => [
        { at: Date.parse(started_at ?? ''), by: 1 },
        { at: Date.parse(finished_at ?? ''), by: -1 },
      ])
      .sort((one, other) => one.at - other.at || one.by - other.by);
    let live = 0;
    for (const { by } of changes) {
      live += by;
      expect(live).toBeLessThanOrEqual(3);
    }
    expect(await agent.calls('all')).toBe(50);
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
    expect(await deskOf(agent.owner).usage()).toMatchObject({ live_executions: 0, settled_today: 50 });
  });

  it('is one execution for fifty concurrent starts with one Idempotency-Key', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const answers = await Promise.all(Array.from({ length: 50 }, () => agent.ask('2', headers)));
    const taken = answers.filter(({ status }) => status === 202);
    expect(taken.length + answers.filter(({ status }) => status === 409).length).toBe(50);
    expect(new Set(taken.map(({ body }) => body.id)).size).toBe(1);
    expect(await queued(agent.owner)).toHaveLength(1);
    const again = await agent.ask('2', headers);
    expect(again.body).toMatchObject({ id: taken[0]?.body.id, status: 'queued' });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('is answered when it has ended, where the caller waits for that', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    await agent.open('2');
    const waits = agent.ask('2', { prefer: 'wait=15' });
    await eventually(async () => (await queued(agent.owner)).length === 1);
    await agent.open('1');
    const answer = await waits;
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('completed');
    await agent.start('3');
    const impatient = await agent.ask('4', { prefer: 'wait=1' });
    expect([impatient.status, impatient.body.status]).toEqual([202, 'queued']);
  });

  it('can be cancelled, and then never begins', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const [second, third] = [await agent.start('2'), await agent.start('3')];
    await agent.cancel(second.id);
    expect(await agent.read(second.id)).toMatchObject({ status: 'cancelled', started_at: null, duration_ms: null });
    await agent.open('1');
    await agent.arrives('3');
    expect(await agent.calls('2')).toBe(0);
    await agent.cancel(third.id);
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
    expect((await agent.start('4')).status).toBe('running');
  });

  it('does not use up its time limit', async () => {
    const agent = await LimitedAgent.publish(await signUp(), { ...ONE, timeout_ms: 600_000 });
    await agent.start('1');
    const { id } = await agent.start('2');
    // Twenty minutes pass.
    await runInDurableObject(executionStub(id), (_object, { storage }) => {
      storage.sql.exec('UPDATE execution SET created_at = created_at - 1200000, deadline_at = deadline_at - 1200000');
    });
    await evictDurableObject(executionStub(id));
    await runDurableObjectAlarm(executionStub(id));
    expect((await agent.read(id)).status).toBe('queued');
    await agent.open('1');
    await agent.arrives('2');
    const clock = await runInDurableObject(executionStub(id), (_object, { storage }) =>
      storage.sql.exec('SELECT deadline_at - started_at AS left_ms, remaining_ms FROM execution').one(),
    );
    expect(clock).toEqual({ left_ms: 600_000, remaining_ms: null });
  });

  it('waits behind at most a thousand others', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const admitted = [];
    for (let n = 0; n < 1000; n++) admitted.push(await admission(agent, newId('execution')));
    expect(admitted.every((each) => each.outcome === 'allow' && each.queued)).toBe(true);
    const refused = expectProblem(await agent.ask('2'), 429, 'concurrency_limited');
    expect(refused.detail).toContain('1000 starts of this agent are queued');
  });

  it('is refused as before where it is a test', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    expectProblem(await agent.ask('2', {}, 'test'), 429, 'concurrency_limited');
  });

  it('is started again by a retry in the same way', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const first = await agent.start('1');
    await agent.cancel(first.id);
    await agent.start('2');
    const { token } = agent.owner;
    const retried = await api<Execution>(`/executions/${first.id}/retry`, { method: 'POST', token, body: {} });
    expect(retried.body).toMatchObject({ status: 'queued', retry_of: first.id });
    await agent.open('1');
    await agent.open('2');
    await agent.reaches(retried.body.id, 'completed');
  });
});

describe('the next in line', () => {
  it('takes the place of one that waits for a person', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('ask', 'human.approval', { message: 'Go on?' })],
      edges: agentEdges('start>ask'),
      settings: ONE,
    });
    const starts = await Promise.all(
      Array.from({ length: 3 }, () => api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} })),
    );
    for (const { body } of starts) {
      await eventually(async () => {
        const run = await api<Execution>(`/executions/${body.id}`, { token: owner.token });
        return run.body.status === 'waiting';
      });
    }
    await eventually(async () => (await leasesOf(owner)).every(({ state }) => state === 'parked'));
  });

  it('waits while the organization is at its plan’s limit, and takes any place that is free then', async () => {
    const owner = await signUp();
    const [agent, other] = [await LimitedAgent.publish(owner, ONE), await LimitedAgent.publish(owner, {})];
    const plan = { plan: 'pro', starts_per_hour: null } as const;
    await deskOf(owner).setPlan(owner.organization_id, { ...plan, concurrent_executions: 2 });
    const first = await agent.start('1');
    await other.start('a');
    const second = await agent.start('2');
    expect(second.status).toBe('queued');
    expectProblem(await other.ask('b'), 429, 'concurrency_limited');
    // A smaller plan, so that the place that one agent leaves is no place of the organization.
    await deskOf(owner).setPlan(owner.organization_id, { ...plan, concurrent_executions: 1 });
    await agent.open('1');
    await agent.reaches(first.id, 'completed');
    await eventually(async () => (await deskOf(owner).usage()).settled_today === 1);
    expect(await agent.statuses(second)).toEqual(['queued']);
    // Nobody overtakes: the agent's own limit has room.
    expect((await agent.start('3')).status).toBe('queued');
    await other.open('a');
    await agent.arrives('2');
    expect(await queued(owner)).toHaveLength(1);
    await deskOf(owner).setPlan(owner.organization_id, { ...plan, concurrent_executions: 5 });
    expect(await queued(owner)).toHaveLength(1);
    await agent.open('2');
    await agent.arrives('3');
  });

  it('waits while its agent is paused, and is cancelled when that is archived', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const first = await agent.start('1');
    const [second, third] = [await agent.start('2'), await agent.start('3')];
    await agent.setStatus('paused');
    await agent.open('1');
    await agent.reaches(first.id, 'completed');
    await eventually(async () => (await leasesOf(agent.owner)).length === 2);
    expect(await agent.statuses(second, third)).toEqual(['queued', 'queued']);
    await agent.setStatus('active');
    await agent.arrives('2');
    await agent.setStatus('archived');
    expect(await agent.reaches(third.id, 'cancelled')).toMatchObject({
      error: { code: 'agent_archived', message: 'The agent was archived before a place was free.' },
      started_at: null,
    });
    expect(await agent.statuses(second)).toEqual(['running']);
    await agent.open('2');
    await agent.reaches(second.id, 'completed');
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
  });

  it('follows the limit and the policy of what is published, with the version that it was admitted with', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const starts: Execution[] = [];
    for (const name of ['1', '2', '3', '4']) starts.push(await agent.start(name));
    await agent.publishAgain(queue(3));
    await Promise.all([agent.arrives('2'), agent.arrives('3')]);
    expect(await agent.statuses(...starts)).toEqual(['running', 'running', 'running', 'queued']);
    // A smaller limit takes nobody's place, and another policy nobody's turn.
    await agent.publishAgain({ max_concurrency: 2 });
    await agent.open('1');
    await eventually(async () => (await leasesOf(agent.owner)).length === 3);
    expect(await agent.statuses(...starts.slice(1))).toEqual(['running', 'running', 'queued']);
    expectProblem(await agent.ask('5'), 429, 'concurrency_limited');
    await agent.open('2');
    await agent.arrives('4');
    expect(await agent.read(starts[3]?.id ?? '')).toMatchObject({ status: 'running', version: 1 });
    await agent.publishAgain(queue(2));
    const fifth = await agent.start('5');
    expect(fifth.status).toBe('queued');
    await agent.publishAgain({});
    await agent.arrives('5');
  });

  it('is told by the sweep when its execution was never made, so that others come after it', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const first = await agent.start('1');
    const lost = newId('execution');
    expect(await admission(agent, lost)).toMatchObject({ outcome: 'allow', queued: true });
    const third = await agent.start('3');
    await agent.cancel(first.id);
    await eventually(async () => (await queued(agent.owner)).length === 1);
    expect(await agent.statuses(third)).toEqual(['queued']);
    await atDesk(agent.owner, 'UPDATE leases SET expires_at = 1 WHERE execution_id = ?', lost);
    await ringDesk(agent.owner);
    await agent.arrives('3');
    expect((await leasesOf(agent.owner)).map(({ execution_id }) => execution_id)).toEqual([third.id]);
  });

  it('begins when its start arrives after its turn', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const first = await agent.start('1');
    const id = newId('execution');
    const admitted = await admission(agent, id);
    if (admitted.outcome !== 'allow') throw new Error('not admitted');
    await agent.cancel(first.id);
    await eventually(async () => (await queued(agent.owner)).length === 0);
    await executionAt(agent, id, admitted.lease_id);
    await eventually(async () => {
      await ringDesk(agent.owner);
      return (await agent.read(id)).status === 'completed';
    });
  });

  it('asks by itself when neither its turn nor the loss of it has been told', async () => {
    const agent = await LimitedAgent.publish(await signUp(), queue(2));
    await Promise.all([agent.start('1'), agent.start('2')]);
    const [third, fourth, fifth] = [await agent.start('3'), await agent.start('4'), await agent.start('5')];
    const tenMinutesPass = async ({ id }: Execution) => {
      await runInDurableObject(executionStub(id), (_object, { storage }) => {
        storage.sql.exec('UPDATE execution SET created_at = created_at - 600000');
      });
      await evictDurableObject(executionStub(id));
      await runDurableObjectAlarm(executionStub(id));
    };
    await atDesk(agent.owner, "UPDATE leases SET state = 'active' WHERE execution_id = ?", third.id);
    await atDesk(agent.owner, 'DELETE FROM leases WHERE execution_id = ?', fourth.id);
    for (const each of [third, fourth, fifth]) await tenMinutesPass(each);
    await agent.arrives('3');
    expect((await agent.reaches(fourth.id, 'cancelled')).error?.code).toBe('start_lost');
    expect(await agent.statuses(fifth)).toEqual(['queued']);
  });

  it('has an alarm, which the sweep sets again should it be lost, and stays in line', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const { id } = await agent.start('2');
    const alarm = () => runInDurableObject(executionStub(id), (_object, { storage }) => storage.getAlarm());
    expect(await alarm()).not.toBeNull();
    await runInDurableObject(executionStub(id), (_object, { storage }) => storage.deleteAlarm());
    await atDesk(agent.owner, 'UPDATE leases SET expires_at = 1');
    await ringDesk(agent.owner);
    expect(await alarm()).not.toBeNull();
    expect(await queued(agent.owner)).toEqual([id]);
    expect((await deskOf(agent.owner).usage()).live_executions).toBe(1);
  });

  it('is known to a desk that has been evicted', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    await agent.start('2');
    await evictDurableObject(deskStub(agent.owner));
    expect((await agent.start('3')).status).toBe('queued');
    await agent.open('1');
    await agent.arrives('2');
    expect(await queued(agent.owner)).toHaveLength(1);
  });
});

/** The start of an execution that was admitted, as its Worker would have sent it. */
async function executionAt(agent: LimitedAgent, id: string, leaseId: string): Promise<void> {
  const { organization_id, user_id } = agent.owner;
  await executionObject(env.EXECUTION, id).start({
    organization_id,
    execution_id: id,
    agent_id: agent.id,
    agent_name: 'Late',
    version: null,
    definition: JSON.stringify({ nodes: [agentNode('start', 'trigger.manual')], edges: [] }),
    mode: 'live',
    trigger: 'manual',
    triggered_by: { type: 'user', id: user_id, name: 'Owner' },
    input: {},
    project_id: null,
    lineage: null,
    lease_id: leaseId,
    start_by: Date.now() + 60_000,
    queued: true,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    request_id: 'req_late',
    wait_seconds: 0,
  });
}

describe('a step that calls an agent which queues', () => {
  async function caller(agent: LimitedAgent) {
    const parent = await publishedAgent(agent.owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('n', 'agent.call', { agent_id: agent.id, input: { gate: `${agent.run}-child` } }),
      ],
      edges: agentEdges('start>n'),
    });
    const { token } = agent.owner;
    const { id } = (await api<Execution>(`/agents/${parent.id}/execute`, { token, body: {} })).body;
    const child = await eventually(async () => {
      const { data } = (await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token })).body;
      const step = data.find((each) => each.node_id === 'n');
      return step?.status === 'waiting' ? step.child_execution_id : null;
    });
    return { id, child };
  }

  it('waits for the child, which waits for its place', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const { id, child } = await caller(agent);
    expect((await agent.read(child)).status).toBe('queued');
    expect(await agent.reaches(id, 'waiting')).toMatchObject({ waiting_reason: 'child' });
    await agent.open('child');
    await agent.open('1');
    expect((await agent.reaches(id, 'completed')).output).toMatchObject({ execution_id: child, status: 'completed' });
  });

  it('takes the child out of the line when it is cancelled', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    await agent.start('1');
    const { id, child } = await caller(agent);
    await agent.cancel(id);
    await agent.reaches(child, 'cancelled');
    await eventually(async () => (await leasesOf(agent.owner)).length === 1);
    await agent.open('1');
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
    expect(await agent.calls('child')).toBe(0);
  });
});

describe('the erasure of an organization', () => {
  it('takes its queued executions along', async () => {
    const agent = await LimitedAgent.publish(await signUp(), ONE);
    const starts = [await agent.start('1'), await agent.start('2'), await agent.start('3')];
    expect((await eraseOrganization(agent.owner)).status).toBeLessThan(300);
    await drain(agent.owner.organization_id);
    for (const { id } of starts) expect(await storageOf(executionStub(id))).toEqual(EMPTY);
    expect(await storageOf(deskStub(agent.owner))).toEqual(EMPTY);
    expect(await agent.calls('2')).toBe(0);
  });
});
