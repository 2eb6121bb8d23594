import { env } from 'cloudflare:workers';
import type { AgentDefinition, Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { expect, inject } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { stepsOf } from '../secrets/support.ts';

export const tools = inject('toolServerUrl');

export async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

export interface Seen {
  readonly path: string;
  readonly body: string;
  readonly method: string;
  readonly idempotency_key: string;
  readonly headers: Record<string, string>;
}

export const seen = (path: string) => get<Seen[]>(`${tools}/calls/${path}`);

/** A model of this name says these turns; agents name it as `custom/<name>`. */
export async function script(turns: readonly ScriptedTurn[]): Promise<string> {
  const name = `s-${crypto.randomUUID()}`;
  await fetch(`${tools}/script/${name}`, { method: 'POST', body: JSON.stringify(turns) });
  return name;
}

/** A tool that calls the tool server at this path. */
export function http(name: string, path: string, more: object = {}): JsonValue {
  const url = `${tools}/${path}`;
  return { kind: 'http', name, description: `Calls ${name}.`, method: 'POST', url, ...more };
}

export const ONCE = { retry: { max_attempts: 1, initial_ms: 1, factor: 1, max_ms: 1 } };

export function agentOf(
  model: string,
  toolset: readonly JsonValue[],
  config: Record<string, JsonValue> = {},
  extra: object = ONCE,
): AgentDefinition {
  const task = { model, prompt: 'Do what is needed.', tools: [...toolset], ...config };
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('act', 'ai.agent', task, extra)];
  return { nodes, edges: agentEdges('start>act') };
}

export async function run(
  owner: Member,
  turns: readonly ScriptedTurn[],
  toolset: readonly JsonValue[],
  config: Record<string, JsonValue> = {},
  extra: object = ONCE,
) {
  const model = await script(turns);
  const agent = await publishedAgent(owner, agentOf(`custom/${model}`, toolset, config, extra));
  const execution = await runToEnd(owner, agent.id);
  return { model, execution, steps: await stepsOf(owner, execution.id) };
}

export const stub = (id: string) => env.EXECUTION.get(env.EXECUTION.idFromName(id));

export async function ended(owner: Member, id: string): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    return body.finished_at === null ? null : body;
  });
}

export function step(steps: readonly ExecutionStep[], call: string): ExecutionStep {
  const found = steps.find(({ id }) => id === `act#${call}`);
  if (found === undefined) expect.fail(`no ${call} in ${steps.map(({ id }) => id).join(' ')}`);
  return found;
}

/** What the model was sent with its last turn, as its wire format has it. */
export async function lastConversation(
  model: string,
): Promise<{ role: string; content: unknown; tool_call_id?: string }[]> {
  const calls = (await seen('v1/')).filter(({ body }) => body.includes(model));
  return JSON.parse(calls.at(-1)?.body ?? '{}').messages;
}
