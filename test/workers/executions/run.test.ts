import { env } from 'cloudflare:workers';
import type { Execution, ExecutionEvent, ExecutionStep, ExecutionSummary } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');

describe('an execution', () => {
  it('runs to its result, with every step, its tokens and its cost there afterwards', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('summary', 'ai.summarize', { prompt: '{{trigger.text}}', max_sentences: 1 }),
        agentNode('double', 'logic.transform', { expression: '{"n": trigger.n * 2}' }),
        agentNode('join', 'logic.merge'),
        agentNode('result', 'logic.transform', {
          expression: '{"summary": summary.output.summary, "n": join.output.double.n}',
        }),
      ],
      edges: agentEdges('start>summary', 'start>double', 'summary>join', 'double>join', 'join>result'),
    });
    const text = 'The printer on floor two is broken. It makes a loud noise. Please send somebody today.';
    const execution = await runToEnd(owner, agent.id, { text, n: 21 });

    expect(execution).toMatchObject({
      status: 'completed',
      version: 1,
      mode: 'live',
      trigger: 'manual',
      step_count: 5,
    });
    expect(execution.output).toMatchObject({ n: 42 });
    expect((execution.output as { summary: string }).summary.length).toBeGreaterThan(10);
    expect(execution.input_tokens).toBeGreaterThan(0);
    expect(execution.output_tokens).toBeGreaterThan(0);
    expect(execution.cost_usd).toBe(0);
    expect(execution.triggered_by).toMatchObject({ type: 'user', id: owner.user_id });

    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
    expect(steps.body.data.map((step) => [step.node_id, step.status])).toEqual([
      ['start', 'completed'],
      ['summary', 'completed'],
      ['double', 'completed'],
      ['join', 'completed'],
      ['result', 'completed'],
    ]);
    const summary = steps.body.data.find((step) => step.node_id === 'summary');
    expect(summary).toMatchObject({ model: 'builtin/extractive', input: { prompt: text }, node_type: 'ai.summarize' });
    expect(summary?.attempts).toHaveLength(1);
    expect(summary?.attempts[0]).toMatchObject({ status: 'completed', attempt: 1 });
    expect(summary?.duration_ms).toBeGreaterThanOrEqual(0);

    const row = await eventually(async () =>
      env.DB.prepare('SELECT * FROM executions WHERE id = ?').bind(execution.id).first<Record<string, unknown>>(),
    );
    expect(row).toMatchObject({
      status: 'completed',
      organization_id: owner.organization_id,
      input_tokens: execution.input_tokens,
      step_count: 5,
    });
    const costs = await env.DB.prepare('SELECT * FROM cost_records WHERE execution_id = ?').bind(execution.id).all();
    expect(costs.results).toHaveLength(1);
    expect(costs.results[0]).toMatchObject({
      provider: 'builtin',
      model: 'extractive',
      node_id: 'summary',
      outcome: 'ok',
    });
  });

  it('logs every event in order and without gaps', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('a', 'logic.transform', { expression: '1' })],
      edges: agentEdges('start>a'),
    });
    const { id } = await runToEnd(owner, agent.id);
    const events = await api<{ data: ExecutionEvent[]; next_cursor: string | null }>(`/executions/${id}/events`, {
      token: owner.token,
    });
    expect(events.body.data.map((event) => event.type)).toEqual([
      'execution.started',
      'step.started',
      'step.completed',
      'step.started',
      'step.completed',
      'execution.completed',
    ]);
    expect(events.body.data.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const rest = await api<{ data: ExecutionEvent[]; next_cursor: string | null }>(
      `/executions/${id}/events?after=2&limit=2`,
      { token: owner.token },
    );
    expect(rest.body.data.map((event) => event.seq)).toEqual([3, 4]);
    expect(rest.body.next_cursor).toBe('4');
  });

  it('takes one branch of a switch and skips the others', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('pick', 'logic.switch', {
          value: '{{trigger.kind}}',
          cases: [{ handle: 'bill', equals: 'billing' }],
        }),
        agentNode('bill', 'logic.transform', { expression: '"to billing"' }),
        agentNode('other', 'logic.transform', { expression: '"to others"' }),
      ],
      edges: agentEdges('start>pick', 'pick:bill>bill', 'pick:default>other'),
    });
    expect((await runToEnd(owner, agent.id, { kind: 'billing' })).output).toBe('to billing');
    expect((await runToEnd(owner, agent.id, { kind: 'else' })).output).toBe('to others');
  });

  it('fails with the step, the code and the words of what went wrong', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/status/404` })],
      edges: agentEdges('start>call'),
    });
    const execution = await runToEnd(owner, agent.id);
    expect(execution).toMatchObject({ status: 'failed', error: { node_id: 'call' }, output: null });
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
    expect(steps.body.data.at(-1)).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('404') },
    });
  });

  it('retries what may pass, with one idempotency key for all attempts', async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode(
          'call',
          'action.http',
          { url: `${tools}/flaky/${name}/2`, method: 'POST' },
          {
            retry: { max_attempts: 3, initial_ms: 1, factor: 1, max_ms: 1 },
          },
        ),
      ],
      edges: agentEdges('start>call'),
    });
    const execution = await runToEnd(owner, agent.id);
    expect(execution.status).toBe('completed');
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
    expect(steps.body.data.at(-1)?.attempts.map((attempt) => attempt.status)).toEqual([
      'failed',
      'failed',
      'completed',
    ]);
    const calls = (await (await fetch(`${tools}/calls/flaky/${name}`)).json()) as { idempotency_key: string }[];
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map((call) => call.idempotency_key))).toEqual(new Set([`${execution.id}:call::`]));
  });

  it('sends nothing in test mode, and shows what it would have sent', async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('call', 'action.http', {
          url: `${tools}/echo/${name}`,
          method: 'POST',
          body: { n: '{{trigger.n}}' },
        }),
      ],
      edges: agentEdges('start>call'),
    });
    const answer = await api<Execution>(`/agents/${agent.id}/test`, {
      token: owner.token,
      body: { input: { n: 7 } },
      headers: { prefer: 'wait=20' },
    });
    expect(answer.body).toMatchObject({ status: 'completed', mode: 'test', version: null, trigger: 'test' });
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${answer.body.id}/steps`, { token: owner.token });
    expect(steps.body.data.at(-1)).toMatchObject({ blocked: true });
    expect(JSON.stringify(steps.body.data.at(-1)?.output)).toContain('"n":7');
    expect(await (await fetch(`${tools}/calls/echo/${name}`)).json()).toEqual([]);
  });

  it("joins the caller's trace, and takes it to the services that it calls", async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('call', 'action.http', { url: `${tools}/echo/${name}` })],
      edges: agentEdges('start>call'),
    });
    const traceId = crypto.randomUUID().replaceAll('-', '');
    const logged = vi.spyOn(console, 'log');
    const answer = await api<Execution>(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: {},
      headers: {
        prefer: 'wait=20',
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        'x-request-id': `request-${name}`,
      },
    });
    expect(answer.body.trace_id).toBe(traceId);
    expect(answer.headers.get('x-request-id')).toBe(`request-${name}`);
    expect(answer.headers.get('traceparent')).toContain(traceId);
    const calls = (await (await fetch(`${tools}/calls/echo/${name}`)).json()) as { headers: Record<string, string> }[];
    expect(calls[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const lines = await eventually(async () => {
      const all = logged.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
      const ours = all.filter((line) => line.execution_id === answer.body.id);
      return ours.length === 2 ? ours : null;
    });
    logged.mockRestore();
    for (const line of lines) expect(line).toMatchObject({ trace_id: traceId, request_id: `request-${name}` });
    expect(lines.map((line) => line.event)).toEqual(['execution.started', 'execution.ended']);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/', 'outbound_blocked'],
    ['http://[::1]:8080/', 'outbound_blocked'],
    ['http://2130706433/', 'outbound_blocked'],
    ['http://[::ffff:127.0.0.1]/', 'outbound_blocked'],
    [`${tools}/redirect?to=http://169.254.169.254/`, 'outbound_redirect_refused'],
  ])('does not call %s', async (url, code) => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('call', 'action.http', { url: '{{trigger.url}}' })],
      edges: agentEdges('start>call'),
    });
    expect(await runToEnd(owner, agent.id, { url })).toMatchObject({
      status: 'failed',
      error: { code, node_id: 'call' },
    });
  });

  it.each([
    ['an expression that never ends', '($f := function($x) { $f($x) }; $f(1))'],
    ['an expression that fills the memory', '$join([1..10000000].("xxxxxxxxxx"))'],
    ['a pattern that would backtrack', '$contains(trigger.text, /^(a+)+$/) ? 1 : $f()'],
  ])('survives %s, and says what happened', async (_name, expression) => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('compute', 'logic.transform', { expression })],
      edges: agentEdges('start>compute'),
    });
    const execution = await runToEnd(owner, agent.id, { text: `${'a'.repeat(50_000)}!` });
    expect(execution).toMatchObject({ status: 'failed', error: { node_id: 'compute' } });
    expect(execution.error?.code).toMatch(/^expression_/);
    expect((await runToEnd(owner, agent.id, {})).status).toBe('failed');
  });

  it('takes an input of 1 MiB and gives back all of it', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('size', 'logic.transform', { expression: '$length(trigger.text)' })],
      edges: agentEdges('start>size'),
    });
    const text = 'é'.repeat(1024 * 512 - 100);
    const execution = await runToEnd(owner, agent.id, { text });
    expect(execution.output).toBe(text.length);
    expect((execution.input as { text: string }).text).toBe(text);
    const over = await api(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: { input: 'x'.repeat(1100 * 1024) },
    });
    expectProblem(over, 413, 'payload_too_large');
  });

  it('runs a definition of 100 nodes', async () => {
    const chain = Array.from({ length: 99 }, (_, index) =>
      agentNode(`n${index}`, 'logic.transform', {
        expression: index === 0 ? 'trigger.n + 1' : `n${index - 1}.output + 1`,
      }),
    );
    const links = chain.map((node, index) => `${index === 0 ? 'start' : `n${index - 1}`}>${node.id}`);
    const agent = await publishedAgent(owner, { nodes: [start, ...chain], edges: agentEdges(...links) });
    expect((await runToEnd(owner, agent.id, { n: 0 })).output).toBe(99);
  });

  it('refuses an input that does not fit the schema and frees what it had reserved', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start],
      edges: [],
      input_schema: { type: 'object', required: ['subject'], properties: { subject: { type: 'string' } } },
      settings: { max_concurrency: 1 },
    });
    const bad = await api(`/agents/${agent.id}/execute`, { token: owner.token, body: { input: { subject: 5 } } });
    const problem = expectProblem(bad, 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe('input.subject');
    expect((await runToEnd(owner, agent.id, { subject: 'fine' })).status).toBe('completed');
  });

  it('is started by an API key, which becomes its actor', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const key = await createKey(owner, ['agents:execute', 'executions:read']);
    const answer = await api<Execution>(`/agents/${agent.id}/execute`, { key: key.key, body: { input: { n: 1 } } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/api/v1/executions/${answer.body.id}`);
    expect(answer.body.triggered_by).toMatchObject({ type: 'api_key', id: key.id });
    const read = await api<Execution>(`/executions/${answer.body.id}`, { key: key.key });
    expect(read.status).toBe(200);
  });

  it('shows up in the list with its filters', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const { id } = await runToEnd(owner, agent.id);
    const list = await eventually(async () => {
      const answer = await api<{ data: ExecutionSummary[] }>(`/executions?agent_id=${agent.id}&status=completed`, {
        token: owner.token,
      });
      return answer.body.data.length === 1 ? answer.body.data : null;
    });
    expect(list[0]?.id).toBe(id);
    const none = await api<{ data: unknown[] }>(`/executions?agent_id=${agent.id}&status=failed`, {
      token: owner.token,
    });
    expect(none.body.data).toEqual([]);
  });

  it('refuses agents that cannot run', async () => {
    const draft = await api<{ id: string }>('/agents', { token: owner.token, body: { name: 'Only a draft' } });
    expectProblem(
      await api(`/agents/${draft.body.id}/execute`, { token: owner.token, body: {} }),
      409,
      'agent_not_published',
    );
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    await api(`/agents/${agent.id}/status`, { method: 'PUT', token: owner.token, body: { status: 'paused' } });
    expectProblem(await api(`/agents/${agent.id}/execute`, { token: owner.token, body: {} }), 409, 'agent_paused');
    await api(`/agents/${agent.id}/status`, { method: 'PUT', token: owner.token, body: { status: 'active' } });
    expectProblem(
      await api(`/agents/${agent.id}/execute`, { token: owner.token, body: { version: 2 } }),
      404,
      'not_found',
    );
    expect((await api(`/agents/${agent.id}/execute`, { token: owner.token, body: { version: 1 } })).status).toBe(202);
  });
});
