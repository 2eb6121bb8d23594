import { env } from 'cloudflare:workers';
import type { Project, ProjectCosts } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';

const DAY_MS = 86_400_000;
const TODAY = new Date().toISOString().slice(0, 10);
const daysAgo = (days: number) => Date.parse(TODAY) - days * DAY_MS;
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

async function projectOf(owner: Member): Promise<string> {
  return (await api<Project>('/projects', { token: owner.token, body: { name: crypto.randomUUID() } })).body.id;
}

let records = 0;

/** A cost record as an execution writes it. */
async function spent(
  owner: Member,
  { project, agent, model, cost, at }: { project: string; agent: string; model: string; cost: number; at: number },
): Promise<void> {
  records++;
  await env.DB.prepare(
    `INSERT INTO cost_records (id, organization_id, execution_id, agent_id, project_id, node_id, provider, model, input_tokens,
      output_tokens, cost_microusd, latency_ms, estimated, outcome, at) VALUES (?, ?, 'exe', ?, ?, 'think', 'openai', ?, 10, 5, ?, 1, 0, 'ok', ?)`,
  )
    .bind(`cost-${crypto.randomUUID()}-${records}`, owner.organization_id, agent, project, model, cost, at)
    .run();
}

const read = (owner: Member, project: string, query = '') =>
  api<ProjectCosts>(`/projects/${project}/costs${query}`, { token: owner.token });

describe('the costs of a project', () => {
  it('are told by day, agent and model, of this project and these days alone', async () => {
    const owner = await signUp();
    const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
    const one = (await publishedAgent(owner, definition, 'One')).id;
    const two = (await publishedAgent(owner, definition, 'Two')).id;
    const project = await projectOf(owner);
    const other = await projectOf(owner);
    await spent(owner, { project, agent: one, model: 'gpt-4o', cost: 3000, at: daysAgo(0) + 5 });
    await spent(owner, { project, agent: two, model: 'gpt-4o', cost: 4000, at: daysAgo(1) + DAY_MS - 1 });
    await spent(owner, { project, agent: two, model: 'gpt-4o-mini', cost: 500, at: daysAgo(1) });
    await spent(owner, { project, agent: one, model: 'gpt-4o', cost: 9999, at: daysAgo(2) + DAY_MS - 1 });
    await spent(owner, { project: other, agent: one, model: 'gpt-4o', cost: 7777, at: daysAgo(0) });

    const { body } = await read(owner, project, `?from=${dayOf(daysAgo(1))}&to=${TODAY}`);
    expect(body).toEqual({
      project_id: project,
      from: dayOf(daysAgo(1)),
      to: TODAY,
      total: { cost_usd: 0.0075, calls: 3, input_tokens: 30, output_tokens: 15 },
      by_day: [
        { day: dayOf(daysAgo(1)), cost_usd: 0.0045, calls: 2, input_tokens: 20, output_tokens: 10 },
        { day: TODAY, cost_usd: 0.003, calls: 1, input_tokens: 10, output_tokens: 5 },
      ],
      by_agent: [
        { agent_id: two, name: 'Two', cost_usd: 0.0045, calls: 2, input_tokens: 20, output_tokens: 10 },
        { agent_id: one, name: 'One', cost_usd: 0.003, calls: 1, input_tokens: 10, output_tokens: 5 },
      ],
      by_model: [
        { model: 'openai/gpt-4o', cost_usd: 0.007, calls: 2, input_tokens: 20, output_tokens: 10 },
        { model: 'openai/gpt-4o-mini', cost_usd: 0.0005, calls: 1, input_tokens: 10, output_tokens: 5 },
      ],
    });
    const usual = (await read(owner, project)).body;
    expect([usual.by_day.length, usual.to, usual.total.calls]).toEqual([30, TODAY, 4]);
    expect((await read(owner, await projectOf(owner))).body).toMatchObject({
      total: { cost_usd: 0, calls: 0 },
      by_agent: [],
    });
  });

  it('are of nobody else, and of days that make sense', async () => {
    const owner = await signUp();
    const project = await projectOf(owner);
    expectProblem(await read(await signUp(), project), 404, 'not_found');
    for (const query of ['?from=2026-02-30', '?from=yesterday', `?from=${TODAY}&to=2026-01-01`, '?from=2020-01-01']) {
      expectProblem(await read(owner, project, query), 422, 'validation_failed');
    }
  });
});
