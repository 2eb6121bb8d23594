import { env, exports } from 'cloudflare:workers';
import type { JobRequest } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { Circuits } from '../../../durable-objects/circuit/client.ts';
import { type RemoteRuntimeParts, readFrame, remoteRuntime } from '../../../workers/domains/runtime/index.ts';
import { COOL_DOWN_MS } from '../../../workers/platform/circuit.ts';
import { outboundFetch } from '../../../workers/platform/outbound.ts';
import { type RuntimeAnswer, runtimeScenario } from '../../support/runtime-scenario.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const outbound = outboundFetch(exports.Outbound);

interface ClientOptions {
  readonly clock?: () => number;
  readonly circuit?: string;
  readonly patience?: RemoteRuntimeParts['patience'];
}

/** A client of a remote runtime, with pauses that are noted and take no time. */
function clientOf(
  url: string,
  { clock = Date.now, circuit = crypto.randomUUID() as string, patience }: ClientOptions = {},
) {
  const pauses: number[] = [];
  const circuits = new Circuits(env.CIRCUIT, { clock, random: () => 0, cache: new Map() });
  const client = remoteRuntime(
    { ...env, DEEPAGENTS_RUNTIME_URL: `${url}/`, DEEPAGENTS_RUNTIME_TOKEN: 'service-token' },
    {
      fetch: outbound,
      circuit: circuits.runtime(circuit),
      random: () => 0.5,
      ...(patience === undefined ? {} : { patience }),
      sleep: async (ms) => {
        pauses.push(ms);
      },
    },
    { traceparent: TRACEPARENT },
  );
  return { client, pauses };
}

function job(): JobRequest & { job_id: string } {
  return { job_id: crypto.randomUUID(), agent_id: 'agt_01k0000000000000000000000a', input_payload: { words: 'Hello' } };
}

const FRAMES = [
  { event_type: 'on_state_update', data: { files: { 'a.md': 'one' }, todos: [], status: 'running' } },
  { event_type: 'on_state_update', data: { files: { 'a.md': 'two' }, todos: [], status: 'completed' } },
  { event_type: 'end', data: { status: 'completed', result: 'done', error: null, cost_usd: 0 } },
];

/** What a socket receives until it is closed. */
async function messagesOf(socket: WebSocket): Promise<{ messages: string[]; code: number }> {
  const messages: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    messages.push(String(data));
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
    socket.addEventListener('error', () => resolve(-1));
  });
  socket.accept();
  return { code: await closed, messages };
}

async function opened(client: ReturnType<typeof clientOf>['client'], thread: string, after = 0): Promise<WebSocket> {
  const stream = await client.open(thread, after);
  if (!stream.ok) throw new Error(stream.error.message);
  return stream.socket;
}

async function invoked(client: ReturnType<typeof clientOf>['client']): Promise<string> {
  const answer = await client.invoke(job());
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.thread_id;
}

describe('a remote runtime', () => {
  it('is given a job, followed and asked for its state, with token and trace on each request', async () => {
    const scenario = await runtimeScenario({ frames: FRAMES });
    const { client } = clientOf(scenario.url);
    const asked = job();
    const first = await client.invoke(asked);
    expect(first).toEqual({ ok: true, thread_id: expect.any(String) });
    expect(await client.invoke(asked)).toEqual(first);
    const thread = first.ok ? first.thread_id : '';
    const { messages, code } = await messagesOf(await opened(client, thread));
    expect(code).toBe(1000);
    expect(messages.map((message) => readFrame(message))).toEqual(
      FRAMES.map((frame, index) => ({ ok: true, frame: { seq: index + 1, ...frame } })),
    );
    const state = { thread_id: thread, status: 'completed', result: 'done', files: { 'a.md': 'two' }, todos: [] };
    expect(await client.state(thread)).toEqual({ ok: true, state: { ...state, error: null } });
    await client.forget(thread);
    await client.forget('unknown');
    const seen = await scenario.seen();
    expect(seen.forgotten).toEqual([thread]);
    for (const { headers } of [...seen.invokes, ...seen.streams]) {
      expect(headers).toMatchObject({ authorization: 'Bearer service-token', traceparent: TRACEPARENT });
    }
    expect(JSON.parse(seen.invokes[0]?.body ?? '')).toEqual(asked);
  });

  it('streams for longer than any request may take', async () => {
    const [begun, ...rest] = FRAMES;
    const scenario = await runtimeScenario({ frames: begun === undefined ? [] : [begun] });
    const request_ms = 1000;
    const { client } = clientOf(scenario.url, { patience: { request_ms, slow_ms: request_ms } });
    const socket = await opened(client, await invoked(client));
    const read = messagesOf(socket);
    await new Promise((resolve) => AbortSignal.timeout(request_ms + 100).addEventListener('abort', resolve));
    await scenario.send(...rest);
    expect((await read).messages).toHaveLength(FRAMES.length);
  });

  it('is followed again from where a stream died', async () => {
    const scenario = await runtimeScenario({ frames: FRAMES, stream: [{ die_after: 1 }, 'ok'] });
    const { client } = clientOf(scenario.url);
    const thread = await invoked(client);
    const first = await messagesOf(await opened(client, thread));
    expect(first.messages).toHaveLength(1);
    expect(first.code).not.toBe(1000);
    const second = await messagesOf(await opened(client, thread, 1));
    expect(second.messages).toHaveLength(2);
    expect(second.code).toBe(1000);
  });

  it('is told what people say', async () => {
    const scenario = await runtimeScenario({ frames: FRAMES.slice(0, 1) });
    const { client } = clientOf(scenario.url);
    const socket = await opened(client, await invoked(client));
    const ended = messagesOf(socket);
    socket.send('{"event_type":"steer","data":{"text":"Shorter"}}');
    await scenario.send(...FRAMES.slice(1));
    await ended;
    expect((await scenario.seen()).sent).toEqual(['{"event_type":"steer","data":{"text":"Shorter"}}']);
  });

  it('that was down for a moment is asked again, later each time', async () => {
    const scenario = await runtimeScenario({
      invoke: [{ status: 503 }, 'drop', { status: 429, retry_after: 2 }, 'ok'],
    });
    const { client, pauses } = clientOf(scenario.url);
    expect(await client.invoke(job())).toMatchObject({ ok: true });
    expect(pauses).toEqual([250, 500, 2000]);
  });

  it('that asks for a long pause is left alone, and the caller told', async () => {
    const scenario = await runtimeScenario({ invoke: [{ status: 503, retry_after: 60 }] });
    const { client, pauses } = clientOf(scenario.url);
    expect(await client.invoke(job())).toMatchObject({
      ok: false,
      error: { code: 'runtime_unavailable', retryable: true, retry_after_ms: 60_000 },
    });
    expect(pauses).toEqual([]);
  });

  it.each<[string, RuntimeAnswer, string]>([
    ['is not JSON', 'garbage', 'runtime_answer_invalid'],
    ['names no thread', { body: { id: 7 } }, 'runtime_answer_invalid'],
    ['names what is no id', { body: { thread_id: '../../state' } }, 'runtime_answer_invalid'],
    ['is too large', { bytes: 5 * 1024 * 1024 }, 'runtime_answer_invalid'],
    ['refuses the token', { status: 401 }, 'runtime_refused'],
    ['refuses the job', { status: 422, body: { detail: 'No such agent.' } }, 'runtime_refused'],
  ])('whose answer to an invoke %s fails the job for good', async (_name, answer, code) => {
    const scenario = await runtimeScenario({ invoke: [answer] });
    const { client, pauses } = clientOf(scenario.url);
    expect(await client.invoke(job())).toMatchObject({ ok: false, error: { code, retryable: false } });
    expect(pauses).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['about another thread', { thread_id: 'thread-of-somebody' }],
    ['with a status that there is not', { status: 'meditating' }],
    ['with files that are no texts', { files: { 'a.md': 7 } }],
  ])('whose state is one %s is not believed', async (_name, outcome) => {
    const scenario = await runtimeScenario({ outcome });
    const { client } = clientOf(scenario.url);
    const state = await client.state(await invoked(client));
    expect(state).toMatchObject({ ok: false, error: { code: 'runtime_answer_invalid', retryable: false } });
  });

  it('that does not know a thread says so', async () => {
    const { client } = clientOf((await runtimeScenario()).url);
    const error = { code: 'runtime_thread_unknown', retryable: false };
    expect(await client.state('thread-unknown')).toMatchObject({ ok: false, error });
    expect(await client.open('thread-unknown', 0)).toMatchObject({ ok: false, error });
  });

  it('whose state has 5 MB of files is refused, and a frame of that size too', async () => {
    const files = { 'a.md': 'x'.repeat(5 * 1024 * 1024) };
    const scenario = await runtimeScenario({ outcome: { files } });
    const { client } = clientOf(scenario.url);
    const state = await client.state(await invoked(client));
    expect(state).toMatchObject({ ok: false, error: { code: 'runtime_answer_invalid' } });
    const frame = JSON.stringify({ seq: 1, event_type: 'on_state_update', data: { files } });
    expect(readFrame(frame)).toMatchObject({ ok: false, error: { code: 'runtime_answer_invalid' } });
  });

  it.each(['<html>', '[]', 'null', '{"event_type":"on_state_update"}', '{"event_type":"dance","data":{}}'])(
    'whose frame is %s sends garbage',
    (message) => {
      expect(readFrame(message)).toMatchObject({ ok: false, error: { code: 'runtime_answer_invalid' } });
    },
  );

  it('inside the network is never called', async () => {
    const { client } = clientOf('http://10.0.0.1:8080');
    expect(await client.invoke(job())).toMatchObject({
      ok: false,
      error: { code: 'outbound_blocked', retryable: false },
    });
  });
});

describe('the circuit of a remote runtime', () => {
  it('opens after failures in a row, refuses at once, and closes when a probe comes through', async () => {
    const scenario = await runtimeScenario({ invoke: [{ status: 500 }] });
    const circuit = crypto.randomUUID();
    let now = Date.now();
    const { client } = clientOf(scenario.url, { clock: () => now, circuit });
    for (let round = 0; round < 2; round++) expect(await client.invoke(job())).toMatchObject({ ok: false });
    const sent = (await scenario.seen()).invokes.length;
    const refused = await client.invoke(job());
    expect(refused).toMatchObject({ ok: false, error: { code: 'runtime_unavailable', retryable: true } });
    // Another isolate knows it too.
    const { client: other } = clientOf(scenario.url, { clock: () => now, circuit });
    expect(await other.open('thread-1', 0)).toMatchObject({ ok: false, error: { code: 'runtime_unavailable' } });
    expect((await scenario.seen()).invokes).toHaveLength(sent);

    await scenario.become({ invoke: ['ok'] });
    now += COOL_DOWN_MS + 1;
    expect(await client.invoke(job())).toMatchObject({ ok: true });
    expect(await client.invoke(job())).toMatchObject({ ok: true });
    expect((await scenario.seen()).invokes).toHaveLength(sent + 2);
  });

  it('opens for a peer that hangs, and for one that is slow though it answers in the end', async () => {
    const hanging = await runtimeScenario({ invoke: ['hang'], stream: ['hang'] });
    const { client } = clientOf(hanging.url, { patience: { request_ms: 50, slow_ms: 20 } });
    expect(await client.invoke(job())).toMatchObject({ ok: false, error: { code: 'runtime_unavailable' } });
    expect(await client.invoke(job())).toMatchObject({ ok: false, error: { code: 'runtime_unavailable' } });
    const sent = (await hanging.seen()).invokes.length;
    expect(await client.open('thread-1', 0)).toMatchObject({ ok: false, error: { code: 'runtime_unavailable' } });
    expect((await hanging.seen()).streams).toHaveLength(0);
    expect(sent).toBe(5);

    const slow = await runtimeScenario({ invoke: [{ after_ms: 200 }] });
    const { client: patient } = clientOf(slow.url, { patience: { request_ms: 10_000, slow_ms: 20 } });
    for (let index = 0; index < 5; index++) expect(await patient.invoke(job())).toMatchObject({ ok: true });
    expect(await patient.invoke(job())).toMatchObject({ ok: false, error: { code: 'runtime_unavailable' } });
  });

  it('stays open when the probe fails', async () => {
    const scenario = await runtimeScenario({ invoke: ['drop'] });
    let now = Date.now();
    const { client } = clientOf(scenario.url, { clock: () => now });
    for (let round = 0; round < 2; round++) await client.invoke(job());
    const before = (await scenario.seen()).invokes.length;
    now += COOL_DOWN_MS + 1;
    expect(await client.invoke(job())).toMatchObject({ ok: false });
    expect((await scenario.seen()).invokes).toHaveLength(before + 1);
  });
});

it('the server of these tests is where the tests say', () => {
  expect(inject('runtimeServerUrl')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});
