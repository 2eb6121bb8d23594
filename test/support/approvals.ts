import type { Approval, ApprovalSummary, Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { expect } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from './agents.ts';
import { api } from './api.ts';
import { eventually } from './eventually.ts';

type Caller = { readonly token: string } | { readonly key: string };

export const REFUND = {
  message: 'Refund {{trigger.amount}} to {{trigger.customer}}?',
  payload: { to: '{{trigger.customer}}', amount: '{{trigger.amount}}' },
};
export const INPUT = { customer: 'Marta', amount: 40 };

/** An agent that asks first, and tells by which exit it went on. */
export async function askingAgent(owner: { token: string }, config: Record<string, JsonValue> = {}) {
  return publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('ask', 'human.approval', { ...REFUND, ...config }, { name: 'Refund?' }),
      agentNode('yes', 'logic.transform', { expression: '{"refunded": ask.output.payload}' }),
      agentNode('no', 'logic.transform', { expression: '{"kept": ask.output.comment}' }),
    ],
    edges: agentEdges('start>ask', 'ask:approved>yes', 'ask:denied>no'),
  });
}

export async function start(caller: Caller, agentId: string, input: JsonValue = INPUT): Promise<Execution> {
  const answer = await api<Execution>(`/agents/${agentId}/execute`, { ...caller, body: { input } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

/** What an execution asks, once lists know of it. */
export async function asked(caller: Caller, executionId: string, count = 1): Promise<ApprovalSummary[]> {
  return eventually(async () => {
    const { body } = await api<{ data: ApprovalSummary[] }>(`/approvals?execution_id=${executionId}`, caller);
    return body.data.length >= count ? body.data : null;
  });
}

/** The one question of a fresh execution of an agent that asks. */
export async function askedOne(owner: { token: string }, config: Record<string, JsonValue> = {}): Promise<Approval> {
  const agent = await askingAgent(owner, config);
  const execution = await start(owner, agent.id);
  const [only] = await asked(owner, execution.id);
  return getApproval(owner, only?.id ?? '');
}

export async function getApproval(caller: Caller, id: string): Promise<Approval> {
  const { status, body } = await api<Approval>(`/approvals/${id}`, caller);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

export function decide(caller: Caller, approvalId: string, body: object) {
  return api<Approval>(`/approvals/${approvalId}/decision`, { ...caller, body });
}

export async function ended(caller: Caller, executionId: string): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${executionId}`, caller);
    return body.finished_at === null ? null : body;
  });
}

export async function stepOf(caller: Caller, executionId: string, stepId: string): Promise<ExecutionStep> {
  const { body } = await api<{ data: ExecutionStep[] }>(`/executions/${executionId}/steps`, caller);
  const step = body.data.find(({ id }) => id === stepId);
  if (step === undefined) throw new Error(`there is no step ${stepId}`);
  return step;
}
