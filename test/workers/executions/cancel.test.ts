import { env } from 'cloudflare:workers';
import type { Execution, ExecutionStep } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');

describe('cancel', () => {
  it('stops in-flight work at once, settles the lease, and cannot be undone', async () => {
    const name = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('call', 'action.http', { url: `${tools}/gate/${name}` }),
        agentNode('after', 'logic.transform', { expression: '1' }),
      ],
      edges: agentEdges('start>call', 'call>after'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await fetch(`${tools}/waiting/${name}`);
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    expect((await desk.usage()).live_executions).toBe(1);

    const cancelled = await api<Execution>(`/executions/${body.id}/cancel`, { method: 'POST', token: owner.token });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', output: null });
    await fetch(`${tools}/open/${name}`);
    await eventually(async () => (await desk.usage()).live_executions === 0);
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${body.id}/steps`, { token: owner.token });
    expect(steps.body.data.map((step) => [step.node_id, step.status])).toEqual([
      ['start', 'completed'],
      ['call', 'cancelled'],
    ]);
    expectProblem(
      await api(`/executions/${body.id}/cancel`, { method: 'POST', token: owner.token }),
      409,
      'execution_finished',
    );
    expect((await api<Execution>(`/executions/${body.id}`, { token: owner.token })).body.status).toBe('cancelled');
  });

  it('closes a model call in the middle of its answer and books what it had used', async () => {
    const model = `story-${crypto.randomUUID()}`;
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('write', 'ai.chat', { model: `custom/${model}`, prompt: 'Tell me a long story about the sea.' }),
      ],
      edges: agentEdges('start>write'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await fetch(`${tools}/waiting/${model}`);
    await api(`/executions/${body.id}/cancel`, { method: 'POST', token: owner.token });
    expect(await (await fetch(`${tools}/ended/${model}`)).json()).toEqual({ ended: true });
    const cost = await eventually(async () =>
      env.DB.prepare('SELECT * FROM cost_records WHERE execution_id = ?')
        .bind(body.id)
        .first<Record<string, unknown>>(),
    );
    expect(cost).toMatchObject({ model, outcome: 'cancelled', estimated: 1 });
    expect(Number(cost.input_tokens)).toBeGreaterThan(5);
    const after = await api<Execution>(`/executions/${body.id}`, { token: owner.token });
    expect(after.body).toMatchObject({ status: 'cancelled', input_tokens: cost.input_tokens });
    await eventually(async () => {
      const row = await env.DB.prepare('SELECT input_tokens FROM executions WHERE id = ?').bind(body.id).first();
      return row?.input_tokens === cost.input_tokens;
    });
  });

  it('is refused to viewers, to keys without the scope, and to strangers', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const { id } = await runToEnd(owner, agent.id);
    const viewer = await withRole(owner, 'viewer');
    const key = await createKey(owner, ['executions:read']);
    const stranger = await signUp();
    const cancel = (credential: { token: string } | { key: string }) =>
      api(`/executions/${id}/cancel`, { method: 'POST', ...credential });
    expectProblem(await cancel({ token: viewer.token }), 403, 'forbidden');
    expectProblem(await cancel({ key: key.key }), 403, 'forbidden');
    expectProblem(await cancel({ token: stranger.token }), 404, 'not_found');
  });
});
