import { env } from 'cloudflare:workers';
import type { ExecutionEvent, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { lastConversation, run, step } from './looping.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const call = (name: string, given: JsonValue) => ({ name, arguments: given });
const write = (path: string, content: string) => call('write_file', { path, content });
const object = (id: string) => executionObject(env.EXECUTION, id);

async function eventsOf(id: string): Promise<ExecutionEvent[]> {
  const { body } = await api<{ data: ExecutionEvent[] }>(`/executions/${id}/events?limit=200`, { token: owner.token });
  return body.data;
}

function deepRun(turns: readonly ScriptedTurn[], deep: Record<string, JsonValue> = {}, config: object = {}) {
  return run(owner, turns, [], { deep, max_turns: 30, ...config });
}

describe('a deep agent', () => {
  it('plans, and works in files that one turn writes and the next reads', async () => {
    const turns = [
      {
        calls: [
          call('write_todos', { todos: [{ content: 'Write', status: 'in_progress' }] }),
          write('notes/a.md', 'one\ntwo'),
          call('edit_file', { path: 'notes/a.md', old_text: 'two', new_text: 'three' }),
          call('grep', { pattern: 'three' }),
        ],
      },
      { calls: [call('read_file', { path: 'notes/a.md' })] },
      { text: 'Done.' },
    ];
    const { execution, steps, model } = await deepRun(turns);
    expect(execution).toMatchObject({
      status: 'completed',
      output: { text: 'Done.', files: ['notes/a.md'], turns: 3 },
    });
    expect(step(steps, 't1.3')).toMatchObject({ output: 'notes/a.md:2: three' });
    expect((await lastConversation(model)).at(-1)).toMatchObject({ content: '1\tone\n2\tthree' });
    expect(await object(execution.id).workspace(owner.organization_id)).toEqual({
      files: { 'notes/a.md': 'one\nthree' },
      todos: [{ content: 'Write', status: 'in_progress' }],
    });
    const events = await eventsOf(execution.id);
    expect(events.filter(({ type }) => type === 'state.updated').map(({ data }) => data)).toEqual([
      { call: 't1.0', files: [], todos: [{ content: 'Write', status: 'in_progress' }] },
      { call: 't1.1', files: [{ path: 'notes/a.md', version: 1, size: 7, deleted: false }] },
      { call: 't1.2', files: [{ path: 'notes/a.md', version: 2, size: 9, deleted: false }] },
    ]);
    expect(events.find(({ type, data }) => type === 'step.started' && data.call === 't1.1')?.data).toMatchObject({
      tool: 'write_file',
      input: { path: 'notes/a.md', content: 'one\ntwo' },
    });
    const inOrder = events.filter(({ type, data }) => type === 'step.completed' && String(data.call).startsWith('t1.'));
    expect(inOrder.map(({ data }) => [data.call, data.tool])).toEqual([
      ['t1.0', 'write_todos'],
      ['t1.1', 'write_file'],
      ['t1.2', 'edit_file'],
      ['t1.3', 'grep'],
    ]);
  });
});
