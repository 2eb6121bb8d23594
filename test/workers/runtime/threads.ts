import type { AgentDefinition, JsonValue, StreamFrame, ThreadState } from '@agentflow/contracts';
import { expect } from 'vitest';
import { type ApiAnswer, api, type Member } from '../../support/api.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { type WatchedSocket, watchSocket } from '../../support/watch-socket.ts';
import { agentOf, script } from '../executions/looping.ts';

export const RUNTIME = '//deepagents-runtime';

type Credential = Pick<Member, 'token'> | { readonly key: string };

export const call = (name: string, given: JsonValue) => ({ name, arguments: given });
export const write = (path: string, content: string) => call('write_file', { path, content });

/** A deep agent whose model says these turns; `model` is its name in the requests that the model server saw. */
export async function deepDefinition(
  turns: readonly ScriptedTurn[],
  deep: Record<string, JsonValue> = {},
  toolset: readonly JsonValue[] = [],
): Promise<{ definition: AgentDefinition; model: string }> {
  const model = await script(turns);
  return { definition: agentOf(`custom/${model}`, toolset, { deep, max_turns: 30 }), model };
}

export function invoke(
  caller: Credential,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ApiAnswer<{ thread_id: string }>> {
  return api(`${RUNTIME}/invoke`, { ...caller, method: 'POST', body, headers });
}

/** The thread of a job that brings this definition. */
export async function threadOf(
  caller: Credential,
  agent_definition: AgentDefinition,
  more: object = {},
): Promise<string> {
  const answer = await invoke(caller, { agent_definition, ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.thread_id;
}

export function stateOf(caller: Credential, thread: string): Promise<ApiAnswer<ThreadState>> {
  return api(`${RUNTIME}/state/${thread}`, caller);
}

export interface WatchedThread extends WatchedSocket<StreamFrame> {
  tell(frame: object): void;
  frame(type: StreamFrame['event_type'], nth?: number): Promise<StreamFrame>;
}

export async function watchThread(caller: Credential, thread: string, query = ''): Promise<WatchedThread> {
  const credential = 'key' in caller ? caller.key : caller.token;
  const headers: Record<string, string> = query.includes('ticket=') ? {} : { authorization: `Bearer ${credential}` };
  const watched = await watchSocket<StreamFrame>(`${RUNTIME}/stream/${thread}${query}`, headers);
  return {
    ...watched,
    tell: (frame) => watched.socket.send(JSON.stringify(frame)),
    frame: (type, nth = 1) => {
      let count = 0;
      return watched.first((each) => each.event_type === type && ++count === nth);
    },
  };
}

/** Frames by type, in order. */
export const typesOf = (frames: readonly StreamFrame[]) => frames.map(({ event_type }) => event_type);
