import type { Agent, AgentDefinition, AgentEdge, AgentNode, Execution, JsonValue } from '@agentflow/contracts';
import { expect } from 'vitest';
import { api } from './api.ts';

export function agentNode(
  id: string,
  type: string,
  config: Record<string, JsonValue> = {},
  extra: Partial<AgentNode> = {},
): AgentNode {
  return { id, type, config, ...extra };
}

/** Edges from `a>b` and, by an exit, `check:true>b`. */
export function agentEdges(...texts: string[]): AgentEdge[] {
  return texts.map((text, index) => {
    const [from = '', target = ''] = text.split('>');
    const [source = '', handle] = from.split(':');
    return { id: `e${index}`, source, target, ...(handle === undefined ? {} : { source_handle: handle }) };
  });
}

/** Creates an agent of a definition and publishes it. */
export async function publishedAgent(
  owner: { token: string },
  definition: AgentDefinition,
  name = 'Test agent',
): Promise<Agent> {
  const created = await api<Agent>('/agents', { token: owner.token, body: { name, definition } });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  const published = await api(`/agents/${created.body.id}/publish`, { token: owner.token, body: {} });
  expect(published.status, JSON.stringify(published.body)).toBe(200);
  return (await api<Agent>(`/agents/${created.body.id}`, { token: owner.token })).body;
}

/** Starts an agent and waits for its end. */
export async function runToEnd(owner: { token: string }, agentId: string, input: JsonValue = {}): Promise<Execution> {
  const answer = await api<Execution>(`/agents/${agentId}/execute`, {
    token: owner.token,
    body: { input },
    headers: { prefer: 'wait=20' },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
