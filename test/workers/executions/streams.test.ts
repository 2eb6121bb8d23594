import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, ExecutionEvent } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, rawApi, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type WatchedSocket, watchSocket } from '../../support/watch-socket.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');

/** What one socket received, until it was closed. */
interface Watched extends WatchedSocket<ExecutionEvent> {
  /** Resolves when an event of this type has come. */
  seen(type: ExecutionEvent['type'], nodeId?: string): Promise<ExecutionEvent>;
}

async function watch(id: string, query: string, headers: Record<string, string> = {}): Promise<Watched> {
  const watched = await watchSocket<ExecutionEvent>(`/executions/${id}/stream?${query}`, headers);
  return {
    ...watched,
    seen: (type, nodeId) =>
      watched.first((event) => event.type === type && (nodeId === undefined || event.node_id === nodeId)),
  };
}

async function ticketFor(id: string): Promise<string> {
  const answer = await api<{ ticket: string }>(`/executions/${id}/stream-ticket`, {
    method: 'POST',
    token: owner.token,
  });
  expect(answer.status).toBe(200);
  return answer.body.ticket;
}

async function gated(): Promise<{ execution: Execution; open: () => Promise<unknown>; held: Promise<unknown> }> {
  const name = crypto.randomUUID();
  const agent = await publishedAgent(owner, {
    nodes: [
      start,
      agentNode('call', 'action.http', { url: `${tools}/gate/${name}` }),
      agentNode('after', 'logic.transform', { expression: '"done"' }),
    ],
    edges: agentEdges('start>call', 'call>after'),
  });
  const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
  return { execution: body, open: () => fetch(`${tools}/open/${name}`), held: fetch(`${tools}/waiting/${name}`) };
}

describe('the WebSocket of an execution', () => {
  it('replays what was, follows what comes, and closes at the end', async () => {
    const { execution, open, held } = await gated();
    await held;
    const watched = await watch(execution.id, `after=0&ticket=${await ticketFor(execution.id)}`);
    await watched.seen('step.started', 'call');
    await open();
    expect((await watched.closed).code).toBe(1000);
    expect(watched.events.map((event) => event.seq)).toEqual(watched.events.map((_, index) => index + 1));
    expect(watched.events.at(-1)).toMatchObject({ type: 'execution.completed', data: { output_preview: '"done"' } });
  });

  it('misses nothing and repeats nothing over a reconnect and an eviction', async () => {
    const { execution, open, held } = await gated();
    await held;
    const first = await watch(execution.id, `after=0&ticket=${await ticketFor(execution.id)}`);
    await first.seen('step.started', 'call');
    first.socket.close(1000);
    await open();
    await first.closed;
    const last = first.events.at(-1)?.seq ?? 0;
    const second = await watch(execution.id, `after=${last}&ticket=${await ticketFor(execution.id)}`);
    await second.closed;
    const all = [...first.events, ...second.events].map((event) => event.seq);
    expect(all).toEqual(all.map((_, index) => index + 1));

    await evictDurableObject(env.EXECUTION.get(env.EXECUTION.idFromName(execution.id)));
    const third = await watch(execution.id, `after=0&ticket=${await ticketFor(execution.id)}`);
    await third.closed;
    expect(third.events.map((event) => event.seq)).toEqual(all);
  });

  it('answers pings and takes acknowledgements, and nothing else it is sent matters', async () => {
    const { execution, open, held } = await gated();
    await held;
    const watched = await watch(execution.id, 'after=0', { authorization: `Bearer ${owner.token}` });
    const pong = new Promise((resolve) =>
      watched.socket.addEventListener('message', (message) => message.data === 'pong' && resolve(true)),
    );
    for (const message of [
      'ping',
      '{"type":"ack","seq":2}',
      'not json',
      '{"type":"ack","seq":"x"}',
      'x'.repeat(5000),
    ]) {
      watched.socket.send(message);
    }
    await pong;
    await open();
    expect((await watched.closed).code).toBe(1000);
  });

  it('streams text as it comes, and gives a late watcher the text so far', async () => {
    const model = `story-${crypto.randomUUID()}`;
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('write', 'ai.chat', { model: `custom/${model}`, prompt: 'Tell me a story.' })],
      edges: agentEdges('start>write'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const early = await watch(body.id, 'after=0', { authorization: `Bearer ${owner.token}` });
    const delta = await early.seen('step.delta', 'write');
    expect(delta.data).toMatchObject({ text: 'Once upon ', attempt: 1, offset: 0 });
    const late = await watch(body.id, 'after=0', { authorization: `Bearer ${owner.token}` });
    expect((await late.seen('step.delta', 'write')).data).toEqual({
      text: 'Once upon ',
      attempt: 1,
      offset: 0,
      snapshot: true,
    });
    await fetch(`${tools}/open/${model}`);
    await Promise.all([early.closed, late.closed]);
    for (const watched of [early, late]) {
      const deltas = watched.events.filter((event) => event.type === 'step.delta');
      expect(deltas.map((event) => event.data.text).join('')).toBe('Once upon a time.');
      expect(watched.events.at(-1)).toMatchObject({ type: 'execution.completed' });
    }
    const result = await api<Execution>(`/executions/${body.id}`, { token: owner.token });
    expect(result.body).toMatchObject({ output: { text: 'Once upon a time.' }, input_tokens: 11, output_tokens: 5 });
  });

  it('refuses strangers, wrong tickets and plain requests', async () => {
    const agent = await publishedAgent(owner, { nodes: [start], edges: [] });
    const mine = await runToEnd(owner, agent.id);
    const other = await runToEnd(owner, agent.id);
    const stranger = await signUp();
    const upgrade = { upgrade: 'websocket' };
    const asks = (path: string, token?: string) =>
      api(path, { headers: upgrade, ...(token === undefined ? {} : { token }) });
    expectProblem(await asks(`/executions/${mine.id}/stream`), 401, 'unauthenticated');
    expectProblem(
      await asks(`/executions/${mine.id}/stream?ticket=${await ticketFor(other.id)}`),
      401,
      'unauthenticated',
    );
    expectProblem(await asks(`/executions/${mine.id}/stream?ticket=${owner.token}`), 401, 'unauthenticated');
    expectProblem(await asks(`/executions/${mine.id}/stream`, stranger.token), 404, 'not_found');
    expectProblem(await asks(`/executions/${mine.id}/stream?after=-1`, owner.token), 422, 'validation_failed');
    expectProblem(await api(`/executions/${mine.id}/stream`, { token: owner.token }), 400, 'malformed_request');
    const narrow = await createKey(owner, ['agents:execute']);
    expectProblem(await asks(`/executions/${mine.id}/stream`, narrow.key), 403, 'forbidden');
    expectProblem(
      await api(`/executions/${mine.id}/stream-ticket`, { method: 'POST', token: stranger.token }),
      404,
      'not_found',
    );
  });

  it('closes a watcher that is more than a thousand events behind', async () => {
    const nodes = Array.from({ length: 299 }, (_, index) =>
      agentNode(`n${index}`, 'logic.transform', { expression: '1' }),
    );
    const gate = crypto.randomUUID();
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('gate', 'action.http', { url: `${tools}/gate/${gate}` }), ...nodes.slice(0, 290)],
      edges: agentEdges('start>gate', ...nodes.slice(0, 290).map((node) => `gate>${node.id}`)),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await fetch(`${tools}/waiting/${gate}`);
    const watched = await watch(body.id, 'after=0', { authorization: `Bearer ${owner.token}` });
    await watched.seen('step.started', 'gate');
    // It claims to have read nothing since long before the log began.
    watched.socket.send('{"type":"ack","seq":-900}');
    const stub = env.EXECUTION.get(env.EXECUTION.idFromName(body.id));
    await eventually(() =>
      runInDurableObject(
        stub,
        (_object, state) => state.getWebSockets()[0]?.deserializeAttachment()?.acknowledged === -900,
      ),
    );
    await fetch(`${tools}/open/${gate}`);
    expect((await watched.closed).code).toBe(4408);
  });
});

describe('sockets of an execution that was evicted', () => {
  it('go on where they were, with what they had acknowledged', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('pause', 'logic.delay', { seconds: 3600 })],
      edges: agentEdges('start>pause'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const [reader, sleeper] = await Promise.all(
      [0, 1].map(() => watch(body.id, 'after=0', { authorization: `Bearer ${owner.token}` })),
    );
    if (reader === undefined || sleeper === undefined) throw new Error('two were to watch');
    await Promise.all([reader, sleeper].map((each) => each.seen('execution.waiting')));
    sleeper.socket.send('{"type":"ack","seq":-2000}');
    const stub = env.EXECUTION.get(env.EXECUTION.idFromName(body.id));
    await eventually(() =>
      runInDurableObject(stub, (_object, state) =>
        state.getWebSockets().some((socket) => socket.deserializeAttachment()?.acknowledged === -2000),
      ),
    );
    await evictDurableObject(stub);
    await api(`/executions/${body.id}/cancel`, { method: 'POST', token: owner.token });
    expect((await reader.closed).code).toBe(1000);
    expect(reader.events.map(({ seq }) => seq)).toEqual(reader.events.map((_, index) => index + 1));
    expect(reader.events.at(-1)?.type).toBe('execution.cancelled');
    expect((await sleeper.closed).code).toBe(4408);
  });
});

describe('server-sent events', () => {
  it('give each of several listeners the same', async () => {
    const { execution, open, held } = await gated();
    await held;
    const listeners = await Promise.all(
      [0, 1, 2].map(() =>
        rawApi(`/executions/${execution.id}/events`, {
          token: owner.token,
          headers: { accept: 'text/event-stream' },
        }),
      ),
    );
    await open();
    const [first, ...others] = await Promise.all(listeners.map((listener) => listener.text()));
    expect(first).toContain('event: execution.completed');
    for (const other of others) expect(other).toBe(first);
  });

  it('replay and follow the log, with ids to resume from', async () => {
    const { execution, open, held } = await gated();
    await held;
    const response = await rawApi(`/executions/${execution.id}/events`, {
      token: owner.token,
      headers: { accept: 'text/event-stream' },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await open();
    const frames = (await response.text()).split('\n\n').filter((frame) => frame.startsWith('id:'));
    expect(frames.map((frame) => Number(/^id: (\d+)/.exec(frame)?.[1]))).toEqual(frames.map((_, index) => index + 1));
    expect(frames.at(-1)).toContain('event: execution.completed');

    const resumed = await rawApi(`/executions/${execution.id}/events`, {
      token: owner.token,
      headers: { accept: 'text/event-stream', 'last-event-id': '3' },
    });
    expect((await resumed.text()).startsWith('id: 4\n')).toBe(true);
  });
});
