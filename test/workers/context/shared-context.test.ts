import { env } from 'cloudflare:workers';
import type {
  AgentDefinition,
  AuditEntry,
  ContextEntry,
  ContextEntrySummary,
  Execution,
  JsonValue,
  Project,
  ProjectSummary,
} from '@agentflow/contracts';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
let project: Project;
beforeAll(async () => {
  owner = await signUp();
});
beforeEach(async () => {
  const body = { name: crypto.randomUUID() };
  project = (await api<Project>('/projects', { token: owner.token, body })).body;
});

const tools = inject('toolServerUrl');
const start = agentNode('start', 'trigger.manual');

const at = (key: string) => `/context/${project.id}/${key}`;
const read = (key: string) => api<ContextEntry>(at(key), { token: owner.token });
const set = (key: string, body: object) => api<ContextEntry>(at(key), { method: 'PUT', token: owner.token, body });
const remove = (key: string, query = '') => api(`${at(key)}${query}`, { method: 'DELETE', token: owner.token });
const list = (query = '', token = owner.token) =>
  api<{ data: ContextEntrySummary[]; next_cursor: string | null }>(`/context/${project.id}${query}`, { token });
const append = (key: string, body: object) => api<ContextEntry>(`${at(key)}/append`, { token: owner.token, body });

async function run(definition: AgentDefinition, input: JsonValue = {}, project_id: string | undefined = project.id) {
  const agent = await publishedAgent(owner, definition);
  const body = { input, ...(project_id === undefined ? {} : { project_id }) };
  const headers = { prefer: 'wait=20' };
  const answer = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** Lets all of the project's context expire. */
function expire() {
  return env.DB.prepare('UPDATE context_entries SET expires_at = 1 WHERE project_id = ?').bind(project.id).run();
}

describe('values', () => {
  it('are set with versions, and are gone when their time is over', async () => {
    const first = await set('plan', { value: { steps: [1, 2] } });
    expect(first).toMatchObject({ status: 200, body: { key: 'plan', version: 1, updated_by: owner.user_id } });
    expect(Date.parse(first.body.expires_at) - Date.parse(first.body.updated_at)).toBe(3_600_000);
    const second = await set('plan', { value: null, ttl_seconds: 60, if_version: 1 });
    expect(second.body).toMatchObject({ value: null, version: 2 });
    expect((await read('plan')).body).toEqual(second.body);
    expectProblem(await set('plan', { value: 3, if_version: 1 }), 412, 'precondition_failed');
    expectProblem(await set('plan', { value: 3, if_version: 0 }), 412, 'precondition_failed');
    await expire();
    expectProblem(await read('plan'), 404, 'not_found');
    expectProblem(await set('plan', { value: 3, if_version: 2 }), 412, 'precondition_failed');
    expect((await set('plan', { value: 3, if_version: 0 })).body).toMatchObject({ value: 3, version: 1 });
  });

  it('let one of many writers win who saw the same version', async () => {
    await set('counter', { value: 0 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => set('counter', { value: index, if_version: 1 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    expect((await read('counter')).body.version).toBe(2);
  });

  it('are appended to without losing any', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => append('log', { item: { n: index } })));
    const { value, version } = (await read('log')).body;
    expect((value as { n: number }[]).map(({ n }) => n).sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(version).toBe(20);
    await expire();
    expect((await append('log', { item: 'fresh' })).body).toMatchObject({ value: ['fresh'], version: 1 });
    await set('text', { value: 'no list' });
    expectProblem(await append('text', { item: 1 }), 409, 'conflict');
  });

  it('are listed by key without the expired, in pages, with the beginning of each', async () => {
    expect((await list()).body).toEqual({ data: [], next_cursor: null });
    await set('gone', { value: 1 });
    await expire();
    await set('plan', { value: { text: 'x'.repeat(500) } });
    await set('Budget', { value: 20, ttl_seconds: 60 });
    await set('handoff:agt_1', { value: 'go on' });
    const { data } = (await list()).body;
    expect(data.map(({ key }) => key)).toEqual(['Budget', 'handoff:agt_1', 'plan']);
    expect(data[0]).toMatchObject({ preview: '20', characters: 2, version: 1, updated_by: owner.user_id });
    expect(data[2]).toMatchObject({ characters: 511, preview: `{"text":"${'x'.repeat(191)}` });
    expect((await list('?search=BUD')).body.data.map(({ key }) => key)).toEqual(['Budget']);
    const first = (await list('?limit=2')).body;
    expect((await list(`?limit=2&cursor=${first.next_cursor}`)).body).toMatchObject({
      data: [{ key: 'plan' }],
      next_cursor: null,
    });
    expectProblem(await list('?cursor=bm90IGEga2V5'), 422, 'validation_failed');
    const projects = await api<{ data: ProjectSummary[] }>('/projects', { token: owner.token });
    expect(projects.body.data.find(({ id }) => id === project.id)).toMatchObject({ context_keys: 3 });
    expectProblem(await list('', (await signUp()).token), 404, 'not_found');
  });

  it('are deleted at the version that was seen, and the audit log tells by whom', async () => {
    await set('plan', { value: 1 });
    await set('plan', { value: 2 });
    expectProblem(await remove('plan', '?if_version=1'), 412, 'precondition_failed');
    expect((await read('plan')).body.value).toBe(2);
    expect((await remove('plan', '?if_version=2')).status).toBe(204);
    expectProblem(await remove('plan'), 404, 'not_found');
    expectProblem(await read('plan'), 404, 'not_found');
    await set('plan', { value: 1 });
    await expire();
    expectProblem(await remove('plan'), 404, 'not_found');
    const audit = await api<{ data: AuditEntry[] }>(`/org/audit-logs?resource_id=${project.id}`, {
      token: owner.token,
    });
    expect(audit.body.data.map(({ action, details }) => [action, details])).toEqual([
      ['project.context_deleted', { key: 'plan' }],
      ['project.created', { name: project.name }],
    ]);
  });

  it('are bounded in size and number', async () => {
    expectProblem(await set('big', { value: 'x'.repeat(65_535) }), 422, 'validation_failed');
    expect((await set('big', { value: 'x'.repeat(65_534) })).status).toBe(200);
    await set('list', { value: ['x'.repeat(65_000)] });
    expectProblem(await append('list', { item: 'y'.repeat(1000) }), 409, 'limit_reached');
    expect(((await read('list')).body.value as string[]).length).toBe(1);
    await env.DB.prepare(
      `INSERT INTO context_entries SELECT ?, ?, 'k' || value, '1', 1, ?, 0, 'test' FROM
        (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 998) SELECT value FROM n)`,
    )
      .bind(owner.organization_id, project.id, Date.now() + 60_000)
      .run();
    expectProblem(await set('more', { value: 1 }), 409, 'limit_reached');
    expectProblem(await append('more', { item: 1 }), 409, 'limit_reached');
    expect((await set('big', { value: 2 })).body.version).toBe(2);
    await expire();
    expect((await set('more', { value: 1 })).status).toBe(200);
    const left = await env.DB.prepare('SELECT count(*) AS n FROM context_entries WHERE project_id = ?')
      .bind(project.id)
      .first();
    expect(left, 'what has expired goes with the next write').toEqual({ n: 1 });
  });

  it('belong to their organization, and to those who may write', async () => {
    await set('plan', { value: 1 });
    const stranger = await signUp();
    expectProblem(await api(at('plan'), { token: stranger.token }), 404, 'not_found');
    const theirs = { method: 'PUT', token: stranger.token, body: { value: 2 } };
    expectProblem(await api(at('plan'), theirs), 404, 'not_found');
    expectProblem(await api(`${at('plan')}/append`, { token: stranger.token, body: { item: 2 } }), 404, 'not_found');
    const viewer = await withRole(owner, 'viewer');
    expect((await api(at('plan'), { token: viewer.token })).status).toBe(200);
    expectProblem(await api(at('plan'), { ...theirs, token: viewer.token }), 403, 'forbidden');
    expect((await read('plan')).body).toMatchObject({ value: 1, version: 1 });
    expectProblem(await set('1%20bad', { value: 1 }), 404, 'not_found');
  });
});

describe('in expressions', () => {
  const reading = (expression: string): AgentDefinition => ({
    nodes: [start, agentNode('n', 'logic.transform', { expression })],
    edges: agentEdges('start>n'),
  });

  it('are read by name, quoted where they must be, and are null where they are not', async () => {
    await set('plan', { value: { goal: 'ship' } });
    await set('handoff:agt_1', { value: 'go on' });
    const expression =
      '{"goal": context.plan.goal, "quoted": context.`handoff:agt_1`, "text": context."handoff:agt_1", "none": context.missing}';
    expect((await run(reading(expression))).output).toEqual({
      goal: 'ship',
      quoted: 'go on',
      text: 'go on',
    });
    expect((await run(reading('$sort($keys(context))'))).output).toEqual(['handoff:agt_1', 'plan']);
    expect((await run(reading('$lookup($$, "context").plan'))).output).toEqual({ goal: 'ship' });
    const template = { nodes: [start, agentNode('n', 'logic.stop', { output: 'To {{context.plan.goal}}!' })] };
    expect((await run({ ...template, edges: agentEdges('start>n') })).output).toBe('To ship!');
  });

  it('are nothing without a project, or of another one', async () => {
    await set('plan', { value: 1 });
    const agent = await publishedAgent(owner, reading('{"keys": $keys(context), "plan": context.plan}'));
    const execute = { token: owner.token, body: {}, headers: { prefer: 'wait=20' } };
    const without = await api<Execution>(`/agents/${agent.id}/execute`, execute);
    expect(without.body.output).toEqual({});
    const other = (await api<Project>('/projects', { token: owner.token, body: { name: crypto.randomUUID() } })).body;
    const elsewhere = await api<Execution>(`/agents/${agent.id}/execute`, {
      ...execute,
      body: { project_id: other.id },
    });
    expect(elsewhere.body.output).toEqual({});
    const within = await api<Execution>(`/agents/${agent.id}/execute`, {
      ...execute,
      body: { project_id: project.id },
    });
    expect(within.body.output).toEqual({ keys: 'plan', plan: 1 });
  });

  it('are read when the step begins, in conditions of loops too', async () => {
    const gate = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('hold', 'action.http', { url: `${tools}/gate/${gate}` }),
        agentNode('l', 'logic.loop', { while: '$boolean(context.on) and ($exists(item) ? item : 0) < 2' }),
        agentNode('next', 'logic.transform', { expression: '($exists(item) ? item : 0) + context.step' }),
      ],
      edges: agentEdges('start>hold', 'hold>l', 'l:each>next'),
    });
    const body = { project_id: project.id };
    const begun = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body });
    await fetch(`${tools}/waiting/${gate}`);
    await set('on', { value: true });
    await set('step', { value: 1 });
    await fetch(`${tools}/open/${gate}`);
    const ended = await eventually(async () => {
      const execution = (await api<Execution>(`/executions/${begun.body.id}`, { token: owner.token })).body;
      return execution.finished_at === null ? null : execution;
    });
    expect(ended.output).toEqual({ results: [1, 2], count: 2, failed: 0 });
  });

  it('wait out a database that is away for a moment', async () => {
    await set('plan', { value: 'kept' });
    const gate = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('hold', 'action.http', { url: `${tools}/gate/${gate}` }),
        agentNode('n', 'logic.transform', { expression: 'context.plan' }),
      ],
      edges: agentEdges('start>hold', 'hold>n'),
    });
    const body = { project_id: project.id };
    const begun = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body });
    await fetch(`${tools}/waiting/${gate}`);
    await env.DB.exec('ALTER TABLE context_entries RENAME TO context_away');
    await fetch(`${tools}/open/${gate}`);
    await eventually(async () => {
      const steps = await api<{ data: { node_id: string }[] }>(`/executions/${begun.body.id}/steps`, {
        token: owner.token,
      });
      return steps.body.data.some(({ node_id }) => node_id === 'n');
    });
    await env.DB.exec('ALTER TABLE context_away RENAME TO context_entries');
    const ended = await eventually(async () => {
      const execution = (await api<Execution>(`/executions/${begun.body.id}`, { token: owner.token })).body;
      return execution.finished_at === null ? null : execution;
    });
    expect(ended.output).toBe('kept');
  });
});
