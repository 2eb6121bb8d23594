import type { AgentDefinition, ExecutionSummary, JsonValue, ShadowRun } from '@agentflow/contracts';
import { expect, inject } from 'vitest';
import { agentEdges, agentNode, runToEnd } from './agents.ts';
import { api } from './api.ts';
import { eventually } from './eventually.ts';

type Owner = { token: string };

/** Executions of an agent that lists know the end of. */
export async function listedEnds(owner: Owner, agentId: string, count: number): Promise<void> {
  await eventually(async () => {
    const path = `/executions?agent_id=${agentId}&limit=100`;
    const { data } = (await api<{ data: ExecutionSummary[] }>(path, { token: owner.token })).body;
    return data.filter((each) => each.mode === 'live' && each.finished_at !== null).length >= count;
  });
}

export async function saveDraft(owner: Owner, agentId: string, definition: AgentDefinition): Promise<void> {
  const saved = await api(`/agents/${agentId}/draft`, { method: 'PUT', token: owner.token, body: definition });
  expect(saved.status, JSON.stringify(saved.body)).toBe(200);
}

/** Runs an agent once and saves a draft that asks a model which does not answer; gives back the model. */
export async function withHeldDraft(owner: Owner, agentId: string, input: JsonValue = {}): Promise<string> {
  await runToEnd(owner, agentId, input);
  await listedEnds(owner, agentId, 1);
  const model = `held-${crypto.randomUUID()}`;
  const nodes = [
    agentNode('start', 'trigger.manual'),
    agentNode('ask', 'ai.chat', { model: `custom/${model}`, prompt: 'Hello' }),
  ];
  await saveDraft(owner, agentId, { nodes, edges: agentEdges('start>ask') });
  return model;
}

export async function startShadowRun(owner: Owner, agentId: string, body: object = {}): Promise<ShadowRun> {
  const answer = await api<ShadowRun>(`/agents/${agentId}/shadow-runs`, { token: owner.token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

export function endOf(owner: Owner, { agent_id, id }: ShadowRun): Promise<ShadowRun> {
  return eventually(async () => {
    const { body } = await api<ShadowRun>(`/agents/${agent_id}/shadow-runs/${id}`, { token: owner.token });
    return body.status !== 'running' && body;
  });
}

/** How often a model of the tool server was asked. */
export async function modelCalls(model: string): Promise<number> {
  const answer = await fetch(`${inject('toolServerUrl')}/calls/v1`);
  const calls = (await answer.json()) as { body: string }[];
  return calls.filter((call) => (JSON.parse(call.body) as { model: string }).model === model).length;
}
