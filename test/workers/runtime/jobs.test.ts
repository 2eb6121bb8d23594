import type { Agent, Execution, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';
import { ended } from '../executions/looping.ts';
import { deepDefinition, invoke, RUNTIME, stateOf, threadOf, write } from './threads.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const DOUBLE = {
  nodes: [
    agentNode('start', 'trigger.manual'),
    agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
  ],
  edges: agentEdges('start>double'),
};
const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

function event(data: unknown, more: object = {}) {
  return { specversion: '1.0', id: crypto.randomUUID(), source: '/orders', type: 'job.requested', data, ...more };
}

async function endOf(thread: string): Promise<Execution> {
  return ended(owner, thread);
}

describe('a job that names an agent', () => {
  it('runs its live version, and is told by its state', async () => {
    const { id } = await publishedAgent(owner, DOUBLE);
    const answer = await invoke(owner, { agent_id: id, input_payload: { n: 21 } });
    expect(answer.status).toBe(202);
    const thread = answer.body.thread_id;
    expect(answer.headers.get('location')).toBe(`/deepagents-runtime/state/${thread}`);
    expect(await endOf(thread)).toMatchObject({ agent_id: id, version: 1, mode: 'live', trigger: 'manual' });
    expect((await stateOf(owner, thread)).body).toEqual({
      thread_id: thread,
      status: 'completed',
      result: 42,
      files: {},
      todos: [],
      error: null,
      cost_usd: 0,
    });
  });

  it('is refused as every start is', async () => {
    const draft = await api<Agent>('/agents', { token: owner.token, body: { name: 'Draft', definition: DOUBLE } });
    expectProblem(await invoke(owner, { agent_id: draft.body.id }), 409, 'agent_not_published');
    const unknown = 'agt_00000000000000000000000000';
    expectProblem(await invoke(owner, { agent_id: unknown }), 404, 'not_found');
  });

  it('belongs to the trace that it names, or that the request does', async () => {
    const { id } = await publishedAgent(owner, DOUBLE);
    const trace_id = '0af7651916cd43dd8448eb211c80319c';
    const job = { agent_id: id, input_payload: { n: 1 }, trace_id };
    const named = (await invoke(owner, job)).body.thread_id;
    expect((await endOf(named)).trace_id).toBe(trace_id);
    const other = '11111111111111111111111111111111';
    const told = await invoke(owner, job, { traceparent: `00-${other}-b7ad6b7169203331-01` });
    expect((await endOf(told.body.thread_id)).trace_id).toBe(other);
  });
});

describe('a job that brings its definition', () => {
  it('runs in the agent of such jobs, which is made once, and can be run again', async () => {
    const { definition } = await deepDefinition([{ calls: [write('a.md', 'one')] }, { text: 'Written.' }]);
    const threads = await Promise.all([threadOf(owner, definition), threadOf(owner, definition)]);
    const executions = await Promise.all(threads.map(endOf));
    const [agent] = new Set(executions.map(({ agent_id }) => agent_id));
    expect(executions[1]?.agent_id).toBe(agent);
    for (const execution of executions) {
      expect(execution).toMatchObject({
        status: 'completed',
        version: null,
        mode: 'live',
        agent_name: 'Runtime jobs',
        output: { text: 'Written.' },
      });
    }
    const agents = await api<{ data: Agent[] }>('/agents', { token: owner.token });
    expect(agents.body.data.filter(({ name }) => name === 'Runtime jobs')).toHaveLength(1);
    expect((await stateOf(owner, threads[0])).body).toMatchObject({ files: { 'a.md': 'one' }, todos: [] });
    const again = await api<Execution>(`/executions/${threads[0]}/retry`, {
      token: owner.token,
      body: { from_node: 'act' },
    });
    expect(again.status, JSON.stringify(again.body)).toBe(202);
    expect(await endOf(again.body.id)).toMatchObject({ status: 'completed', mode: 'live', version: null });
  });

  it('with mistakes is refused, and starts nothing', async () => {
    const nodes = [agentNode('start', 'trigger.manual'), agentNode('say', 'ai.chat', { prompt: 'Hi' })];
    const wrong = { nodes, edges: agentEdges('start>say', 'say>nowhere') };
    const problem = expectProblem(await invoke(owner, { agent_definition: wrong }), 422, 'definition_invalid');
    expect(problem.errors?.length).toBeGreaterThan(0);
    const malformed = await invoke(owner, { agent_definition: { nodes: 'none', edges: [] } });
    const { errors = [] } = expectProblem(malformed, 422, 'validation_failed');
    expect(errors.map(({ path }) => path)).toContain('agent_definition.nodes');
  });

  it('does what policies and the agent of such jobs allow', async () => {
    const other = await signUp();
    await endedOf(other, await threadOf(other, DOUBLE, { input_payload: { n: 1 } }));
    const agents = await api<{ data: Agent[] }>('/agents', { token: other.token });
    const [{ id } = { id: '' }] = agents.body.data;
    const subjects = [{ kind: '*' }];
    const rules = { name: 'None', effect: 'deny', subjects, actions: ['execute'], resources: { agents: [id] } };
    const policy = await api<{ id: string }>('/policies', { token: other.token, body: rules });
    expect(policy.status, JSON.stringify(policy.body)).toBe(201);
    expectProblem(await invoke(other, { agent_definition: DOUBLE }), 403, 'policy_denied');
    await api(`/policies/${policy.body.id}`, { method: 'DELETE', token: other.token });
    const archived = await api(`/agents/${id}/status`, {
      method: 'PUT',
      token: other.token,
      body: { status: 'archived' },
    });
    expect(archived.status, JSON.stringify(archived.body)).toBe(200);
    expectProblem(await invoke(other, { agent_definition: DOUBLE }), 409, 'agent_archived');
  });

  it('is erased when its caller has no more use for it, and an execution of an agent is not', async () => {
    const thread = await threadOf(owner, DOUBLE, { input_payload: { n: 4 } });
    await endOf(thread);
    const gone = await api(`${RUNTIME}/state/${thread}`, { method: 'DELETE', token: owner.token });
    expect(gone.status).toBe(204);
    expectProblem(await stateOf(owner, thread), 404, 'not_found');
    await eventually(async () => {
      const { body } = await api<{ data: Execution[] }>('/executions?limit=100', { token: owner.token });
      return !body.data.some(({ id }) => id === thread);
    });
    const { id } = await publishedAgent(owner, DOUBLE);
    const kept = (await invoke(owner, { agent_id: id, input_payload: { n: 1 } })).body.thread_id;
    expectProblem(await api(`${RUNTIME}/state/${kept}`, { method: 'DELETE', token: owner.token }), 409, 'conflict');
  });
});

async function endedOf(member: Member, thread: string): Promise<Execution> {
  return ended(member, thread);
}

describe('the same job', () => {
  it('asked for twice is one thread, by its id and by the id of its event in either mode', async () => {
    const { id } = await publishedAgent(owner, DOUBLE);
    const job = { agent_id: id, input_payload: { n: 1 } };
    const named = { ...job, job_id: crypto.randomUUID() };
    const first = await invoke(owner, named);
    const second = await invoke(owner, named);
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');

    const structured = event(job);
    const told = await invoke(owner, structured, STRUCTURED);
    const binary = { 'ce-specversion': '1.0', 'ce-type': 'job.requested', 'ce-source': '/orders' };
    const again = await invoke(owner, job, { ...binary, 'ce-id': structured.id });
    expect(again.body).toEqual(told.body);
    const other = await invoke(owner, job, { ...binary, 'ce-id': structured.id, 'ce-source': '/invoices' });
    expect(other.body.thread_id).not.toBe(told.body.thread_id);
    expect(new Set([first.body.thread_id, told.body.thread_id]).size).toBe(2);
  });

  it('that brings its definition is one thread however many ask at once', async () => {
    const job = { agent_definition: DOUBLE, input_payload: { n: 1 }, job_id: crypto.randomUUID() };
    const answers = await Promise.all([invoke(owner, job), invoke(owner, job), invoke(owner, job)]);
    const taken = answers.filter(({ status }) => status === 202).map(({ body }) => body.thread_id);
    expect(new Set(taken).size).toBe(1);
    for (const { status } of answers) expect([202, 409]).toContain(status);
  });

  it('with another content is refused', async () => {
    const { id } = await publishedAgent(owner, DOUBLE);
    const job_id = crypto.randomUUID();
    await invoke(owner, { job_id, agent_id: id, input_payload: { n: 1 } });
    const other = await invoke(owner, { job_id, agent_id: id, input_payload: { n: 2 } });
    expectProblem(other, 422, 'idempotency_key_reused');
  });
});

describe('what is no job', () => {
  it.each<[string, unknown, Record<string, string>, string]>([
    ['nothing', {}, {}, 'agent_id'],
    [
      'two answers to what is to run',
      { agent_id: 'agt_00000000000000000000000000', agent_definition: DOUBLE },
      {},
      'agent_id',
    ],
    ['an unknown field', { agent_definition: DOUBLE, when: 'now' }, {}, ''],
    ['an event of another version', event({}, { specversion: '0.3' }), STRUCTURED, 'specversion'],
    ['an event without data', event(undefined), STRUCTURED, 'data'],
    [
      'an event whose data is no JSON',
      event({ agent_definition: DOUBLE }, { datacontenttype: 'text/xml' }),
      STRUCTURED,
      'datacontenttype',
    ],
    ['an event whose data is no job', event({ agent_id: 7 }), STRUCTURED, 'data.agent_id'],
    [
      'an event without a source',
      { agent_definition: DOUBLE },
      { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 't' },
      'ce-source',
    ],
    ['several events', [event({}), event({})], { 'content-type': 'application/cloudevents-batch+json' }, ''],
  ])('%s is refused with what is wrong', async (_name, body, headers, path) => {
    const { errors = [] } = expectProblem(await invoke(owner, body, headers), 422, 'validation_failed');
    expect(errors.map((each) => each.path)).toContain(path);
  });

  it('and what is not JSON at all', async () => {
    expectProblem(await invoke(owner, 'nodes: []', { 'content-type': 'text/yaml' }), 415, 'unsupported_media_type');
    expectProblem(await invoke(owner, '{'), 400, 'malformed_json');
  });
});

describe('callers who may not', () => {
  const scoped = async (...scopes: Parameters<typeof createKey>[1]) => ({ key: (await createKey(owner, scopes)).key });

  it('start nothing without agents:execute, and bring no definition without agents:write', async () => {
    const { id } = await publishedAgent(owner, DOUBLE);
    const named: Record<string, JsonValue> = { agent_id: id, input_payload: { n: 1 } };
    const brings = { agent_definition: DOUBLE, input_payload: { n: 1 } };
    expectProblem(await invoke(await scoped('executions:read', 'agents:write'), named), 403, 'forbidden');
    const runner = await scoped('agents:execute');
    expect((await invoke(runner, named)).status).toBe(202);
    expectProblem(await invoke(runner, brings), 403, 'forbidden');
    expectProblem(await invoke(await withRole(owner, 'viewer'), brings), 403, 'forbidden');
    expect((await invoke(await scoped('agents:execute', 'agents:write'), brings)).status).toBe(202);
    expectProblem(await invoke({ key: (await externalAgent(owner)).api_key }, named), 403, 'forbidden');
  });

  it('of another organization find nothing', async () => {
    const stranger = await signUp();
    const { id } = await publishedAgent(owner, DOUBLE);
    expectProblem(await invoke(stranger, { agent_id: id }), 404, 'not_found');
    const thread = await threadOf(owner, DOUBLE, { input_payload: { n: 1 } });
    expectProblem(await stateOf(stranger, thread), 404, 'not_found');
    expectProblem(
      await api(`${RUNTIME}/state/${thread}`, { method: 'DELETE', token: stranger.token }),
      404,
      'not_found',
    );
  });
});

it('tells probes that it is there, and what it needs', async () => {
  expect(await api(`${RUNTIME}/health`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await api(`${RUNTIME}/ready`)).toMatchObject({ status: 200, body: { status: 'ready' } });
});
