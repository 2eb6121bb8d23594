import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Approval, Execution } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

const start = agentNode('start', 'trigger.manual');
const liveOf = async (owner: Member) =>
  (await organizationDesk(env.ORGANIZATION, owner.organization_id).usage()).live_executions;
const stubOf = (id: string) => env.EXECUTION.get(env.EXECUTION.idFromName(id));

async function begin(owner: Member, agentId: string) {
  return api<Execution>(`/agents/${agentId}/execute`, { token: owner.token, body: {} });
}

describe('an execution that waits', () => {
  it('leaves its place to others, takes it again when it goes on, and frees it once', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('ask', 'human.approval', { message: 'Go on?' }),
        agentNode('end', 'logic.delay', { seconds: 3 }),
      ],
      edges: agentEdges('start>ask', 'ask:approved>end'),
      settings: { max_concurrency: 1 },
    });
    const first = (await begin(owner, agent.id)).body;
    await eventually(async () => (await liveOf(owner)) === 0);
    const second = await begin(owner, agent.id);
    expect(second.status).toBe(202);
    await eventually(async () => (await liveOf(owner)) === 0);

    await evictDurableObject(stubOf(first.id));
    await evictDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id)));
    const asked = await api<{ data: Approval[] }>(`/approvals?execution_id=${first.id}`, { token: owner.token });
    const approval = asked.body.data.find(({ execution_id }) => execution_id === first.id);
    await api(`/approvals/${approval?.id}/decision`, { token: owner.token, body: { decision: 'approve' } });
    // Three seconds of delay are too short to leave again.
    await eventually(async () => (await liveOf(owner)) === 1);
    expectProblem(await begin(owner, agent.id), 429, 'concurrency_limited');
    await eventually(async () => (await liveOf(owner)) === 0);
    await api(`/executions/${second.body.id}/cancel`, { method: 'POST', token: owner.token });
    await eventually(async () => {
      const { data } = (await api<{ data: Execution[] }>('/executions', { token: owner.token })).body;
      return data.every(({ finished_at }) => finished_at !== null);
    });
    expect(await liveOf(owner)).toBe(0);
    expect((await begin(owner, agent.id)).status).toBe(202);
  });

  it('is found again by the desk when its alarm is lost', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('wait', 'logic.delay', { seconds: 3600 })],
      edges: agentEdges('start>wait'),
    });
    const { id } = (await begin(owner, agent.id)).body;
    await eventually(async () => (await liveOf(owner)) === 0);
    const lose = () => runInDurableObject(stubOf(id), (_object, { storage }) => storage.deleteAlarm());
    const alarm = () => runInDurableObject(stubOf(id), (_object, { storage }) => storage.getAlarm());
    await lose();
    expect(await alarm()).toBeNull();
    const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
    await runInDurableObject(desk, (_object, { storage }) => {
      storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    await runDurableObjectAlarm(desk);
    expect(await alarm()).not.toBeNull();
    await runInDurableObject(desk, (_object, { storage }) => {
      expect(storage.sql.exec('SELECT state FROM leases').toArray()).toEqual([{ state: 'parked' }]);
    });
  });
});
