import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution } from '@agentflow/contracts';
import { expect, inject, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, signUp } from '../../support/api.ts';
import { DOOR_CLIENTS } from '../../support/doors.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';

const tools = inject('toolServerUrl');

// REST waits within the object itself, and is answered that it could not be asked.
it.each(DOOR_CLIENTS.filter(({ door }) => door !== 'rest'))(
  'A run whose object dies meanwhile is followed to its end through the door $name',
  async ({ call }) => {
    const owner = await signUp();
    const gate = crypto.randomUUID();
    const nodes = [
      agentNode('start', 'trigger.manual'),
      agentNode('call', 'action.http', { url: `${tools}/gate/${gate}` }),
      agentNode('done', 'logic.transform', { expression: 'trigger.message' }),
    ];
    const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>call', 'call>done') }, 'Dies');
    const answer = call(await externalAgent(owner), 'Dies', 'Hello');
    await fetch(`${tools}/waiting/${gate}`);
    const { id } = await eventually(async () => {
      const { data } = (await api<{ data: Execution[] }>(`/executions?agent_id=${agent.id}`, { token: owner.token }))
        .body;
      return data[0] ?? null;
    });
    const stub = executionObject(env.EXECUTION, id) as unknown as DurableObjectStub;
    await runInDurableObject(stub, (_object, state) => state.abort('a crash')).catch(() => undefined);
    await fetch(`${tools}/open/${gate}`);
    expect(await answer).toMatchObject({ ok: true });
    expect((await api<Execution>(`/executions/${id}`, { token: owner.token })).body.output).toBe('Hello');
  },
);
