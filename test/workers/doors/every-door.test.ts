import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { everyDoor } from '../../support/doors.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';

const tools = inject('toolServerUrl');
const start = agentNode('start', 'trigger.manual');
let owner: Member;

beforeAll(async () => {
  owner = await signUp();
});

async function calling(path: string, name: string) {
  const nodes = [
    start,
    agentNode('call', 'action.http', { url: `${tools}${path}` }),
    agentNode('done', 'logic.transform', { expression: '{"n": trigger.n + 1}' }),
  ];
  return publishedAgent(owner, { nodes, edges: agentEdges('start>call', 'call>done') }, name);
}

describe('every door', () => {
  it('offers the same agents, gives the same output, and fails alike', async () => {
    const works = await calling('/echo', `Works ${crypto.randomUUID()}`);
    const fails = await calling('/status/404', `Fails ${crypto.randomUUID()}`);
    const caller = await externalAgent(owner, { agents: [works.id, fails.id] });
    const other = await calling('/echo', `Other ${crypto.randomUUID()}`);
    for (const client of everyDoor(caller)) {
      expect(await client.list(), client.door).toEqual([works.name, fails.name]);
      const answer = await client.invoke(works.id, { n: 1 });
      expect(answer, client.door).toMatchObject({ outcome: 'completed', output: { n: 2 } });
      expect(await client.invoke(fails.id, { n: 1 }), client.door).toMatchObject({ outcome: 'failed' });
      expect(await client.invoke(other.id, { n: 1 }), client.door).toMatchObject({
        outcome: 'refused',
        code: 'not_found',
      });
    }
  });

  it('refuses a revoked key', async () => {
    const works = await calling('/echo', `Works ${crypto.randomUUID()}`);
    const caller = await externalAgent(owner, { agents: [works.id] });
    expect((await api(`/external-agents/${caller.id}`, { method: 'DELETE', token: owner.token })).status).toBe(202);
    for (const client of everyDoor(caller)) {
      const answer = await client.invoke(works.id, { n: 1 });
      expect(answer, client.door).toMatchObject({ outcome: 'refused', code: 'unauthenticated', status: 401 });
    }
  });

  it('gives the answer of a run whose object died meanwhile', async () => {
    const callers = everyDoor(await externalAgent(owner));
    for (const client of callers.filter(({ door }) => door !== 'rest')) {
      const gate = crypto.randomUUID();
      const agent = await calling(`/gate/${gate}`, `Dies ${gate}`);
      const answer = client.invoke(agent.id, { n: 1 });
      await fetch(`${tools}/waiting/${gate}`);
      const { id } = await eventually(async () => {
        const { data } = (await api<{ data: Execution[] }>(`/executions?agent_id=${agent.id}`, { token: owner.token }))
          .body;
        return data[0] ?? null;
      });
      const stub = executionObject(env.EXECUTION, id) as unknown as DurableObjectStub;
      await runInDurableObject(stub, (_object, state) => state.abort('a crash')).catch(() => undefined);
      await fetch(`${tools}/open/${gate}`);
      expect(await answer, client.door).toMatchObject({ outcome: 'completed', output: { n: 2 } });
    }
  });
});
