import type { CreatedExternalAgent, ExternalAgent, Invoked, JsonValue } from '@agentflow/contracts';
import { expect } from 'vitest';
import { type ApiAnswer, api, rawApi } from './api.ts';

/** Registers an external agent of the owner's organization; `fields` over what a curl of one's own would have. */
export async function externalAgent(
  owner: { readonly token: string },
  fields: Partial<Record<keyof ExternalAgent, unknown>> = {},
): Promise<CreatedExternalAgent> {
  const body = { name: 'Outside', platform: 'custom', ...fields };
  const created = await api<CreatedExternalAgent>('/external-agents', { token: owner.token, body });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  return created.body;
}

interface InvokeOptions {
  /** Seconds to wait for the end; 0 is answered at once. */
  readonly wait?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Caller = Pick<CreatedExternalAgent, 'id' | 'api_key'>;

/** Calls an agent with the external agent's key, by the agent's id or its name. */
export function invoke(
  caller: Caller,
  agent: string,
  input: JsonValue = {},
  { wait = 0, headers = {} }: InvokeOptions = {},
): Promise<ApiAnswer<Invoked>> {
  return api<Invoked>(`/external-agents/${caller.id}/invoke`, {
    key: caller.api_key,
    body: { ...(agent.startsWith('agt_') ? { agent_id: agent } : { agent }), input },
    headers: { ...(wait > 0 ? { prefer: `wait=${wait}` } : {}), ...headers },
  });
}

/** The same as a stream of server-sent events. */
export function invokeStream(caller: Caller, agentId: string, input: JsonValue = {}): Promise<Response> {
  return rawApi(`/external-agents/${caller.id}/invoke`, {
    key: caller.api_key,
    body: { agent_id: agentId, input },
    headers: { accept: 'text/event-stream' },
  });
}
