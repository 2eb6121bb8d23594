import type { AgentDefinition, Execution } from '@agentflow/contracts';
import { expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, signUp } from '../../support/api.ts';

const definition = (expression: string) => ({
  nodes: [agentNode('start', 'trigger.manual'), agentNode('say', 'logic.transform', { expression })],
  edges: agentEdges('start>say'),
});

it('shows what an execution runs, of a version and of a draft that has changed since', async () => {
  const owner = await signUp();
  const { token } = owner;
  const agent = await publishedAgent(owner, definition('"first"'));
  const live = await runToEnd(owner, agent.id);
  const put = (expression: string) =>
    api(`/agents/${agent.id}/draft`, { method: 'PUT', token, body: definition(expression) });
  expect((await put('"second"')).status).toBe(200);
  const tested = await api<Execution>(`/agents/${agent.id}/test`, { token, body: {}, headers: { prefer: 'wait=20' } });
  expect(tested.body.output).toBe('second');
  expect((await put('"third"')).status).toBe(200);
  const read = async (id: string) =>
    (await api<AgentDefinition>(`/executions/${id}/definition`, { token })).body.nodes[1]?.config;
  expect(await read(live.id)).toEqual({ expression: '"first"' });
  expect(await read(tested.body.id)).toEqual({ expression: '"second"' });
});
