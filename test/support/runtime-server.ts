import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestProject } from 'vitest/node';
import type { RuntimeAnswer, RuntimeScenario, SeenOfRuntime } from './runtime-scenario.ts';
import { WebSocketPeer } from './web-socket-peer.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    runtimeServerUrl: string;
  }
}

interface Thread {
  readonly id: string;
  readonly scenario: Scenario;
  readonly sockets: Set<{ readonly peer: WebSocketPeer; sent: number }>;
}

interface Scenario {
  told: RuntimeScenario;
  /** What is left of each list of answers; the last one stays. */
  left: { invoke: RuntimeAnswer[]; state: RuntimeAnswer[]; stream: RuntimeAnswer[] };
  frames: { seq?: number; event_type: string; data: unknown }[];
  readonly seen: SeenOfRuntime;
  readonly threads: Map<string, Thread>;
  readonly byJob: Map<string, string>;
}

const MARK = /scenario:([A-Za-z0-9-]+)/;

/**
 * A runtime of deep agents elsewhere, which does what a test says: see `RuntimeScenario`. Under `/<name>` stands a runtime of
 * its own for each name; a job whose JSON has `scenario:<name>` in it is of that scenario, wherever it is sent.
 * - `PUT /control/<name>` takes a scenario, `POST /control/<name>` more frames, `GET /control/<name>` tells what was seen.
 * - `/<name>/deepagents-runtime/{invoke,state/{id},stream/{id}}` is the protocol.
 */
class RuntimeServer {
  private readonly scenarios = new Map<string, Scenario>();
  private readonly threads = new Map<string, Thread>();

  readonly server = createServer((request, response) => {
    this.answer(request, response).catch(() => response.destroy());
  }).on('upgrade', (request: IncomingMessage, stream: Duplex) => this.upgrade(request, stream));

  private scenario(name: string): Scenario {
    let scenario = this.scenarios.get(name);
    if (scenario === undefined) {
      scenario = {
        ...behaviour({}),
        seen: { invokes: [], states: [], streams: [], sent: [], forgotten: [] },
        threads: new Map(),
        byJob: new Map(),
      };
      this.scenarios.set(name, scenario);
    }
    return scenario;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    const [, name = '', door = '', action = '', id = ''] = (request.url ?? '').split('?')[0]?.split('/') ?? [];
    if (name === 'control') return this.control(request.method ?? 'GET', door, body, response);
    if (door !== 'deepagents-runtime') return json(response, 404, {});
    if (action === 'invoke') return this.invoke(this.scenario(MARK.exec(body)?.[1] ?? name), request, body, response);
    const thread = this.threads.get(id);
    if (request.method === 'DELETE') {
      thread?.scenario.seen.forgotten.push(id);
      return json(response, thread === undefined ? 404 : 200, {});
    }
    const scenario = thread?.scenario ?? this.scenario(name);
    scenario.seen.states.push(id);
    const { told } = scenario;
    const known = () =>
      thread === undefined ? json(response, 404, {}) : json(response, 200, stateOf(thread, told.outcome));
    return give(take(scenario.left.state), response, known);
  }

  private control(method: string, name: string, body: string, response: ServerResponse): void {
    if (method === 'GET') {
      json(response, 200, this.scenario(name).seen);
      return;
    }
    if (method === 'PUT') Object.assign(this.scenario(name), behaviour(JSON.parse(body) as RuntimeScenario));
    else {
      const scenario = this.scenario(name);
      scenario.frames.push(...(JSON.parse(body) as Scenario['frames']));
      for (const thread of scenario.threads.values()) for (const socket of thread.sockets) follow(thread, socket);
    }
    json(response, 200, {});
  }

  private invoke(scenario: Scenario, request: IncomingMessage, body: string, response: ServerResponse) {
    scenario.seen.invokes.push({ headers: headersOf(request), body });
    return give(take(scenario.left.invoke), response, () => {
      const { job_id = randomUUID() } = JSON.parse(body) as { job_id?: string };
      const id = scenario.byJob.get(job_id) ?? `thread-${randomUUID()}`;
      if (!scenario.byJob.has(job_id)) {
        const thread: Thread = { id, scenario, sockets: new Set() };
        scenario.byJob.set(job_id, id);
        scenario.threads.set(id, thread);
        this.threads.set(id, thread);
      }
      json(response, 202, { thread_id: id });
    });
  }

  private upgrade(request: IncomingMessage, stream: Duplex): void {
    const url = new URL(request.url ?? '/', 'http://runtime');
    const [, name = '', , , id = ''] = url.pathname.split('/');
    const thread = this.threads.get(id);
    const scenario = thread?.scenario ?? this.scenario(name);
    const after = Number(url.searchParams.get('after') ?? '0');
    scenario.seen.streams.push({ thread_id: id, after, headers: headersOf(request) });
    const answer = take(scenario.left.stream);
    stream.on('error', () => undefined);
    if (answer === 'drop') stream.destroy();
    if (answer === 'drop' || answer === 'hang') return;
    const status = typeof answer === 'object' && 'status' in answer ? answer.status : thread === undefined ? 404 : 101;
    if (status !== 101 || thread === undefined) {
      stream.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const peer = new WebSocketPeer(request, stream);
    peer.onText = (text) => scenario.seen.sent.push(text);
    if (answer === 'silent') return;
    if (answer === 'garbage') {
      peer.send('<html>this is no frame</html>');
      return;
    }
    if (typeof answer === 'object' && 'messages' in answer) for (const message of answer.messages) peer.send(message);
    const socket = { peer, sent: after };
    if (typeof answer === 'object' && 'die_after' in answer) {
      for (const frame of numbered(scenario).slice(after, after + answer.die_after)) peer.send(JSON.stringify(frame));
      peer.die();
      return;
    }
    thread.sockets.add(socket);
    stream.on('close', () => thread.sockets.delete(socket));
    follow(thread, socket);
  }
}

function behaviour(told: RuntimeScenario): Pick<Scenario, 'told' | 'left' | 'frames'> {
  const { invoke = [], state = [], stream = [], frames = [] } = told;
  return { told, left: { invoke: [...invoke], state: [...state], stream: [...stream] }, frames: [...frames] };
}

function numbered({ frames }: Scenario) {
  return frames.map((frame, index) => ({ seq: index + 1, ...frame }));
}

function follow(thread: Thread, socket: { readonly peer: WebSocketPeer; sent: number }): void {
  for (const frame of numbered(thread.scenario).slice(socket.sent)) {
    socket.peer.send(JSON.stringify(frame));
    socket.sent++;
    if (frame.event_type === 'end') socket.peer.close(1000);
  }
}

function stateOf({ id, scenario: { frames } }: Thread, outcome: RuntimeScenario['outcome']) {
  const state = frames.findLast(({ event_type }) => event_type === 'on_state_update')?.data as
    | { files?: object; todos?: unknown[] }
    | undefined;
  const end = frames.find(({ event_type }) => event_type === 'end')?.data as
    | { status?: string; result?: unknown; error?: unknown }
    | undefined;
  return {
    thread_id: id,
    status: end?.status ?? 'running',
    result: end?.result ?? null,
    files: state?.files ?? {},
    todos: state?.todos ?? [],
    error: end?.error ?? null,
    ...outcome,
  };
}

/** The next answer of a list; the last one is given again and again. */
function take(answers: RuntimeAnswer[]): RuntimeAnswer {
  return (answers.length > 1 ? answers.shift() : answers[0]) ?? 'ok';
}

function give(answer: RuntimeAnswer, response: ServerResponse, ok: () => void): void {
  if (answer === 'hang') return;
  if (answer === 'drop') {
    response.destroy();
    return;
  }
  if (answer === 'garbage') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>this is no answer</html>');
    return;
  }
  if (typeof answer === 'string') {
    ok();
    return;
  }
  if ('status' in answer) {
    const headers = answer.retry_after === undefined ? {} : { 'retry-after': String(answer.retry_after) };
    response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(answer.body ?? {}));
  } else if ('body' in answer) json(response, 200, answer.body);
  else if ('bytes' in answer) json(response, 200, { filler: 'x'.repeat(answer.bytes) });
  else if ('after_ms' in answer) setTimeout(ok, answer.after_ms);
  else ok();
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

export default async function startRuntimeServer(project: TestProject): Promise<() => Promise<void>> {
  const { server } = new RuntimeServer();
  // A connection that is closed while a request is on its way makes the runtime send it again.
  server.keepAliveTimeout = 600_000;
  // Those that became WebSockets are not the server's any more, and would keep it from closing.
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  const port = Number(process.env.RUNTIME_SERVER_PORT);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  project.provide('runtimeServerUrl', `http://127.0.0.1:${port}`);
  return () =>
    new Promise((resolve) => {
      for (const connection of connections) connection.destroy();
      server.close(() => resolve());
    });
}
