import { env } from 'cloudflare:workers';
import { filesOf } from '@agentflow/agent-files';
import type {
  Agent,
  AgentDefinition,
  Proposal,
  RefinementRequest,
  RefinementStarted,
  StreamFrame,
} from '@agentflow/contracts';
import { expect } from 'vitest';
import { agentEdges, agentNode } from '../../support/agents.ts';
import { type ApiAnswer, api, type Member } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type { RuntimeFrame } from '../../support/runtime-scenario.ts';
import { watchSocket } from '../../support/watch-socket.ts';

/** A draft with a node of each kind that the tests change. */
export const DRAFT: AgentDefinition = {
  nodes: [
    agentNode('start', 'trigger.manual'),
    agentNode('answer', 'ai.chat', { model: 'openai/gpt-5-mini', prompt: 'Answer {{trigger.text}}' }),
    agentNode('refund', 'action.http', { url: 'https://example.com/refunds', method: 'POST' }),
  ],
  edges: agentEdges('start>answer', 'answer>refund'),
};

export const DRAFT_FILES = filesOf(DRAFT);
export const PROMPT_FILE = 'prompts/answer.prompt.md';

/** The draft's files with other contents; null takes one away. */
export function changed(change: Readonly<Record<string, string | null>>, files = DRAFT_FILES): Record<string, string> {
  const entries = Object.entries({ ...files, ...change });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

export const state = (files: Readonly<Record<string, string>>, status = 'running'): RuntimeFrame => ({
  event_type: 'on_state_update',
  data: { files, todos: [{ content: 'Change the prompt', status: 'completed' }], status },
});

export const end = (more: object = {}): RuntimeFrame => ({
  event_type: 'end',
  data: { status: 'completed', result: { text: 'I changed the prompt.' }, error: null, cost_usd: 0.0125, ...more },
});

export const PROPOSED = changed({ [PROMPT_FILE]: 'Answer {{trigger.text}} in one sentence' });

export async function draftOf(owner: { token: string }, definition = DRAFT): Promise<Agent> {
  const created = await api<Agent>('/agents', { token: owner.token, body: { name: 'Support', definition } });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  return created.body;
}

type Ask = Omit<Partial<RefinementRequest>, 'context'> & { context?: Partial<RefinementRequest['context']> };

export function refine(
  { token }: Pick<Member, 'token'>,
  agentId: string,
  request: Ask = {},
  headers: Record<string, string> = {},
): Promise<ApiAnswer<RefinementStarted>> {
  const body = { user_prompt: 'Make it shorter', ...request };
  return api<RefinementStarted>(`/agents/${agentId}/refinements`, { token, body, headers });
}

export async function begun(
  owner: Pick<Member, 'token'>,
  agentId: string,
  request: Ask = {},
): Promise<RefinementStarted> {
  const answer = await refine(owner, agentId, request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

export async function proposalOf({ token }: { token: string }, id: string): Promise<Proposal> {
  const answer = await api<Proposal>(`/proposals/${id}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** The proposal once it is not generating any more. */
export function settled(owner: { token: string }, id: string): Promise<Proposal> {
  return eventually(async () => {
    const proposal = await proposalOf(owner, id);
    return proposal.status === 'generating' ? null : proposal;
  });
}

export function watch({ token }: { token: string }, threadId: string, after = 0) {
  const path = `//api/ws/refinements/${threadId}?after=${after}`;
  return watchSocket<StreamFrame>(path, { authorization: `Bearer ${token}` });
}

export const isEnd = ({ event_type }: StreamFrame) => event_type === 'end';

export function threadStub(threadId: string) {
  return env.REFINEMENT.get(env.REFINEMENT.idFromName(threadId));
}
