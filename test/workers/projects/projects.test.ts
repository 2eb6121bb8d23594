import { env } from 'cloudflare:workers';
import type {
  AuditEntry,
  Execution,
  ExecutionSummary,
  Project,
  ProjectAgents,
  ProjectSummary,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
let stranger: Member;
beforeAll(async () => {
  owner = await signUp();
  stranger = await signUp();
});

async function made(by: Member, name: string = crypto.randomUUID()): Promise<Project> {
  const answer = await api<Project>('/projects', { token: by.token, body: { name } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

const names = async (by: Member, query = '') =>
  (await api<{ data: Project[] }>(`/projects?limit=100${query}`, { token: by.token })).body.data.map(
    ({ name }) => name,
  );

describe('projects', () => {
  it('are created, read, changed and listed in their organization', async () => {
    const body = { name: '  Returns  ', description: 'Parcels that come back' };
    const created = await api<Project>('/projects', { token: owner.token, body });
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'Returns', description: 'Parcels that come back', created_by: owner.user_id, archived_at: null },
    });
    expect(created.headers.get('location')).toBe(`/api/v1/projects/${created.body.id}`);
    const etag = created.headers.get('etag') ?? '';
    const changed = await api<Project>(`/projects/${created.body.id}`, {
      method: 'PUT',
      token: owner.token,
      body: { name: 'Refunds' },
      headers: { 'if-match': etag },
    });
    expect(changed.body).toMatchObject({ name: 'Refunds', description: 'Parcels that come back' });
    const stale = { method: 'PUT', token: owner.token, body: { name: 'Late' }, headers: { 'if-match': etag } };
    expectProblem(await api(`/projects/${created.body.id}`, stale), 412, 'precondition_failed');
    expect((await api<Project>(`/projects/${created.body.id}`, { token: owner.token })).body).toEqual(changed.body);
    expect(await names(owner)).toContain('Refunds');
    expect(await names(stranger)).toEqual([]);
    const audit = await api<{ data: AuditEntry[] }>(`/org/audit-logs?resource_id=${created.body.id}`, {
      token: owner.token,
    });
    expect(audit.body.data.map(({ action }) => action)).toEqual(['project.updated', 'project.created']);
  });

  it('have names of their own within the organization', async () => {
    const project = await made(owner, 'Only one');
    expectProblem(await api('/projects', { token: owner.token, body: { name: 'Only one' } }), 409, 'name_taken');
    const other = await made(owner);
    const rename = { method: 'PUT', token: owner.token, body: { name: 'Only one' } };
    expectProblem(await api(`/projects/${other.id}`, rename), 409, 'name_taken');
    await made(stranger, 'Only one');
    expect((await api(`/projects/${project.id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expect((await made(owner, 'Only one')).id).not.toBe(project.id);
  });

  it('keep one change of two that race for a name', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api('/projects', { token: owner.token, body: { name: 'Raced' } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  it('are found by part of their name, page by page', async () => {
    const member = await signUp();
    for (const name of ['Zürich north', 'Basel', 'ZÜRICH south']) await made(member, name);
    expect(await names(member, '&search=zürich')).toEqual(['ZÜRICH south', 'Zürich north']);
    expect(await names(member, '&search=')).toHaveLength(3);
    expect(await names(member, '&search=%25')).toEqual([]);
    const page = (query: string) =>
      api<{ data: Project[]; next_cursor: string | null }>(`/projects?limit=1&search=z${query}`, {
        token: member.token,
      });
    const first = (await page('')).body;
    expect(first.data.map(({ name }) => name)).toEqual(['ZÜRICH south']);
    const second = (await page(`&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ data: [{ name: 'Zürich north' }], next_cursor: null });
  });

  it('are archived: no new start, no context, the rest kept', async () => {
    const project = await made(owner, 'Ending');
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    const run = { token: owner.token, body: { project_id: project.id } };
    const before = await api<Execution>(`/agents/${agent.id}/execute`, { ...run, headers: { prefer: 'wait=20' } });
    await api(`/context/${project.id}/plan`, { method: 'PUT', token: owner.token, body: { value: 1 } });
    for (let twice = 0; twice < 2; twice++) {
      expect((await api(`/projects/${project.id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    }
    expect(await names(owner)).not.toContain('Ending');
    expect(await names(owner, '&archived=true')).toContain('Ending');
    expectProblem(await api(`/agents/${agent.id}/execute`, run), 409, 'conflict');
    expectProblem(await api(`/context/${project.id}/plan`, { token: owner.token }), 404, 'not_found');
    const set = { method: 'PUT', token: owner.token, body: { value: 1 } };
    expectProblem(await api(`/context/${project.id}/plan`, set), 409, 'conflict');
    expectProblem(await api(`/projects/${project.id}`, { ...set, body: { name: 'Again' } }), 409, 'conflict');
    const kept = await api<Execution>(`/executions/${before.body.id}`, { token: owner.token });
    expect(kept.body.project_id).toBe(project.id);
    const audit = await api<{ data: AuditEntry[] }>(`/org/audit-logs?resource_id=${project.id}`, {
      token: owner.token,
    });
    expect(audit.body.data.map(({ action }) => action)).toEqual(['project.archived', 'project.created']);
  });

  it('are for those who may', async () => {
    const project = await made(owner);
    const viewer = await withRole(owner, 'viewer');
    expect((await api(`/projects/${project.id}`, { token: viewer.token })).status).toBe(200);
    expectProblem(await api('/projects', { token: viewer.token, body: { name: 'x' } }), 403, 'forbidden');
    const key = await createKey(owner, ['agents:read']);
    expectProblem(await api(`/projects/${project.id}`, { key: key.key }), 403, 'forbidden');
  });
});

describe('executions of a project', () => {
  it('carry it to lists, to what they start, and to their cost', async () => {
    const project = await made(owner);
    const child = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('s', 'ai.summarize', { prompt: 'The sky is blue today. It will rain tomorrow.' }),
      ],
      edges: agentEdges('start>s'),
    });
    const parent = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('call', 'agent.call', { agent_id: child.id })],
      edges: agentEdges('start>call'),
    });
    const { body } = await api<Execution>(`/agents/${parent.id}/execute`, {
      token: owner.token,
      body: { project_id: project.id },
      headers: { prefer: 'wait=20' },
    });
    expect(body).toMatchObject({ status: 'completed', project_id: project.id });
    const listed = await eventually(async () => {
      const page = await api<{ data: ExecutionSummary[] }>(`/executions?project_id=${project.id}`, {
        token: owner.token,
      });
      return page.body.data.length === 2 ? page.body.data : null;
    });
    expect(listed.map(({ agent_id }) => agent_id).sort()).toEqual([parent.id, child.id].sort());
    const costs = await eventually(async () => {
      const { results } = await env.DB.prepare('SELECT project_id FROM cost_records WHERE organization_id = ?')
        .bind(owner.organization_id)
        .all<{ project_id: string }>();
      return results.length > 0 ? results : null;
    });
    expect(costs.map((cost) => cost.project_id)).toEqual([project.id]);
  });

  it('tell who ran in it, how often, and how it ended last', async () => {
    const project = await made(owner);
    const other = await made(owner);
    const start = agentNode('start', 'trigger.manual');
    const fine = await publishedAgent(owner, { nodes: [start], edges: [] }, 'Fine');
    const moody = await publishedAgent(
      owner,
      {
        nodes: [start, agentNode('stop', 'logic.stop', { status: '{{trigger.end}}', message: 'As asked' })],
        edges: agentEdges('start>stop'),
      },
      'Moody',
    );
    const runs: [string, string, object][] = [
      [moody.id, project.id, { end: 'completed' }],
      [fine.id, project.id, {}],
      [fine.id, other.id, {}],
      [moody.id, project.id, { end: 'failed' }],
    ];
    const ended: Execution[] = [];
    for (const [agent, project_id, input] of runs) {
      const run = { token: owner.token, body: { project_id, input }, headers: { prefer: 'wait=20' } };
      ended.push((await api<Execution>(`/agents/${agent}/execute`, run)).body);
    }
    const agents = await eventually(async () => {
      const { body } = await api<ProjectAgents>(`/projects/${project.id}/agents`, { token: owner.token });
      return body.counted_executions === 3 ? body.data : null;
    });
    expect(agents).toMatchObject([
      { id: moody.id, name: 'Moody', status: 'active', executions: 2, failed: 1, last_execution: { status: 'failed' } },
      { id: fine.id, executions: 1, failed: 0, cost_usd: 0, last_execution: { id: ended[1]?.id } },
    ]);
    const listed = await api<{ data: ProjectSummary[] }>('/projects?limit=100', { token: owner.token });
    expect(listed.body.data.find(({ id }) => id === project.id)).toMatchObject({
      context_keys: 0,
      last_execution_at: ended[3]?.created_at,
    });
    expectProblem(await api(`/projects/${project.id}/agents`, { token: stranger.token }), 404, 'not_found');
  });

  it('do not start in a project that is not there, or is another organization’s', async () => {
    const theirs = await made(stranger);
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    for (const project_id of [theirs.id, 'prj_00000000000000000000000000']) {
      const answer = await api(`/agents/${agent.id}/execute`, { token: owner.token, body: { project_id } });
      expectProblem(answer, 404, 'not_found');
    }
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });
});
