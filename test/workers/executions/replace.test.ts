import { env } from 'cloudflare:workers';
import type { AgentSettings, Execution, ExecutionStep, ExecutionSummary } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { deskOf, LimitedAgent, leasesOf, ringDesk } from './limited-agent.ts';

const newest = (max_concurrency: number): AgentSettings => ({ max_concurrency, concurrency_policy: 'cancel_oldest' });

describe('a start that finds no place, where the agent cancels the oldest', () => {
  it('takes the place of the oldest at once, which ends and says for whom', async () => {
    const agent = await LimitedAgent.publish(await signUp(), newest(2));
    const [first, second] = [await agent.start('1'), await agent.start('2')];
    await Promise.all([agent.arrives('1'), agent.arrives('2')]);
    const third = await agent.start('3');
    expect(third.status).toBe('running');
    expect((await deskOf(agent.owner).usage()).live_executions).toBe(2);
    const error = { code: 'replaced', message: `Replaced by a newer execution, ${third.id}.` };
    expect((await agent.reaches(first.id, 'cancelled')).error).toEqual(error);
    expect((await agent.events(first.id)).at(-1)).toMatchObject({ type: 'execution.cancelled', data: { error } });
    const listed = await eventually(async () => {
      const path = `/executions?status=cancelled&agent_id=${agent.id}`;
      return (await api<{ data: ExecutionSummary[] }>(path, { token: agent.owner.token })).body.data[0];
    });
    expect(listed).toMatchObject({ id: first.id, error });
    await agent.open('2');
    await agent.open('3');
    await agent.reaches(second.id, 'completed');
    await agent.reaches(third.id, 'completed');
    await eventually(async () => (await leasesOf(agent.owner)).length === 0);
  });

  it('leaves exactly the newest alive: fifty at once end with three', async () => {
    const agent = await LimitedAgent.publish(await signUp(), newest(3));
    const answers = await Promise.all(Array.from({ length: 50 }, () => agent.ask('all')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await deskOf(agent.owner).usage()).live_executions).toBe(3);
    const holding = async () => {
      const leases = await leasesOf(agent.owner);
      return leases.length === 3 ? leases.map(({ execution_id }) => execution_id) : null;
    };
    const left = await eventually(holding);
    const runs = await Promise.all(answers.map(({ body }) => agent.read(body.id)));
    const alive = runs.filter(({ status }) => status !== 'cancelled');
    expect(alive.map(({ id, status }) => [id, status]).sort()).toEqual(left.map((id) => [id, 'running']).sort());
    const replacedBy = runs.flatMap(({ error }) => (error === null ? [] : [error.message]));
    expect(new Set(replacedBy).size).toBe(47);
  });

  it('costs nobody a place when it can’t be made', async () => {
    const schema = { type: 'object', properties: { gate: { type: 'string' } }, required: ['gate'] };
    const agent = await LimitedAgent.publish(await signUp(), newest(1), { input_schema: schema });
    const { token } = agent.owner;
    const first = await agent.start('1');
    const execute = (body: object) => api(`/agents/${agent.id}/execute`, { token, body });
    expectProblem(await execute({ input: { gate: 5 } }), 422, 'validation_failed');
    expectProblem(await execute({ input: { gate: 'x' }, project_id: newId('project') }), 404, 'not_found');
    expectProblem(await agent.ask('t', {}, 'test'), 429, 'concurrency_limited');
    expect((await leasesOf(agent.owner)).map(({ execution_id }) => execution_id)).toEqual([first.id]);
    expect(await agent.statuses(first)).toEqual(['running']);
  });

  it('spares those that wait for a person: they hold no place', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('ask', 'human.approval', { message: 'Go on?' })],
      edges: agentEdges('start>ask'),
      settings: newest(1),
    });
    for (let parked = 1; parked <= 3; parked++) {
      expect((await api(`/agents/${agent.id}/execute`, { token: owner.token, body: {} })).status).toBe(202);
      await eventually(async () => (await leasesOf(owner)).filter(({ state }) => state === 'parked').length === parked);
    }
  });

  it('takes as many places as a smaller limit asks for, within the plan', async () => {
    const agent = await LimitedAgent.publish(await signUp(), newest(3));
    const starts = [await agent.start('1'), await agent.start('2'), await agent.start('3')];
    await agent.publishAgain(newest(2));
    const plan = { plan: 'pro', starts_per_hour: null, concurrent_executions: 1 } as const;
    await deskOf(agent.owner).setPlan(agent.owner.organization_id, plan);
    expectProblem(await agent.ask('4'), 429, 'concurrency_limited');
    expect(await agent.statuses(...starts)).toEqual(['running', 'running', 'running']);
    await deskOf(agent.owner).setPlan(agent.owner.organization_id, { ...plan, concurrent_executions: 2 });
    const fourth = await agent.start('4');
    await eventually(async () => (await leasesOf(agent.owner)).length === 2);
    expect(await agent.statuses(...starts, fourth)).toEqual(['cancelled', 'cancelled', 'running', 'running']);
  });

  it('ends one whose own start had not arrived yet', async () => {
    const agent = await LimitedAgent.publish(await signUp(), newest(1));
    const { organization_id, user_id } = agent.owner;
    const id = newId('execution');
    const admitted = await deskOf(agent.owner).admit({
      organization_id,
      caller: { kind: 'user', user_id, name: 'Owner' },
      permission: 'agents:execute',
      agent_id: agent.id,
      version: null,
      mode: 'live',
      execution_id: id,
      idempotency: null,
      ip: '',
    });
    if (admitted.outcome !== 'allow') throw new Error('not admitted');
    const second = await agent.start('2');
    await executionObject(env.EXECUTION, id).start({
      organization_id,
      execution_id: id,
      agent_id: agent.id,
      agent_name: 'Late',
      version: null,
      definition: JSON.stringify({
        nodes: [agentNode('start', 'trigger.manual'), agentNode('wait', 'logic.delay', { seconds: 3600 })],
        edges: agentEdges('start>wait'),
      }),
      mode: 'live',
      trigger: 'manual',
      triggered_by: { type: 'user', id: user_id, name: 'Owner' },
      input: {},
      project_id: null,
      lineage: null,
      lease_id: admitted.lease_id,
      start_by: admitted.start_by,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      request_id: 'req_late',
      wait_seconds: 0,
    });
    const late = await eventually(async () => {
      await ringDesk(agent.owner);
      const run = await agent.read(id);
      return run.status === 'cancelled' ? run : null;
    });
    expect(late.error?.message).toContain(second.id);
    await eventually(async () => (await leasesOf(agent.owner)).length === 1);
  });

  it('fails the step that had called the replaced one, with the reason', async () => {
    const agent = await LimitedAgent.publish(await signUp(), newest(1));
    const parent = await publishedAgent(agent.owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('n', 'agent.call', { agent_id: agent.id, input: { gate: `${agent.run}-child` } }),
      ],
      edges: agentEdges('start>n'),
    });
    const { token } = agent.owner;
    const { id } = (await api<Execution>(`/agents/${parent.id}/execute`, { token, body: {} })).body;
    await agent.arrives('child');
    await eventually(async () => {
      const { data } = (await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token })).body;
      return data.some(({ node_id, status }) => node_id === 'n' && status === 'waiting');
    });
    const newer = await agent.start('2');
    const failed = await agent.reaches(id, 'failed');
    expect(failed.error).toMatchObject({ code: 'call_cancelled', message: expect.stringContaining(newer.id) });
  });
});
