import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type {
  Agent,
  AuditEntry,
  ContextEntry,
  Execution,
  ExecutionEvent,
  ExecutionStep,
  Handoff,
  JsonValue,
  Project,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
let stranger: Member;
let project: Project;
let receiver: Agent;
const start = agentNode('start', 'trigger.manual');
const handing = (config: Record<string, JsonValue>) => ({
  nodes: [start, agentNode('hand', 'agent.handoff', { instructions: 'Check {{trigger.what}}.', ...config })],
  edges: agentEdges('start>hand'),
});

beforeAll(async () => {
  owner = await signUp();
  stranger = await signUp();
  project = (await api<Project>('/projects', { token: owner.token, body: { name: 'Handing over' } })).body;
  receiver = await publishedAgent(owner, {
    nodes: [start, agentNode('n', 'logic.transform', { expression: 'trigger.handoff.instructions' })],
    edges: agentEdges('start>n'),
  });
});

async function run(
  agentId: string,
  path = 'execute',
  body: object = { input: { what: 'the tone' }, project_id: project.id },
) {
  const headers = { prefer: 'wait=20' };
  const answer = await api<Execution>(`/agents/${agentId}/${path}`, { token: owner.token, body, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

async function handoffs(query = ''): Promise<Handoff[]> {
  return (await api<{ data: Handoff[] }>(`/handoffs?limit=100${query}`, { token: owner.token })).body.data;
}

const entryOf = (agentId: string) =>
  api<ContextEntry>(`/context/${project.id}/handoff:${agentId}`, { token: owner.token });

describe('agent.handoff', () => {
  it('is recorded, readable in the project, told as an event, and starts the agent where it should', async () => {
    const giver = await publishedAgent(
      owner,
      handing({ to_agent_id: receiver.id, context: { draft: 1 }, start: true }),
    );
    const execution = await run(giver.id);
    expect(execution.status, JSON.stringify(execution.error)).toBe('completed');
    const { handoff_id, execution_id } = execution.output as { handoff_id: string; execution_id: string };
    const [recorded] = await handoffs(`&to_agent_id=${receiver.id}`);
    expect(recorded).toMatchObject({
      id: handoff_id,
      from_agent_id: giver.id,
      to_agent_id: receiver.id,
      instructions: 'Check the tone.',
      context: { draft: 1 },
      from_execution_id: execution.id,
      execution_id,
      project_id: project.id,
    });
    expect((await entryOf(receiver.id)).body.value).toEqual({
      handoff_id,
      from: giver.id,
      instructions: 'Check the tone.',
      context: { draft: 1 },
      execution_id: execution.id,
    });
    const events = await api<{ data: ExecutionEvent[] }>(`/executions/${execution.id}/events`, { token: owner.token });
    expect(events.body.data.find(({ type }) => type === 'agent.handoff')).toMatchObject({
      node_id: 'hand',
      data: { handoff_id, to_agent_id: receiver.id, execution_id },
    });
    expect(events.body.data.map(({ seq }) => seq)).toEqual(events.body.data.map((_, index) => index + 1));
    const started = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${execution_id}`, { token: owner.token });
      return body.finished_at === null ? null : body;
    });
    expect(started).toMatchObject({
      output: 'Check the tone.',
      trigger: 'handoff',
      parent_execution_id: execution.id,
      project_id: project.id,
    });
  });

  it('that runs again after a crash is recorded once, and overwrites nothing later', async () => {
    const giver = await publishedAgent(owner, handing({ to_agent_id: receiver.id, start: true }));
    const execution = await run(giver.id);
    const before = (await handoffs()).length;
    const later = { method: 'PUT', token: owner.token, body: { value: 'mine' } };
    expect((await api(`/context/${project.id}/handoff:${receiver.id}`, later)).status).toBe(200);
    const stub = env.EXECUTION.get(env.EXECUTION.idFromName(execution.id));
    await runInDurableObject(stub, (_object, state) => {
      const { sql } = state.storage;
      sql.exec(
        "UPDATE steps SET status = 'running', handle = NULL, output = NULL, finished_at = NULL WHERE key = 'hand'",
      );
      sql.exec("UPDATE execution SET status = 'running', finished_at = NULL, output = NULL");
    });
    await evictDurableObject(stub);
    const again = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${execution.id}`, { token: owner.token });
      return body.status === 'completed' ? body : null;
    });
    expect(again.output).toEqual(execution.output);
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
    expect(steps.body.data.find(({ id }) => id === 'hand')?.attempts).toHaveLength(2);
    expect((await handoffs()).length).toBe(before);
    expect((await entryOf(receiver.id)).body.value).toBe('mine');
    const events = await eventually(async () => {
      const told = await env.DB.prepare("SELECT data FROM events WHERE type = 'agent.handoff' AND data LIKE ?")
        .bind(`%${execution.id}%`)
        .all<{ data: string }>();
      return told.results.length > 0 && told.results;
    });
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([
      expect.objectContaining({ agent_id: receiver.id, agent_name: receiver.name, project_id: project.id }),
    ]);
  });

  it('is blocked in tests, and refused for agents of others', async () => {
    const giver = await publishedAgent(owner, handing({ to_agent_id: receiver.id }));
    const before = (await handoffs()).length;
    const test = await run(giver.id, 'test', { input: { what: 'all' } });
    expect(test.output).toMatchObject({ would_send: { to_agent_id: receiver.id, instructions: 'Check all.' } });
    expect((await handoffs()).length).toBe(before);
    const theirs = await publishedAgent(stranger, { nodes: [start], edges: [] });
    for (const begin of [true, false]) {
      const other = await publishedAgent(owner, handing({ to_agent_id: '{{trigger.to}}', start: begin }));
      const failed = await run(other.id, 'execute', { input: { to: theirs.id } });
      expect(failed.error).toMatchObject({ code: 'not_found', node_id: 'hand' });
    }
    expect((await handoffs()).length).toBe(before);
  });
});

describe('POST /handoffs', () => {
  const body = () => ({ to_agent_id: receiver.id, instructions: 'Please look.', context: { n: 1 } });

  it('hands over from outside', async () => {
    const request = { ...body(), project_id: project.id, start: true };
    const answer = await api<Handoff>('/handoffs', { token: owner.token, body: request });
    expect(answer).toMatchObject({ status: 201, body: { from_agent_id: null, created_by: owner.user_id } });
    expect((await entryOf(receiver.id)).body.value).toMatchObject({ handoff_id: answer.body.id, context: { n: 1 } });
    const { body: execution } = await api<Execution>(`/executions/${answer.body.execution_id}`, { token: owner.token });
    expect(execution).toMatchObject({ agent_id: receiver.id, project_id: project.id });
    const audit = await api<{ data: AuditEntry[] }>('/org/audit-logs?action=agent.handed_over', { token: owner.token });
    expect(audit.body.data[0]).toMatchObject({
      resource: { id: receiver.id },
      details: { handoff_id: answer.body.id },
    });
  });

  it('refuses what is not there or not theirs', async () => {
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await api('/handoffs', { token: viewer.token, body: body() }), 403, 'forbidden');
    expectProblem(await api('/handoffs', { token: stranger.token, body: body() }), 404, 'not_found');
    const elsewhere = (await api<Project>('/projects', { token: stranger.token, body: { name: 'Theirs' } })).body;
    const request = { ...body(), project_id: elsewhere.id };
    expectProblem(await api('/handoffs', { token: owner.token, body: request }), 404, 'not_found');
    const large = { ...body(), context: 'x'.repeat(50_000) };
    expectProblem(await api('/handoffs', { token: owner.token, body: large }), 422, 'validation_failed');
    const { body: listed } = await api<{ data: Handoff[] }>('/handoffs', { token: stranger.token });
    expect(listed.data).toEqual([]);
  });
});
