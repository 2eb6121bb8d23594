import type { Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';

const start = agentNode('start', 'trigger.manual');

async function stepsOf(owner: Member, id: string): Promise<Map<string, ExecutionStep>> {
  const page = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps?limit=1000`, { token: owner.token });
  return new Map(page.body.data.map((step) => [step.id, step]));
}

async function retry(owner: Member, id: string, body: Record<string, JsonValue> = {}) {
  return api<Execution>(`/executions/${id}/retry`, { token: owner.token, body, headers: { prefer: 'wait=20' } });
}

/** Fails at `send` until the tool server lets it through; counts what is asked of it. */
async function flakyAgent(owner: Member) {
  const key = crypto.randomUUID();
  const url = `${inject('toolServerUrl')}/flaky/${key}/1`;
  const nodes = [
    start,
    agentNode('prepare', 'logic.transform', { expression: '{"n": trigger.n + 1}' }),
    agentNode('check', 'logic.if', {
      conditions: { all: [{ field: '{{prepare.output.n}}', operator: 'greater_than', value: 1 }] },
    }),
    agentNode(
      'send',
      'action.http',
      { method: 'POST', url, body: { n: '{{prepare.output.n}}' } },
      { retry: { max_attempts: 1, initial_ms: 0, factor: 1, max_ms: 0 } },
    ),
    agentNode('never', 'logic.transform', { expression: '0' }),
    agentNode('after', 'logic.transform', { expression: 'send.output.status' }),
  ];
  return publishedAgent(owner, {
    nodes,
    edges: agentEdges('start>prepare', 'prepare>check', 'check:true>send', 'check:false>never', 'send>after'),
  });
}

describe('a retry', () => {
  it('runs what failed and what follows, and takes over the rest, marked as such', async () => {
    const owner = await signUp();
    const agent = await flakyAgent(owner);
    const failed = await runToEnd(owner, agent.id, { n: 1 });
    expect(failed).toMatchObject({ status: 'failed', error: { node_id: 'send' }, retry_of: null });
    const again = await retry(owner, failed.id);
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    expect(again.body).toMatchObject({
      status: 'completed',
      output: 200,
      retry_of: failed.id,
      version: 1,
      input: { n: 1 },
    });
    const steps = await stepsOf(owner, again.body.id);
    for (const id of ['start', 'prepare', 'check']) {
      expect(steps.get(id), id).toMatchObject({ status: 'completed', reused_from: failed.id, attempts: [] });
    }
    expect(steps.get('prepare')?.output).toEqual({ n: 2 });
    expect(steps.get('never')?.status).toBe('skipped');
    for (const id of ['send', 'after']) expect(steps.get(id)).toMatchObject({ status: 'completed', reused_from: null });
    expect(steps.get('send')?.input).toMatchObject({ body: { n: 2 } });
  });

  it('begins at a node that is named, with a configuration that was edited and is taken as it stands', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('a', 'logic.transform', { expression: '"A"' }),
        agentNode('b', 'logic.switch', { value: '{{a.output}}', cases: [{ handle: 'x', equals: 'A' }] }),
        agentNode('c', 'logic.transform', { expression: 'b.output.value' }),
      ],
      edges: agentEdges('start>a', 'a>b', 'b:x>c', 'b:default>c'),
    });
    const first = await runToEnd(owner, agent.id);
    expect(first.output).toBe('A');
    const input = { value: '{{trigger.secret}}', cases: [{ handle: 'x', equals: 'A' }] };
    const edited = await retry(owner, first.id, { from_node: 'b', input });
    expect(edited.body).toMatchObject({ status: 'completed', output: '{{trigger.secret}}' });
    const steps = await stepsOf(owner, edited.body.id);
    expect(steps.get('a')?.reused_from).toBe(first.id);
    expect(steps.get('b')).toMatchObject({ reused_from: null, handle: 'default' });
  });

  it('with another input begins anew', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('a', 'logic.transform', { expression: 'trigger.n * 2' })],
      edges: agentEdges('start>a'),
    });
    const first = await runToEnd(owner, agent.id, { n: 1 });
    const again = await retry(owner, first.id, { input: { n: 21 } });
    expect(again.body).toMatchObject({ output: 42, retry_of: first.id });
    expect((await stepsOf(owner, again.body.id)).get('a')?.reused_from).toBeNull();
  });

  it('takes over the rounds of a loop that had ended, and runs the others', async () => {
    const owner = await signUp();
    const key = crypto.randomUUID();
    const url = `${inject('toolServerUrl')}/flaky/${key}/1`;
    const once = { retry: { max_attempts: 1, initial_ms: 0, factor: 1, max_ms: 0 } };
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('l', 'logic.loop', { items: [0, 1, 2] }),
        agentNode('double', 'logic.transform', { expression: 'item * 2' }),
        agentNode('pick', 'logic.if', { conditions: { all: [{ field: '{{item}}', operator: 'equals', value: 1 }] } }),
        agentNode('call', 'action.http', { url }, once),
        agentNode('give', 'logic.transform', { expression: 'double.output' }),
      ],
      edges: agentEdges('start>l', 'l:each>double', 'double>pick', 'pick:true>call', 'pick:false>give', 'call>give'),
    });
    const failed = await runToEnd(owner, agent.id);
    expect(failed).toMatchObject({ status: 'failed', error: { node_id: 'l' } });
    const again = await retry(owner, failed.id);
    expect(again.body.output).toEqual({ results: [0, 2, 4], count: 3, failed: 0 });
    const steps = await stepsOf(owner, again.body.id);
    expect(steps.get('l@0#item')?.reused_from).toBe(failed.id);
    expect(steps.has('double@0')).toBe(false);
    expect(steps.get('double@1')?.reused_from).toBe(failed.id);
    expect(steps.get('call@1')?.reused_from).toBeNull();
    expect(steps.get('double@2')?.reused_from).toBeNull();
  });

  it('is refused for what still runs, for nodes that are not there, for secrets in an edited configuration, and to others', async () => {
    const owner = await signUp();
    const gate = `${inject('toolServerUrl')}/gate/${crypto.randomUUID()}`;
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('wait', 'action.http', { url: gate })],
      edges: agentEdges('start>wait'),
    });
    const running = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    expectProblem(await retry(owner, running.body.id), 409, 'conflict');
    await api(`/executions/${running.body.id}/cancel`, { method: 'POST', token: owner.token });
    expectProblem(await retry(owner, running.body.id, { from_node: 'nowhere' }), 422, 'validation_failed');
    const secret = { from_node: 'wait', input: { url: gate, headers: { authorization: '{{env.TOKEN}}' } } };
    expectProblem(await retry(owner, running.body.id, secret), 422, 'validation_failed');
    expectProblem(await retry(owner, running.body.id, { from_node: 'wait', input: 'text' }), 422, 'validation_failed');
    expectProblem(await retry(await signUp(), running.body.id), 404, 'not_found');
    expectProblem(await retry(await withRole(owner, 'viewer'), running.body.id), 403, 'forbidden');
  });
});

describe('a test run', () => {
  const nodes = [
    start,
    agentNode('ask', 'action.http', { url: 'https://example.com' }),
    agentNode('check', 'logic.if', {
      conditions: { all: [{ field: '{{ask.output.body.ok}}', operator: 'equals', value: true }] },
    }),
    agentNode('yes', 'logic.transform', { expression: '"yes"' }),
    agentNode('no', 'logic.transform', { expression: '"no"' }),
  ];
  const edges = agentEdges('start>ask', 'ask>check', 'check:true>yes', 'check:false>no');

  async function test(owner: Member, body: Record<string, JsonValue>) {
    const agent = await publishedAgent(owner, { nodes, edges });
    const answer = await api<Execution>(`/agents/${agent.id}/test`, {
      token: owner.token,
      body,
      headers: { prefer: 'wait=20' },
    });
    return answer;
  }

  it('takes pinned outputs for running their nodes', async () => {
    const owner = await signUp();
    const answer = await test(owner, { pinned: { ask: { status: 200, headers: {}, body: { ok: true } } } });
    expect(answer.body).toMatchObject({ status: 'completed', output: 'yes' });
    expect((await stepsOf(owner, answer.body.id)).get('ask')).toMatchObject({
      reused_from: 'pinned',
      output: { body: { ok: true } },
    });
    const other = await test(owner, { pinned: { check: { result: false } } });
    expect(other.body.output).toBe('no');
  });

  it('runs only the nodes that it is told to', async () => {
    const owner = await signUp();
    const answer = await test(owner, { only: ['check'], pinned: { start: {}, ask: { body: { ok: false } } } });
    const steps = await stepsOf(owner, answer.body.id);
    expect(answer.body.output).toEqual({ result: false });
    expect(steps.get('check')).toMatchObject({ status: 'completed', reused_from: null });
    expect(steps.get('no')?.status).toBe('skipped');
  });

  it('reads what its project shares, and no project of others', async () => {
    const owner = await signUp();
    const project = await api<{ id: string }>('/projects', { token: owner.token, body: { name: 'Spring' } });
    await api(`/context/${project.body.id}/goal`, { method: 'PUT', token: owner.token, body: { value: 'Answer' } });
    const definition = {
      nodes: [start, agentNode('read', 'logic.transform', { expression: 'context.goal' })],
      edges: agentEdges('start>read'),
    };
    const agent = await publishedAgent(owner, definition);
    const answer = await api<Execution>(`/agents/${agent.id}/test`, {
      token: owner.token,
      body: { project_id: project.body.id },
      headers: { prefer: 'wait=20' },
    });
    expect(answer.body).toMatchObject({ output: 'Answer', project_id: project.body.id, mode: 'test' });
    const stranger = await signUp();
    const own = await publishedAgent(stranger, definition);
    const refused = await api(`/agents/${own.id}/test`, {
      token: stranger.token,
      body: { project_id: project.body.id },
    });
    expectProblem(refused, 404, 'not_found');
  });

  it('names nodes that are not there', async () => {
    const answer = await test(await signUp(), { pinned: { nowhere: 1 }, only: ['check', 'neither'] });
    const problem = expectProblem(answer, 422, 'validation_failed');
    expect(problem.errors?.map(({ path }) => path)).toEqual(['pinned.nowhere', 'only.1']);
  });
});

describe('output mapping', () => {
  it('shapes what later steps see, and a mistake in it fails the step', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode(
          'a',
          'logic.transform',
          { expression: '{"n": trigger.n, "noise": true}' },
          { output_mapping: 'result.n + trigger.n' },
        ),
        agentNode('b', 'logic.transform', { expression: 'a.output * 2' }),
      ],
      edges: agentEdges('start>a', 'a>b'),
    });
    expect((await runToEnd(owner, agent.id, { n: 3 })).output).toBe(12);
    expect((await runToEnd(owner, agent.id, { n: 'x' })).error).toMatchObject({
      node_id: 'a',
      message: expect.stringContaining('output_mapping'),
    });
  });
});
