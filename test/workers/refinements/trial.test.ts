import { filesOf } from '@agentflow/agent-files';
import type { AgentDefinition, ShadowComparisonDetail } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { runtimeScenario } from '../../support/runtime-scenario.ts';
import { endOf, listedEnds } from '../../support/shadow-runs.ts';
import { begun, end, refine, settled, state } from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const doubling = (factor: number): AgentDefinition => ({
  nodes: [
    agentNode('start', 'trigger.manual'),
    agentNode('times', 'logic.transform', { expression: `{"n": trigger.n * ${factor}}` }),
  ],
  edges: agentEdges('start>times'),
});

async function proposed(agentId: string, definition: AgentDefinition) {
  const { mark } = await runtimeScenario({ frames: [state(filesOf(definition)), end()] });
  const { proposal_id } = await begun(owner, agentId, { user_prompt: mark });
  return settled(owner, proposal_id);
}

describe('a proposal', () => {
  it('is tried on executions that have ended, and the draft stays as it is', async () => {
    const agent = await publishedAgent(owner, doubling(2));
    const execution = await runToEnd(owner, agent.id, { n: 4 });
    await listedEnds(owner, agent.id, 1);
    const { id } = await proposed(agent.id, doubling(3));
    const tried = await api<{ shadow_run_id: string }>(`/proposals/${id}/shadow-runs`, {
      token: owner.token,
      body: {},
    });
    expect(tried.status, JSON.stringify(tried.body)).toBe(202);
    const path = `/agents/${agent.id}/shadow-runs/${tried.body.shadow_run_id}`;
    const run = await endOf(owner, { agent_id: agent.id, id: tried.body.shadow_run_id } as Parameters<typeof endOf>[1]);
    expect(run).toMatchObject({ status: 'completed', draft_revision: null });
    const detail = await api<ShadowComparisonDetail>(`${path}/comparisons/${execution.id}`, { token: owner.token });
    expect(detail.body).toMatchObject({ status: 'compared', output: { before: { n: 8 }, after: { n: 12 } } });
    const draft = await api(`/agents/${agent.id}/draft`, { token: owner.token });
    expect(draft.headers.get('etag')).toBe('"1"');
  });

  it('can’t be tried before it is there, nor without executions', async () => {
    const agent = await publishedAgent(owner, doubling(2));
    const { mark } = await runtimeScenario({ frames: [state(filesOf(doubling(3)))] });
    const { proposal_id } = await begun(owner, agent.id, { user_prompt: mark });
    const early = await api(`/proposals/${proposal_id}/shadow-runs`, { token: owner.token, body: {} });
    expectProblem(early, 409, 'conflict');
    const { id } = await proposed(agent.id, doubling(3));
    const alone = await api(`/proposals/${id}/shadow-runs`, { token: owner.token, body: {} });
    expectProblem(alone, 409, 'conflict');
  });

  it('counts in the figures: how many are approved, and how long runs take', async () => {
    const other = await signUp();
    const read = () => api<object>('/proposals/stats', { token: other.token });
    expect((await read()).body).toMatchObject({ approval_rate: null, duration_ms: null });
    const agent = await publishedAgent(other, doubling(2));
    const ids: string[] = [];
    for (const factor of [3, 4, 5]) {
      const { mark } = await runtimeScenario({ frames: [state(filesOf(doubling(factor))), end()] });
      const started = await refine(other, agent.id, { user_prompt: mark });
      ids.push((await settled(other, started.body.proposal_id)).id);
    }
    const [first, second] = ids;
    for (const [id, decision] of [
      [first, 'approve'],
      [second, 'reject'],
    ]) {
      const decided = await api(`/proposals/${id}/${decision}`, { token: other.token, body: {} });
      expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    }
    const { p50, p95 } = (await api<{ duration_ms: { p50: number; p95: number } }>('/proposals/stats', other)).body
      .duration_ms;
    expect((await read()).body).toMatchObject({
      by_status: { approved: 1, rejected: 1, ready: 1 },
      approval_rate: 0.5,
      duration_ms: { p50, p95 },
    });
    expect(p50).toBeGreaterThan(0);
    expect(p95).toBeGreaterThanOrEqual(p50);
  });
});
