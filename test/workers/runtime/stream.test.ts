import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import type { StreamFrame } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode } from '../../support/agents.ts';
import { api, createKey, type Member, rawApi, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { ended, get, http, lastConversation, stub, tools } from '../executions/looping.ts';
import { call, deepDefinition, RUNTIME, threadOf, typesOf, watchThread, write } from './threads.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

/** A deep agent that writes `a.md`, calls a tool that is held, writes again and ends. */
async function held(deep = {}) {
  const name = crypto.randomUUID();
  const turns = [
    { text: 'I plan.', calls: [write('a.md', 'one')] },
    { calls: [call('wait', {})] },
    { calls: [write('a.md', 'two'), write('b.md', 'new')] },
    { text: 'Done.' },
  ];
  const { definition, model } = await deepDefinition(turns, deep, [http('wait', `gate/${name}`)]);
  const thread = await threadOf(owner, definition);
  const open = () => fetch(`${tools}/open/${name}`);
  return { thread, model, open, waiting: get(`${tools}/waiting/${name}`) };
}

function filesIn(frame: StreamFrame | undefined) {
  return frame?.data.files;
}

describe('the stream of a thread', () => {
  it('tells tools, files and the end, with the state last before it', async () => {
    const { thread, open, waiting } = await held();
    const watched = await watchThread(owner, thread);
    await waiting;
    await watched.first(({ event_type, data }) => event_type === 'on_tool_start' && data.name === 'wait');
    await open();
    expect((await watched.closed).code).toBe(1000);
    const frames = watched.events;
    const kept = frames.filter(({ event_type }) => event_type !== 'on_llm_stream').map(({ seq }) => seq);
    expect(kept).toEqual([...new Set(kept)].sort((one, other) => one - other));
    expect(frames.at(-1)).toMatchObject({
      event_type: 'end',
      data: { status: 'completed', result: { text: 'Done.' }, error: null },
    });
    expect(frames.at(-2)).toMatchObject({
      event_type: 'on_state_update',
      data: { files: { 'a.md': 'two', 'b.md': 'new' }, todos: [], status: 'completed' },
    });
    const tool = frames.filter(({ data }) => data.name === 'write_file');
    expect(typesOf(tool)).toEqual([
      'on_tool_start',
      'on_tool_end',
      'on_tool_start',
      'on_tool_end',
      'on_tool_start',
      'on_tool_end',
    ]);
    expect(tool[0]?.data).toMatchObject({ node: 'act', call: 't1.0', input: { path: 'a.md', content: 'one' } });
    expect(tool[1]?.data).toMatchObject({ node: 'act', call: 't1.0', error: null });
    expect(frames.some(({ data }) => JSON.stringify(data.files) === '{"a.md":"one"}')).toBe(true);
  });

  it('goes on where a client was, with the newest state in place of those that it missed', async () => {
    const { thread, open, waiting } = await held();
    await waiting;
    const first = await watchThread(owner, thread);
    await first.first(({ data }) => filesIn({ data } as StreamFrame) !== undefined);
    first.socket.close(1000);
    await first.closed;
    await open();
    await ended(owner, thread);
    const last = Math.max(...first.events.map(({ seq }) => seq));
    await evictDurableObject(stub(thread), { webSockets: 'close' });
    const second = await watchThread(owner, thread, `?after=${last}`);
    await second.closed;
    expect(second.events.every(({ seq }) => seq > last)).toBe(true);
    const states = second.events.filter(({ event_type }) => event_type === 'on_state_update');
    expect(states.map(filesIn)).toEqual([{ 'a.md': 'two', 'b.md': 'new' }]);
    expect(typesOf(second.events).slice(-2)).toEqual(['on_state_update', 'end']);
    // What one connection tells from the beginning is what two told.
    const whole = await watchThread(owner, thread);
    await whole.closed;
    const told = (frames: StreamFrame[]) =>
      frames.filter(({ event_type }) => event_type.startsWith('on_tool')).map(({ seq }) => seq);
    expect([...told(first.events), ...told(second.events)]).toEqual(told(whole.events));
    for (const [index, { seq }] of whole.events.entries()) {
      if (index === 0) continue;
      const rest = await watchThread(owner, thread, `?after=${seq}`);
      await rest.closed;
      expect(rest.events).toEqual(whole.events.slice(index + 1));
      if (index > 8) break;
    }
    const end = whole.events.at(-1)?.seq ?? 0;
    const nothing = await watchThread(owner, thread, `?after=${end}`);
    expect((await nothing.closed).code).toBe(1000);
    expect(nothing.events).toEqual([]);
    const onlyEnd = await watchThread(owner, thread, `?after=${end - 1}`);
    await onlyEnd.closed;
    expect(typesOf(onlyEnd.events)).toEqual(['end']);
  });

  it('of an execution without deep agents has no files, and what is streamed', async () => {
    const model = `story-${crypto.randomUUID()}`;
    const nodes = [
      agentNode('start', 'trigger.manual'),
      agentNode('write', 'ai.chat', { model: `custom/${model}`, prompt: 'Tell me a story.' }),
    ];
    const thread = await threadOf(owner, { nodes, edges: agentEdges('start>write') });
    const watched = await watchThread(owner, thread);
    const text = await watched.frame('on_llm_stream');
    expect(text.data).toMatchObject({ node: 'write', call: '', text: 'Once upon ', offset: 0 });
    await fetch(`${tools}/open/${model}`);
    await watched.closed;
    expect(typesOf(watched.events).slice(-2)).toEqual(['on_state_update', 'end']);
    expect(watched.events.at(-2)?.data).toEqual({ files: {}, todos: [], status: 'completed' });
    expect(watched.events.at(-1)?.data).toMatchObject({ status: 'completed', result: { text: 'Once upon a time.' } });
  });
});

describe('what a client says', () => {
  it('reaches the agent: a word that steers', async () => {
    const { thread, model, open, waiting } = await held();
    const watched = await watchThread(owner, thread);
    await waiting;
    watched.tell({ event_type: 'steer', data: { text: 'Write in French.' } });
    const message = await watched.frame('on_message');
    expect(message.data).toMatchObject({ text: 'Write in French.', by: { type: 'user', id: owner.user_id } });
    await open();
    await watched.closed;
    expect(JSON.stringify(await lastConversation(model))).toContain('Write in French.');
  });

  it('answers what the agent asks', async () => {
    const turns = [{ calls: [call('ask_person', { question: 'Which colour?' })] }, { text: 'Painted.' }];
    const { definition, model } = await deepDefinition(turns, { ask_people: true });
    const thread = await threadOf(owner, definition);
    const watched = await watchThread(owner, thread);
    const question = await watched.frame('on_question');
    expect(question.data).toMatchObject({ approval_id: expect.any(String), node: 'act', call: 't1.0' });
    expect(JSON.stringify(question.data)).toContain('Which colour?');
    watched.tell({ event_type: 'answer', data: { text: 'Green' } });
    await watched.closed;
    expect(watched.events.at(-1)?.data).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(await lastConversation(model))).toContain('Green');
  });

  it('stops the run, as the audit log tells', async () => {
    const { thread, waiting } = await held();
    const watched = await watchThread(owner, thread);
    await waiting;
    watched.tell({ event_type: 'stop' });
    expect((await watched.closed).code).toBe(1000);
    expect(watched.events.at(-1)).toMatchObject({ event_type: 'end', data: { status: 'cancelled' } });
    const { body } = await api<{ data: { resource: { id: string } }[] }>('/org/audit-logs?action=execution.cancelled', {
      token: owner.token,
    });
    expect(body.data.map(({ resource }) => resource.id)).toContain(thread);
  });

  it('is refused to itself alone where it makes no sense, and the stream goes on', async () => {
    const { thread, open, waiting } = await held();
    const watched = await watchThread(owner, thread);
    const other = await watchThread(owner, thread);
    await waiting;
    watched.socket.send('not json');
    watched.tell({ event_type: 'dance', data: {} });
    watched.tell({ event_type: 'answer', data: { text: 'Nobody asked.' } });
    watched.tell({ event_type: 'answer', data: { approval_id: 'apr_unknown', text: 'Nobody asked.' } });
    watched.socket.send(new Uint8Array([1, 2, 3]));
    await watched.frame('error', 5);
    const errors = watched.events.filter(({ event_type }) => event_type === 'error').map(({ data }) => data.code);
    expect(errors.sort()).toEqual([
      'approval_decided',
      'malformed_json',
      'malformed_json',
      'not_found',
      'validation_failed',
    ]);
    await open();
    await Promise.all([watched.closed, other.closed]);
    expect(typesOf(other.events)).not.toContain('error');
  });

  it('may come in numbers, but not in any', async () => {
    const { thread, open, waiting } = await held();
    const watched = await watchThread(owner, thread);
    await waiting;
    for (let index = 0; index < 40; index++) watched.tell({ event_type: 'dance' });
    await watched.first(({ event_type, data }) => event_type === 'error' && data.code === 'rate_limited');
    for (let index = 0; index < 150; index++) watched.tell({ event_type: 'dance' });
    expect((await watched.closed).code).toBe(1008);
    await open();
  });

  it('counts only from those who may', async () => {
    const { thread, open, waiting } = await held();
    await waiting;
    const reader = await watchThread({ key: (await createKey(owner, ['executions:read'])).key }, thread);
    reader.tell({ event_type: 'steer', data: { text: 'Hello' } });
    reader.tell({ event_type: 'stop' });
    await reader.frame('error', 2);
    const codes = reader.events.filter(({ event_type }) => event_type === 'error').map(({ data }) => data.code);
    expect(codes).toEqual(['forbidden', 'forbidden']);
    const ticket = await api<{ ticket: string }>(`/executions/${thread}/stream-ticket`, {
      method: 'POST',
      token: owner.token,
    });
    const holder = await watchThread(owner, thread, `?ticket=${ticket.body.ticket}`);
    holder.tell({ event_type: 'steer', data: { text: 'By ticket.' } });
    expect((await holder.frame('on_message')).data).toMatchObject({ by: { id: owner.user_id } });
    await open();
    await holder.closed;
  });
});

describe('who was somebody when the socket was opened', () => {
  it('does nothing through it once the key is revoked or the person has gone', async () => {
    const { thread, open, waiting } = await held();
    await waiting;
    const { id, key } = await createKey(owner, ['executions:read', 'agents:execute']);
    const member = await withRole(owner, 'editor');
    const [byKey, byMember, demoted] = await Promise.all([
      watchThread({ key }, thread),
      watchThread(member, thread),
      watchThread(await withRole(owner, 'editor'), thread),
    ]);
    byKey.tell({ event_type: 'steer', data: { text: 'While it was good.' } });
    await byKey.frame('on_message');
    const gone = [`/org/api-keys/${id}`, `/org/members/${member.user_id}`];
    for (const path of gone) expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(204);
    for (const watched of [byKey, byMember]) {
      const code = await eventually(async () => {
        watched.tell({ event_type: 'stop' });
        const errors = watched.events.filter(({ event_type }) => event_type === 'error');
        return errors.find(({ data }) => data.code === 'unauthenticated');
      });
      expect(code.data.code).toBe('unauthenticated');
    }
    expect(typesOf(demoted.events)).not.toContain('end');
    await open();
    await demoted.closed;
  });
});

describe('strangers', () => {
  const status = async (thread: string, query: string, headers: Record<string, string>) => {
    const response = await rawApi(`${RUNTIME}/stream/${thread}${query}`, {
      headers: { upgrade: 'websocket', ...headers },
    });
    response.webSocket?.accept();
    response.webSocket?.close();
    return response.status;
  };

  it('do not get a socket', async () => {
    const stranger = await signUp();
    const nodes = [agentNode('start', 'trigger.manual')];
    const thread = await threadOf(owner, { nodes, edges: [] });
    const bearer = (credential: string) => status(thread, '', { authorization: `Bearer ${credential}` });
    expect(await status(thread, '', {})).toBe(401);
    expect(await status(thread, '?ticket=x', {})).toBe(401);
    expect(await bearer(stranger.token)).toBe(404);
    expect(await bearer((await createKey(owner, ['agents:read'])).key)).toBe(403);
    expect(await bearer(owner.token)).toBe(101);
    expect(await status('thread-unknown', '', { authorization: `Bearer ${owner.token}` })).toBe(404);
    expect(await status(thread, '?after=-1', { authorization: `Bearer ${owner.token}` })).toBe(422);
    expect((await rawApi(`${RUNTIME}/stream/${thread}`, { token: owner.token })).status).toBe(400);
  });
});

describe('a client that reads slowly', () => {
  it('is closed when large states pile up, and misses nothing when it comes back; one that acknowledges is not', async () => {
    const plan = (number: number) => call('write_todos', { todos: [{ content: `Step ${number}`, status: 'pending' }] });
    const name = crypto.randomUUID();
    const rounds = [0, 1, 2, 3];
    const turns = rounds.flatMap((round) => [
      { calls: [call(`wait_${round}`, {})] },
      { calls: Array.from({ length: 10 }, (_, index) => plan(round * 10 + index)) },
    ]);
    const toolset = rounds.map((round) => http(`wait_${round}`, `gate/${name}-${round}`));
    const deep = { files: '{{trigger.files}}' };
    const { definition } = await deepDefinition([...turns, { text: 'Done.' }], deep, toolset);
    const files = { 'large.md': 'x'.repeat(1_000_000) };
    const thread = await threadOf(owner, definition, { input_payload: { files } });
    await get(`${tools}/waiting/${name}-0`);
    const [slow, good] = await Promise.all([watchThread(owner, thread), watchThread(owner, thread)]);
    good.socket.addEventListener('message', ({ data }) => {
      const { seq } = JSON.parse(String(data)) as StreamFrame;
      good.socket.send(JSON.stringify({ type: 'ack', seq }));
    });
    for (const round of rounds) {
      const { seq } = await good.first(({ data }) => data.name === `wait_${round}`);
      await eventually(() =>
        runInDurableObject(stub(thread), (_object, state) =>
          state.getWebSockets().some((socket) => socket.deserializeAttachment().acknowledged >= Math.floor(seq / 2)),
        ),
      );
      await fetch(`${tools}/open/${name}-${round}`);
    }
    expect((await slow.closed).code).toBe(4408);
    expect((await good.closed).code).toBe(1000);
    const last = slow.events.at(-1)?.seq ?? 0;
    const back = await watchThread(owner, thread, `?after=${last}`);
    await back.closed;
    const states = back.events.filter(({ event_type }) => event_type === 'on_state_update');
    expect(states.map(({ data }) => data.todos)).toEqual([[{ content: 'Step 39', status: 'pending' }]]);
    expect(back.events.at(-1)?.event_type).toBe('end');
  });
});
