import {
  createExecutionContext,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type {
  AgentDefinition,
  ExecutionStep,
  ShadowComparison,
  ShadowComparisonDetail,
  ShadowRun,
} from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { createApp } from '../../../workers/app.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, ORIGIN, signUp, withRole } from '../../support/api.ts';
import { askedOne } from '../../support/approvals.ts';
import { withoutCall } from '../../support/binding-calls.ts';
import { eventually } from '../../support/eventually.ts';
import { endOf, listedEnds, modelCalls, saveDraft, startShadowRun, withHeldDraft } from '../../support/shadow-runs.ts';

const start = agentNode('start', 'trigger.manual');

async function scripted(text: string): Promise<string> {
  const model = `shadow-${crypto.randomUUID()}`;
  const body = JSON.stringify([{ text }]);
  await fetch(`${inject('toolServerUrl')}/script/${model}`, { method: 'POST', body });
  return model;
}

async function priced({ token }: Member, model: string): Promise<void> {
  const body = { model: `custom/${model}`, input_usd_per_million: 1000, output_usd_per_million: 2000 };
  expect((await api('/models/prices', { method: 'PUT', token, body })).status).toBe(200);
}

async function callsOf(path: string): Promise<number> {
  return ((await (await fetch(`${inject('toolServerUrl')}/calls/${path}`)).json()) as unknown[]).length;
}

async function stepsOf(owner: Member, id: string | null): Promise<Map<string, ExecutionStep>> {
  const page = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps?limit=1000`, { token: owner.token });
  return new Map(page.body.data.map((step) => [step.id, step]));
}

function detailOf(owner: Member, { agent_id, id }: ShadowRun, { execution_id }: ShadowComparison) {
  const path = `/agents/${agent_id}/shadow-runs/${id}/comparisons/${execution_id}`;
  return api<ShadowComparisonDetail>(path, { token: owner.token });
}

async function comparedOnce(owner: Member, agentId: string): Promise<{ run: ShadowRun; only: ShadowComparison }> {
  const run = await endOf(owner, await startShadowRun(owner, agentId, { count: 1 }));
  const [only] = run.comparisons;
  if (only === undefined) throw new Error('nothing was compared');
  return { run, only };
}

/** Asks one model, then another about its answer, and posts what that said. */
async function posting(first: string, second: string, path: string): Promise<AgentDefinition> {
  return {
    nodes: [
      start,
      agentNode('first', 'ai.chat', { model: `custom/${first}`, prompt: 'About {{trigger.subject}}' }),
      agentNode('second', 'ai.chat', { model: `custom/${second}`, prompt: 'Say it better: {{first.output.text}}' }),
      agentNode('send', 'action.http', {
        method: 'POST',
        url: `${inject('toolServerUrl')}/${path}`,
        body: { text: '{{second.output.text}}' },
      }),
    ],
    edges: agentEdges('start>first', 'first>second', 'second>send'),
  };
}

describe('a shadow run', () => {
  it('runs what changed and what that changes, answers the rest as recorded, and sends nothing', async () => {
    const owner = await signUp();
    const [first, second, better] = [await scripted('raw'), await scripted('good'), await scripted('better')];
    for (const model of [first, second, better]) await priced(owner, model);
    const path = `echo/${crypto.randomUUID()}`;
    const agent = await publishedAgent(owner, await posting(first, second, path));
    for (const subject of ['printers', 'paper']) await runToEnd(owner, agent.id, { subject });
    await listedEnds(owner, agent.id, 2);
    await saveDraft(owner, agent.id, await posting(first, better, path));

    const begun = await startShadowRun(owner, agent.id);
    expect(begun).toMatchObject({ status: 'running', draft_revision: 2, finished_at: null });
    expect(begun.comparisons.map((each) => each.status)).toEqual(['waiting', 'waiting']);
    const run = await endOf(owner, begun);
    expect(run.status).toBe('completed');
    expect([await modelCalls(first), await modelCalls(second), await modelCalls(better)]).toEqual([2, 2, 2]);
    expect(await callsOf(path)).toBe(2);

    for (const comparison of run.comparisons) {
      expect(comparison).toMatchObject({ status: 'compared', error: null });
      expect(comparison.outcome).toMatchObject({
        output_changed: true,
        steps_changed: 2,
        steps_run: 1,
        steps_recorded: 1,
        steps_blocked: 1,
        before: { status: 'completed', error: null, cost_usd: 0.04 },
        // The first model's answer counts with what it cost then.
        after: { status: 'completed', error: null, cost_usd: 0.04 },
        spent_usd: 0.02,
      });
      const steps = await stepsOf(owner, comparison.shadow_execution_id);
      expect(steps.get('first')).toMatchObject({ reused_from: comparison.execution_id, cost_usd: 0 });
      expect(steps.get('second')).toMatchObject({ reused_from: null, output: { text: 'better' } });
      expect(steps.get('send')).toMatchObject({ blocked: true, output: { would_send: { body: { text: 'better' } } } });

      const detail = (await detailOf(owner, run, comparison)).body;
      expect(detail.missing).toEqual([]);
      expect(detail.steps.map((each) => [each.step_id, each.kind, each.blocked])).toEqual([
        ['second', 'changed', false],
        ['send', 'changed', true],
      ]);
      expect(detail.steps[0]).toMatchObject({
        before: { output: { text: 'good' } },
        after: { output: { text: 'better' } },
      });
      // What was sent then beside what would be sent: there is no answer to compare.
      expect(detail.output).toBeNull();
      const [, send] = detail.steps;
      expect(send?.before?.output).toEqual({ ...(send?.after?.output as object), body: { text: 'good' } });
      expect(send?.after?.output).toMatchObject({ method: 'POST', body: { text: 'better' } });
      const shadow = await api(`/executions/${comparison.shadow_execution_id}`, { token: owner.token });
      expect(shadow.body).toMatchObject({ mode: 'test', trigger: 'shadow', shadow_of: comparison.execution_id });
    }
    const listed = await api<{ data: ShadowRun[] }>(`/agents/${agent.id}/shadow-runs`, { token: owner.token });
    expect(listed.body.data).toEqual([run]);
  });

  it('finds no difference where nothing changed but names and places, and runs nothing', async () => {
    const owner = await signUp();
    const [first, second] = [await scripted('raw'), await scripted('good')];
    const path = `echo/${crypto.randomUUID()}`;
    const definition = await posting(first, second, path);
    const agent = await publishedAgent(owner, definition);
    await runToEnd(owner, agent.id, { subject: 'printers' });
    await listedEnds(owner, agent.id, 1);
    const renamed = JSON.parse(JSON.stringify(definition).replaceAll('first', 'draft_answer')) as AgentDefinition;
    for (const node of renamed.nodes) Object.assign(node, { name: `Node ${node.id}`, position: { x: 1, y: 2 } });
    await saveDraft(owner, agent.id, renamed);
    const { only, run } = await comparedOnce(owner, agent.id);
    expect(only.outcome).toMatchObject({ output_changed: false, steps_changed: 0, steps_run: 0, steps_recorded: 3 });
    expect(only.outcome?.after).toEqual(only.outcome?.before);
    expect((await detailOf(owner, run, only)).body.steps).toEqual([]);
    expect([await modelCalls(first), await modelCalls(second), await callsOf(path)]).toEqual([1, 1, 1]);
  });

  it('runs only the rounds of a loop that get another input', async () => {
    const owner = await signUp();
    const model = await scripted('fine');
    const looping = (items: string): AgentDefinition => ({
      nodes: [
        start,
        agentNode('each', 'logic.loop', { items }),
        agentNode('ask', 'ai.chat', { model: `custom/${model}`, prompt: 'About {{item}}' }),
      ],
      edges: agentEdges('start>each', 'each:each>ask'),
    });
    const agent = await publishedAgent(owner, looping('{{trigger.items}}'));
    await runToEnd(owner, agent.id, { items: ['a', 'b'] });
    await listedEnds(owner, agent.id, 1);
    expect(await modelCalls(model)).toBe(2);
    await saveDraft(owner, agent.id, looping('{{$append(trigger.items, "c")}}'));
    const { only, run } = await comparedOnce(owner, agent.id);
    expect(await modelCalls(model)).toBe(3);
    expect(only.outcome).toMatchObject({ output_changed: true, steps_run: 1, steps_recorded: 2 });
    const told = (await detailOf(owner, run, only)).body.steps.map((each) => [each.step_id, each.kind]);
    expect(told).toEqual([
      ['each', 'changed'],
      ['ask@2', 'added'],
    ]);
  });

  it('lets a recorded failure fail again, without a call, and tells what is added and removed', async () => {
    const owner = await signUp();
    const path = `status/404/${crypto.randomUUID()}`;
    const call = agentNode('call', 'action.http', { method: 'POST', url: `${inject('toolServerUrl')}/${path}` });
    const nodes = [start, call, agentNode('gone', 'logic.transform', { expression: '1' })];
    const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>call', 'start>gone') });
    expect((await runToEnd(owner, agent.id)).status).toBe('failed');
    await listedEnds(owner, agent.id, 1);
    const caught = { ...call, on_error: 'continue' as const };
    const added = agentNode('added', 'logic.transform', { expression: 'call.output.error.code' });
    await saveDraft(owner, agent.id, { nodes: [start, caught, added], edges: agentEdges('start>call', 'call>added') });
    const calls = await callsOf(path);
    const { only, run } = await comparedOnce(owner, agent.id);
    expect(await callsOf(path)).toBe(calls);
    expect(only.outcome).toMatchObject({
      steps_run: 0,
      before: { status: 'failed', error: { code: 'http_status' } },
      after: { status: 'completed', error: null },
    });
    const detail = (await detailOf(owner, run, only)).body;
    expect(detail.output).toEqual({ before: null, after: 'http_status' });
    const told = detail.steps.map((each) => [each.step_id, each.kind]);
    expect(told).toContainEqual(['added', 'added']);
    expect(told).toContainEqual(['gone', 'removed']);
  });

  it('asks nobody and waits for no time', async () => {
    const owner = await signUp();
    const asked = await askedOne(owner);
    const decided = await api(`/approvals/${asked.id}/decision`, { token: owner.token, body: { decision: 'approve' } });
    expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    const { agent_id } = asked;
    await listedEnds(owner, agent_id, 1);
    const draft = (await api<AgentDefinition>(`/agents/${agent_id}/draft`, { token: owner.token })).body;
    const same = await comparedOnce(owner, agent_id);
    expect(same.only.outcome).toMatchObject({ output_changed: false, steps_changed: 0 });

    const [person] = draft.nodes.filter((node) => node.type === 'human.approval');
    if (person === undefined) throw new Error('nobody is asked');
    const wait = agentNode('wait', 'logic.delay', { seconds: 86_400 });
    const [trigger] = draft.nodes;
    await saveDraft(owner, agent_id, {
      ...draft,
      nodes: [...draft.nodes, wait],
      edges: [...draft.edges, { id: 'to_wait', source: String(trigger?.id), target: 'wait' }],
    });
    const waited = await comparedOnce(owner, agent_id);
    expect(waited.only).toMatchObject({ status: 'compared', outcome: { after: { status: 'completed' } } });

    person.config.message = 'Something else';
    await saveDraft(owner, agent_id, draft);
    const other = await comparedOnce(owner, agent_id);
    expect(other.only.outcome?.after).toMatchObject({ status: 'failed', error: { code: 'shadow_asks_nobody' } });
  });

  it('tells where the input does not fit any more, and what is not kept any more', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const first = await runToEnd(owner, agent.id, { n: 1 });
    const second = await runToEnd(owner, agent.id, { n: 'two' });
    const third = await runToEnd(owner, agent.id, { n: 3 });
    await listedEnds(owner, agent.id, 3);
    await saveDraft(owner, agent.id, {
      nodes: [start],
      edges: [],
      input_schema: { type: 'object', properties: { n: { type: 'number' } } },
    });
    await executionObject(env.EXECUTION, first.id).erase(owner.organization_id, false);
    const execution_ids = [first.id, second.id, third.id];
    const run = await endOf(owner, await startShadowRun(owner, agent.id, { execution_ids }));
    const of = (id: string) => run.comparisons.find((each) => each.execution_id === id) as ShadowComparison;
    expect(of(first.id)).toMatchObject({ status: 'failed', error: { code: 'not_found' }, shadow_execution_id: null });
    expect(of(second.id)).toMatchObject({ status: 'failed', error: { code: 'input_invalid' } });
    expect(of(second.id).error?.message).toContain('input.n');
    expect(of(third.id)).toMatchObject({ status: 'compared', outcome: { output_changed: false } });

    await executionObject(env.EXECUTION, third.id).erase(owner.organization_id, false);
    const { body } = await detailOf(owner, run, of(third.id));
    expect(body).toMatchObject({ status: 'compared', missing: ['execution'], output: null, steps: [] });
    expect(body.outcome).toEqual(of(third.id).outcome);
  });

  it('keeps to the limit of executions side by side', async () => {
    const owner = await signUp();
    const settings = { max_concurrency: 1 };
    const model = await scripted('fine');
    const agent = await publishedAgent(owner, { nodes: [start], edges: [], settings });
    for (const n of [1, 2, 3, 4]) await runToEnd(owner, agent.id, { n });
    await listedEnds(owner, agent.id, 4);
    const ask = agentNode('ask', 'ai.chat', { model: `custom/${model}`, prompt: 'n' });
    await saveDraft(owner, agent.id, { nodes: [start, ask], edges: agentEdges('start>ask'), settings });
    const run = await endOf(owner, await startShadowRun(owner, agent.id, { count: 4 }));
    expect(run.comparisons.map((each) => each.status)).toEqual(Array(4).fill('compared'));
    expect(await modelCalls(model)).toBe(4);
  });

  it('is cancelled with what runs in it, and leaves no job behind', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const model = await withHeldDraft(owner, agent.id);
    const run = await startShadowRun(owner, agent.id);
    await fetch(`${inject('toolServerUrl')}/waiting/${model}`);
    const path = `/agents/${agent.id}/shadow-runs/${run.id}/cancel`;
    const cancelled = await api<ShadowRun>(path, { method: 'POST', token: owner.token });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', comparisons: [{ status: 'cancelled' }] });
    const id = cancelled.body.comparisons[0]?.shadow_execution_id;
    expect((await api(`/executions/${id}`, { token: owner.token })).body).toMatchObject({ status: 'cancelled' });
    expectProblem(await api(path, { method: 'POST', token: owner.token }), 409, 'conflict');
    const stub = env.SHADOW_RUN.get(env.SHADOW_RUN.idFromName(run.id));
    await eventually(() => runInDurableObject(stub, (_, state) => state.storage.kv.get('job') === undefined));
    const row = await env.DB.prepare('SELECT definition FROM shadow_runs WHERE id = ?').bind(run.id).first();
    expect(row).toEqual({ definition: null });
  });

  it('goes on after its job has died, and starts nothing twice', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const model = await withHeldDraft(owner, agent.id);
    const run = await startShadowRun(owner, agent.id);
    await fetch(`${inject('toolServerUrl')}/waiting/${model}`);
    const stub = () => env.SHADOW_RUN.get(env.SHADOW_RUN.idFromName(run.id));
    await runInDurableObject(stub(), (_, state) => state.abort('killed')).catch(() => undefined);
    await fetch(`${inject('toolServerUrl')}/open/${model}`);
    await runDurableObjectAlarm(stub());
    const ended = await endOf(owner, run);
    expect(ended).toMatchObject({ status: 'completed', comparisons: [{ status: 'compared' }] });
    expect(await modelCalls(model)).toBe(1);
  });

  it('begins by itself when the request that made it died before it could tell', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    await runToEnd(owner, agent.id);
    await listedEnds(owner, agent.id, 1);
    const request = new Request(`${ORIGIN}/api/v1/agents/${agent.id}/shadow-runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const ctx = createExecutionContext();
    expect((await createApp().fetch(request, withoutCall(env, 'SHADOW_RUN', 'begin'), ctx)).status).toBe(500);
    await waitOnExecutionContext(ctx);
    const listed = await api<{ data: ShadowRun[] }>(`/agents/${agent.id}/shadow-runs`, { token: owner.token });
    const [run] = listed.body.data;
    if (run === undefined) throw new Error('nothing was written');
    expect(run.status).toBe('running');
    await runDurableObjectAlarm(env.SHADOW_RUN.get(env.SHADOW_RUN.idFromName(run.id)));
    expect(await endOf(owner, run)).toMatchObject({ status: 'completed', comparisons: [{ status: 'compared' }] });
  });

  it('refuses what it can’t try, in words', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const post = (body: object, token = owner.token) => api(`/agents/${agent.id}/shadow-runs`, { token, body });
    expectProblem(await post({}), 409, 'conflict');
    const ran = await runToEnd(owner, agent.id);
    const elsewhere = await publishedAgent(owner, { nodes: [start], edges: [] }, 'Another');
    const foreign = await runToEnd(owner, elsewhere.id);
    await listedEnds(owner, agent.id, 1);
    await listedEnds(owner, elsewhere.id, 1);
    const wrong = await post({ execution_ids: [ran.id, foreign.id] });
    expect(expectProblem(wrong, 422, 'validation_failed').errors).toMatchObject([{ path: 'execution_ids.1' }]);
    for (const body of [
      { count: 0 },
      { count: 21 },
      { count: 1, execution_ids: [ran.id] },
      { execution_ids: [] },
      { execution_ids: [ran.id, ran.id] },
      { executions: 3 },
    ]) {
      expectProblem(await post(body), 422, 'validation_failed');
    }
    expectProblem(await post({}, (await withRole(owner, 'viewer')).token), 403, 'forbidden');
    await saveDraft(owner, agent.id, {
      nodes: [start, agentNode('ask', 'ai.chat', {})],
      edges: agentEdges('start>ask'),
    });
    expectProblem(await post({}), 422, 'definition_invalid');
    await api(`/agents/${agent.id}/status`, { method: 'PUT', token: owner.token, body: { status: 'archived' } });
    expectProblem(await post({}), 409, 'agent_archived');
  });
});
