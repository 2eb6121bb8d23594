import { env } from 'cloudflare:workers';
import type { AgentDefinition, BudgetState, Execution, ExecutionBudgets, JsonValue } from '@agentflow/contracts';
import { expect, inject } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode } from '../../support/agents.ts';
import { api, type Member } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';

export const tools = inject('toolServerUrl');

/** What a token of an answer costs in these tests; input costs nothing. A scripted answer reports 5 tokens. */
export const TOKEN_USD = 0.001;
/** What a scripted answer costs, and what is reserved for one that may have ten tokens. */
export const CALL_USD = 0.005;
export const RESERVED_USD = 0.01;

export async function priced(owner: Member, model: string): Promise<void> {
  const answer = await api('/models/prices', {
    method: 'PUT',
    token: owner.token,
    body: { model, input_usd_per_million: 0, output_usd_per_million: TOKEN_USD * 1_000_000 },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/** A model with a price that says these turns, as agents name it. */
export async function pricedScript(
  owner: Member,
  turns: readonly ScriptedTurn[] = [{ text: 'Yes.' }],
): Promise<string> {
  const name = `m-${crypto.randomUUID()}`;
  await fetch(`${tools}/script/${name}`, { method: 'POST', body: JSON.stringify(turns) });
  await priced(owner, `custom/${name}`);
  return `custom/${name}`;
}

/** A model with a price whose answers are held until they are let go: `waiting`, then `open`. It answers five tokens. */
export async function heldModel(owner: Member) {
  const name = `held-${crypto.randomUUID()}`;
  await priced(owner, `custom/${name}`);
  return {
    ref: `custom/${name}`,
    waiting: () => fetch(`${tools}/waiting/${name}`),
    open: () => fetch(`${tools}/open/${name}`),
    calls: () => callsOf(name),
  };
}

/** How often the model server was asked for this model. */
export async function callsOf(model: string): Promise<number> {
  const name = model.replace(/^custom\//, '');
  const calls = (await (await fetch(`${tools}/calls/v1/`)).json()) as { body: string }[];
  return calls.filter(({ body }) => body.includes(`"${name}"`)).length;
}

const ONCE = { retry: { max_attempts: 1, initial_ms: 1, factor: 1, max_ms: 1 } };

export function chat(id: string, model: string, config: Record<string, JsonValue> = {}) {
  return agentNode(id, 'ai.chat', { model, prompt: 'Say yes.', max_tokens: 10, ...config }, ONCE);
}

/** One call of the model. */
export function asks(model: string, config: Record<string, JsonValue> = {}): AgentDefinition {
  return {
    nodes: [agentNode('start', 'trigger.manual'), chat('think', model, config)],
    edges: agentEdges('start>think'),
  };
}

export const begin = (owner: Member, agentId: string, body: object = {}) =>
  api<Execution>(`/agents/${agentId}/execute`, { token: owner.token, body });

/** The execution once it has this status. */
export function reaches(owner: Member, id: string, status: Execution['status']): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    return body.status === status ? body : null;
  });
}

export function waitsForMoney(owner: Member, id: string): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    return body.waiting_reason === 'budget' ? body : null;
  });
}

type Budgets = { data: BudgetState[] };

export async function setBudget(owner: Member, path: string, body: object): Promise<BudgetState[]> {
  const answer = await api<Budgets>(path, { method: 'PUT', token: owner.token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data;
}

export async function topUp(owner: Member, path: string, body: object): Promise<BudgetState[]> {
  const answer = await api<Budgets>(path, { token: owner.token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data;
}

export async function budgetOf(owner: Member, path = '/org/budget'): Promise<BudgetState> {
  const { body } = await api<Budgets>(path, { token: owner.token });
  const [state] = body.data;
  if (state === undefined) expect.fail(`${path} has no budget`);
  return state;
}

export async function moneyOf(owner: Member, id: string): Promise<ExecutionBudgets> {
  return (await api<ExecutionBudgets>(`/executions/${id}/budget`, { token: owner.token })).body;
}

export const deskStub = (owner: Member) => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
export const deskOf = (owner: Member) => organizationDesk(env.ORGANIZATION, owner.organization_id);
export const executionStub = (id: string) => env.EXECUTION.get(env.EXECUTION.idFromName(id));
