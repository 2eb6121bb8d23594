import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentDefinition, Execution, ExecutionEvent, ExecutionStep } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');
const get = async (path: string) => (await fetch(`${tools}${path}`)).json();

function executionStub(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

async function begin(definition: AgentDefinition, input: object = {}): Promise<Execution> {
  const agent = await publishedAgent(owner, definition);
  const answer = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: { input } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

async function stepsOf(id: string): Promise<ExecutionStep[]> {
  return (await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token })).body.data;
}

async function ended(id: string): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    return body.finished_at === null ? null : body;
  });
}

/** Ends the object's process at once, in the middle of whatever it does: what is not committed is lost. */
async function crash(id: string): Promise<void> {
  await runInDurableObject(executionStub(id), (_object, state) => {
    state.abort('crash of the test');
  }).catch(() => undefined);
}

describe('durability', () => {
  it('finishes a two-branch graph whose object dies in the middle of both branches', async () => {
    const name = crypto.randomUUID();
    const execution = await begin({
      nodes: [
        start,
        agentNode('before', 'action.http', { url: `${tools}/echo/${name}-before`, method: 'POST' }),
        agentNode('left', 'action.http', { url: `${tools}/gate/${name}-left`, method: 'POST' }),
        agentNode('right', 'action.http', { url: `${tools}/gate/${name}-right`, method: 'POST' }),
        agentNode('join', 'logic.merge'),
        agentNode('after', 'logic.transform', {
          expression: '[join.output.left.body.gate, join.output.right.body.gate]',
        }),
      ],
      edges: agentEdges('start>before', 'before>left', 'before>right', 'left>join', 'right>join', 'join>after'),
    });
    await get(`/waiting/${name}-left`);
    await get(`/waiting/${name}-right`);
    await crash(execution.id);

    // Whatever touches the object next finds the work; here it is the alarm, as after a deploy with nobody watching.
    await runDurableObjectAlarm(executionStub(execution.id));
    await eventually(async () => ((await get(`/calls/gate/${name}-left`)) as unknown[]).length === 2);
    await fetch(`${tools}/open/${name}-left`);
    await fetch(`${tools}/open/${name}-right`);

    const result = await ended(execution.id);
    expect(result).toMatchObject({ status: 'completed', output: [`${name}-left`, `${name}-right`] });
    const before = (await get(`/calls/echo/${name}-before`)) as unknown[];
    expect(before, 'a finished step does not run again').toHaveLength(1);
    for (const side of ['left', 'right']) {
      const calls = (await get(`/calls/gate/${name}-${side}`)) as { idempotency_key: string }[];
      expect(new Set(calls.map((call) => call.idempotency_key))).toEqual(new Set([`${execution.id}:${side}::`]));
    }
    const steps = await stepsOf(execution.id);
    expect(steps.find((step) => step.node_id === 'left')?.attempts).toMatchObject([
      { attempt: 1, status: 'cancelled', error: { code: 'interrupted' } },
      { attempt: 2, status: 'completed' },
    ]);
    const events = await api<{ data: ExecutionEvent[] }>(`/executions/${execution.id}/events?limit=1000`, {
      token: owner.token,
    });
    expect(events.body.data.map((event) => event.seq)).toEqual(events.body.data.map((_, index) => index + 1));
    expect(
      events.body.data.filter((event) => event.type === 'step.completed' && event.node_id === 'before'),
    ).toHaveLength(1);
  });

  it('goes on after a crash when somebody only reads it', async () => {
    const name = crypto.randomUUID();
    const execution = await begin({
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
    });
    await get(`/waiting/${name}`);
    await crash(execution.id);
    await fetch(`${tools}/open/${name}`);
    expect((await ended(execution.id)).status).toBe('completed');
  });

  it('keeps the answers of a finished execution through an eviction', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('a', 'ai.summarize', { prompt: '{{trigger.t}}' })],
      edges: agentEdges('start>a'),
    });
    const before = await runToEnd(owner, agent.id, { t: 'The sky is blue today. It will rain tomorrow.' });
    await evictDurableObject(executionStub(before.id));
    const { body: after } = await api<Execution>(`/executions/${before.id}`, { token: owner.token });
    expect(after).toEqual(before);
  });

  it('waits out a retry through an eviction, by its alarm', async () => {
    const name = crypto.randomUUID();
    const execution = await begin({
      nodes: [
        start,
        agentNode(
          'call',
          'action.http',
          { url: `${tools}/flaky/${name}/1` },
          {
            retry: { max_attempts: 2, initial_ms: 600_000, factor: 1, max_ms: 600_000 },
          },
        ),
      ],
      edges: agentEdges('start>call'),
    });
    await eventually(async () =>
      (await stepsOf(execution.id)).find((step) => step.node_id === 'call' && step.status === 'waiting'),
    );
    await evictDurableObject(executionStub(execution.id));
    // Ten minutes pass.
    await runInDurableObject(executionStub(execution.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await evictDurableObject(executionStub(execution.id));
    await runDurableObjectAlarm(executionStub(execution.id));
    expect((await ended(execution.id)).status).toBe('completed');
    // An alarm that fires again finds nothing left to do.
    await runDurableObjectAlarm(executionStub(execution.id));
    expect((await get(`/calls/flaky/${name}`)) as unknown[]).toHaveLength(2);
  });

  it('fails an execution that runs past its time limit, and stops its call', async () => {
    const name = crypto.randomUUID();
    const execution = await begin({
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
      settings: { timeout_ms: 1000 },
    });
    await get(`/waiting/${name}`);
    await eventually(async () => {
      await runDurableObjectAlarm(executionStub(execution.id));
      return (await api<Execution>(`/executions/${execution.id}`, { token: owner.token })).body.finished_at !== null;
    });
    expect(await ended(execution.id)).toMatchObject({ status: 'failed', error: { code: 'execution_timeout' } });
  });

  it('fails a step that takes longer than its own limit', async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode(
          'call',
          'action.http',
          { url: `${tools}/gate/${name}` },
          { timeout_ms: 50, retry: { max_attempts: 1, initial_ms: 1, factor: 1, max_ms: 1 } },
        ),
      ],
      edges: agentEdges('start>call'),
    });
    expect(await runToEnd(owner, agent.id)).toMatchObject({
      status: 'failed',
      error: { code: 'step_timeout', node_id: 'call' },
    });
  });

  it('leaves no storage behind when an unknown execution is asked for', async () => {
    const id = newId('execution');
    expect((await api(`/executions/${id}`, { token: owner.token })).status).toBe(404);
    const tables = await runInDurableObject(executionStub(id), (_object, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('tells the lists again when D1 was away at the end', async () => {
    const name = crypto.randomUUID();
    const execution = await begin({
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
      edges: agentEdges('start>call'),
    });
    await get(`/waiting/${name}`);
    await env.DB.exec('ALTER TABLE executions RENAME TO executions_away');
    await fetch(`${tools}/open/${name}`);
    await ended(execution.id);
    await env.DB.exec('ALTER TABLE executions_away RENAME TO executions');
    await eventually(async () => {
      await runDurableObjectAlarm(executionStub(execution.id));
      const row = await env.DB.prepare('SELECT status FROM executions WHERE id = ?').bind(execution.id).first();
      return row?.status === 'completed';
    });
  });
});
