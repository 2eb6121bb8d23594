import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { CreatedExternalAgent, Execution, Invocation, LineageGraph, LineageNode } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp } from '../../support/api.ts';
import { boundaryCalls } from '../../support/binding-calls.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';
import { http, ONCE, script, tools } from '../executions/looping.ts';

const start = agentNode('start', 'trigger.manual');
const host = new URL(tools).host;

function price(owner: Member, model: string) {
  const body = { model, input_usd_per_million: 1000, output_usd_per_million: 2000 };
  return api('/models/prices', { method: 'PUT', token: owner.token, body });
}

const lineageOf = (owner: Pick<Member, 'token'>, path: string) =>
  api<LineageGraph>(`${path}/lineage`, { token: owner.token });

const named = (graph: LineageGraph, name: string): LineageNode => {
  const found = graph.nodes.find((node) => node.name === name);
  if (found === undefined) expect.fail(`no ${name} among ${graph.nodes.map((node) => node.name).join(', ')}`);
  return found;
};

/** The graph as `from name → to name`. */
function lines(graph: LineageGraph): string[] {
  const byId = new Map(graph.nodes.map(({ id, type, name }) => [id, `${type} ${name}`]));
  return graph.edges.map(({ from, to }) => `${byId.get(from)} → ${byId.get(to)}`).sort();
}

async function projected(owner: Member, executionId: string, count: number): Promise<void> {
  await eventually(async () => {
    const { results } = await env.DB.prepare(
      'SELECT finished_at FROM executions WHERE organization_id = ?1 AND (id = ?2 OR root_execution_id = ?2)',
    )
      .bind(owner.organization_id, executionId)
      .all<{ finished_at: number | null }>();
    return results.length === count && results.every(({ finished_at }) => finished_at !== null);
  });
}

describe('The lineage of a call', () => {
  let owner: Member;
  let outside: CreatedExternalAgent;
  let below: string;
  let invocationId: string;
  let executionId: string;

  beforeAll(async () => {
    owner = await signUp();
    outside = await externalAgent(owner);
    below = await script([{ text: 'From below.' }]);
    const loop = await script([
      { calls: [{ name: 'look', arguments: {} }] },
      { calls: [{ name: 'look', arguments: {} }] },
      { text: 'Seen.' },
    ]);
    await price(owner, `custom/${below}`);
    await price(owner, `custom/${loop}`);
    const sub = await publishedAgent(
      owner,
      {
        nodes: [start, agentNode('say', 'ai.chat', { model: `custom/${below}`, prompt: 'Say it.' })],
        edges: agentEdges('start>say'),
      },
      'Below',
    );
    const nodes = [
      start,
      agentNode('ask', 'ai.chat', {
        model: 'custom/down-before-it-ends',
        prompt: 'The printer is broken.',
        fallback: ['builtin/extractive'],
      }),
      agentNode('act', 'ai.agent', {
        model: `custom/${loop}`,
        prompt: 'Look.',
        tools: [http('look', `reflect/200?key=${crypto.randomUUID()}`)],
      }),
      agentNode('read', 'action.http', { url: `${tools}/reflect/200?token=hidden-secret` }),
      agentNode(
        'tell',
        'action.webhook',
        { url: `${tools}/reflect/500`, event: 'done', secret: `whsec_${btoa('a signing key of thirty-two byte')}` },
        { ...ONCE, on_error: 'continue' },
      ),
      agentNode('call', 'agent.call', { agent_id: sub.id, input: {} }),
    ];
    const edges = agentEdges('start>ask', 'ask>act', 'act>read', 'read>tell', 'tell>call');
    const agent = await publishedAgent(owner, { nodes, edges }, 'Above');
    const { status, body } = await invoke(outside, agent.id, {}, { wait: 30 });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.status, JSON.stringify(body)).toBe('success');
    invocationId = body.invocation_id;
    executionId = body.execution.id;
    await projected(owner, executionId, 2);
  });

  it('goes from the external agent over agents to models, tools and deliveries', async () => {
    const { status, body } = await lineageOf(owner, `/invocations/${invocationId}`);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.truncated).toBe(false);
    const loop = body.nodes.find(({ step_id, type }) => step_id === 'act' && type === 'model')?.name;
    expect(lines(body)).toEqual(
      [
        'external Outside → agent Above',
        'agent Above → model custom/down-before-it-ends',
        'agent Above → model builtin/extractive',
        `agent Above → model ${loop}`,
        'agent Above → tool look',
        `agent Above → tool GET ${host}`,
        `agent Above → delivery POST ${host}`,
        'agent Above → sub_agent Below',
        `sub_agent Below → model custom/${below}`,
      ].sort(),
    );
    expect(JSON.stringify(body)).not.toContain('hidden-secret');
    expect(new Set(body.nodes.map(({ id }) => id)).size).toBe(body.nodes.length);
  });

  it('tells of each how it ended, how often it was tried, what it cost and took', async () => {
    const { body } = await lineageOf(owner, `/invocations/${invocationId}`);
    expect(named(body, 'Outside')).toMatchObject({
      id: outside.id,
      external_agent_id: outside.id,
      status: 'success',
      count: 1,
    });
    expect(named(body, 'custom/down-before-it-ends')).toMatchObject({ status: 'error', count: 1, failed: 1 });
    expect(named(body, 'builtin/extractive')).toMatchObject({ status: 'success', failed: 0, step_id: 'ask' });
    expect(named(body, 'look')).toMatchObject({ status: 'success', count: 2, failed: 0, detail: host });
    expect(named(body, `POST ${host}`)).toMatchObject({ status: 'error', failed: 1, detail: 'http_status' });
    expect(named(body, 'Below')).toMatchObject({ status: 'success', input_tokens: 10, output_tokens: 5 });
    const model = named(body, `custom/${below}`);
    expect(model).toMatchObject({ count: 1, input_tokens: 10, output_tokens: 5, cost_usd: 0.02 });
    expect(named(body, 'Below').cost_usd).toBe(0.02);
    for (const node of body.nodes) expect(node.duration_ms, node.name).toBeGreaterThanOrEqual(0);
  });

  it('sums up what the call has cost with all that it led to, and so does its invocation', async () => {
    const { body } = await lineageOf(owner, `/invocations/${invocationId}`);
    const executions = body.nodes.filter(({ type }) => type === 'agent' || type === 'sub_agent');
    const sum = executions.reduce((total, { cost_usd }) => total + cost_usd, 0);
    expect(sum).toBeGreaterThan(0.02);
    expect(named(body, 'Outside').cost_usd).toBeCloseTo(sum, 6);
    await eventually(async () => {
      const { body: told } = await api<Invocation>(`/invocations/${invocationId}`, { token: owner.token });
      return Math.abs(told.cost_usd - sum) < 1e-6;
    });
  });

  it('is one batch of two statements of D1, which use their indexes', async () => {
    await lineageOf(owner, `/invocations/${invocationId}`);
    const asked = await boundaryCalls(async (calls) => {
      await lineageOf(owner, `/invocations/${invocationId}`);
      return calls.filter(({ text }) => /"executions"|"execution_touches"|"invocations"/.test(text));
    });
    expect(asked).toHaveLength(2);
    for (const { text, parameters } of asked) {
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
        .bind(...parameters)
        .all<{ detail: string }>();
      const read = results
        .map(({ detail }) => detail)
        .filter((detail) => /executions|touches|invocations/.test(detail));
      for (const detail of read) expect(detail).toMatch(/^SEARCH/);
      expect(read.join('\n')).toContain('executions_root');
    }
  });

  it('is the same from the execution, and from one that it led to', async () => {
    const { body } = await lineageOf(owner, `/invocations/${invocationId}`);
    expect((await lineageOf(owner, `/executions/${executionId}`)).body).toEqual(body);
    const child = named(body, 'Below').execution_id;
    expect((await lineageOf(owner, `/executions/${child}`)).body).toEqual(body);
    expectProblem(await lineageOf(owner, `/invocations/inv_${child?.slice(4)}`), 404, 'not_found');
  });

  it('is not there for strangers, and not for those who may not read it', async () => {
    const stranger = await signUp();
    expectProblem(await lineageOf(stranger, `/invocations/${invocationId}`), 404, 'not_found');
    expectProblem(await lineageOf(stranger, `/executions/${executionId}`), 404, 'not_found');
    expectProblem(await lineageOf(owner, `/invocations/${newId('invocation')}`), 404, 'not_found');
    expectProblem(await lineageOf(owner, `/executions/${newId('execution')}`), 404, 'not_found');
    const { key } = await createKey(owner, ['agents:read']);
    expectProblem(await api(`/executions/${executionId}/lineage`, { key }), 403, 'forbidden');
    expectProblem(await api(`/invocations/${invocationId}/lineage`, { key: outside.api_key }), 403, 'forbidden');
  });
});

describe('What an execution touched', () => {
  it('is one row, and none where it only computes', async () => {
    const owner = await signUp();
    const nodes = [start, agentNode('read', 'action.http', { url: `${tools}/reflect/200` })];
    const touching = await publishedAgent(owner, { nodes, edges: agentEdges('start>read') });
    const computing = await publishedAgent(owner, {
      nodes: [start, agentNode('add', 'logic.transform', { expression: '1' })],
      edges: agentEdges('start>add'),
    });
    const one = await runToEnd(owner, touching.id);
    const other = await runToEnd(owner, computing.id);
    await projected(owner, one.id, 1);
    await projected(owner, other.id, 1);
    const { results } = await env.DB.prepare('SELECT execution_id FROM execution_touches WHERE organization_id = ?')
      .bind(owner.organization_id)
      .all();
    expect(results).toEqual([{ execution_id: one.id }]);
    expect((await lineageOf(owner, `/executions/${other.id}`)).body).toMatchObject({
      nodes: [{ type: 'agent', id: other.id }],
      edges: [],
    });
  });

  it('is bounded, and says so', async () => {
    const owner = await signUp();
    const body = [
      agentNode('each', 'logic.loop', { count: 230, concurrency: 20 }),
      agentNode('read', 'action.http', { url: `${tools}/reflect/200`, method: 'GET' }),
    ];
    const many = Array.from({ length: 230 }, (_, index) =>
      agentNode(`n${index}`, 'action.http', { url: `${tools}/reflect/200`, method: 'GET' }),
    );
    const looping = await publishedAgent(owner, {
      nodes: [start, ...body],
      edges: agentEdges('start>each', 'each:each>read'),
    });
    const wide = await publishedAgent(owner, {
      nodes: [start, ...many],
      edges: agentEdges(...many.map(({ id }) => `start>${id}`)),
    });
    const looped = await runToEnd(owner, looping.id);
    const { body: one } = await lineageOf(owner, `/executions/${looped.id}`);
    expect(one.nodes.at(-1)).toMatchObject({ name: `GET ${host}`, count: 230, step_id: 'read' });
    const widened = await runToEnd(owner, wide.id);
    const { body: graph } = await lineageOf(owner, `/executions/${widened.id}`);
    expect(graph.nodes).toHaveLength(201);
    expect(graph.truncated).toBe(true);
  });
});

describe('The lineage of what runs', () => {
  it('is told by the executions themselves, where D1 does not know them yet, and after a crash', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const gate = crypto.randomUUID();
    const held = await publishedAgent(
      owner,
      {
        nodes: [start, agentNode('hold', 'action.http', { url: `${tools}/gate/${gate}`, method: 'POST' })],
        edges: agentEdges('start>hold'),
      },
      'Held',
    );
    const caller = await publishedAgent(
      owner,
      {
        nodes: [start, agentNode('call', 'agent.call', { agent_id: held.id, input: {} })],
        edges: agentEdges('start>call'),
      },
      'Caller',
    );
    const { body } = await invoke(outside, caller.id);
    const path = `/invocations/${body.invocation_id}`;
    expect(named((await lineageOf(owner, path)).body, 'Caller').type).toBe('agent');
    const running = await eventually(async () => {
      const graph = (await lineageOf(owner, path)).body;
      return graph.nodes.some(({ type }) => type === 'tool') ? graph : null;
    });
    const shape = [
      'agent Caller → sub_agent Held',
      'external Outside → agent Caller',
      `sub_agent Held → tool POST ${host}`,
    ];
    expect(lines(running)).toEqual(shape);
    expect(named(running, `POST ${host}`)).toMatchObject({ status: 'running', duration_ms: null });
    expect(named(running, 'Held').status).toBe('running');
    await evictDurableObject(env.EXECUTION.get(env.EXECUTION.idFromName(body.execution.id)));
    expect(lines((await lineageOf(owner, path)).body)).toEqual(shape);
    await fetch(`${tools}/open/${gate}`);
    await eventually(async () => {
      const graph = (await lineageOf(owner, path)).body;
      return named(graph, 'Outside').status === 'success' && named(graph, `POST ${host}`).status === 'success';
    });
  });

  it('of a refused call is the call alone', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    await invoke(outside, 'Nobody');
    const refused = await eventually(async () => {
      const { body } = await api<{ data: { id: string }[] }>('/invocations', { token: owner.token });
      return body.data[0];
    });
    const { body } = await lineageOf(owner, `/invocations/${refused.id}`);
    expect(body).toMatchObject({
      nodes: [{ type: 'external', name: 'Outside', status: 'error', count: 1, detail: 'not_found' }],
      edges: [],
    });
  });

  it('of a person’s execution begins with its agent', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const { body: graph } = await lineageOf(owner, `/executions/${body.id}`);
    expect(graph.nodes.map(({ type, id }) => [type, id])).toEqual([['agent', body.id]]);
  });
});
