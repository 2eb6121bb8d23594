import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Execution, ExecutionEvent } from '@agentflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProduct, tickingAgent } from '../../bench/lib/product.mjs';
import { serve } from '../../bench/lib/workerd.mjs';
import { seeded } from '../unit/engine/scheduler/simulate.ts';
import { servedProduct } from './served-product.ts';

const WATCHERS = 1000;
const RECONNECTING = 200;
const STALLED = 20;
const ROUNDS = 12;
/** Nothing happens before all watch: the first rounds are held until then. */
let watched: () => void = () => undefined;
const allWatch = new Promise<void>((resolve) => {
  watched = resolve;
});

const random = seeded(9);
const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-watch-'));
const receiver = createServer((_request, response) => {
  void allWatch.then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
});
let served: Awaited<ReturnType<typeof serve>>;
let product: Awaited<ReturnType<typeof prepareProduct>>;

async function call<T>(method: string, at: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${product.token}`, 'content-type': 'application/json' };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const response = await fetch(`${served.url}/api/v1${at}`, init);
  if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** One who watches, and is cut off at the given events: goes on after the last that came. */
class Watcher {
  readonly seen: number[] = [];
  reconnects = 0;
  private readonly url: string;
  private readonly cuts: number[];

  constructor(url: string, cuts: number[]) {
    this.url = url;
    this.cuts = cuts;
  }

  /** To the end of the execution. `opened` is called with the first connection. */
  watch(opened: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const connectAgain = () => {
        const url = `${this.url}?after=${this.seen.at(-1) ?? 0}`;
        // Node's WebSocket takes headers, which the type of the standard does not know.
        const options = { headers: { authorization: `Bearer ${product.token}` } } as unknown as string[];
        const socket = new WebSocket(url, options);
        let cut = false;
        socket.onopen = opened;
        socket.onerror = () => cut || reject(new Error(`a socket failed after ${this.seen.length} events`));
        socket.onmessage = ({ data }) => {
          if (cut) return;
          const { seq, type } = JSON.parse(String(data)) as ExecutionEvent;
          this.seen.push(seq);
          // Not the close of the connection: workerd answers its handshake only ten seconds later.
          if (type === 'execution.completed') resolve();
          if (seq < (this.cuts[0] ?? Number.POSITIVE_INFINITY)) return;
          // What is on its way now is lost, as by a network that goes away.
          cut = true;
          this.cuts.shift();
          this.reconnects++;
          socket.close();
          setTimeout(connectAgain, random() * 20);
        };
        socket.onclose = ({ code }) => {
          if (!cut) reject(new Error(`a socket was closed with ${code}`));
        };
      };
      connectAgain();
    });
  }
}

/** Connects and never reads again. */
function stall(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const head = [
      `GET ${pathname}?after=0 HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${product.token}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: c3RhbGxlZCBzb2NrZXQuLg==',
    ];
    socket.on('connect', () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
    socket.once('data', (chunk) => {
      socket.pause();
      if (chunk.toString('latin1').startsWith('HTTP/1.1 101')) resolve(socket);
      else reject(new Error(chunk.toString('latin1')));
    });
    socket.on('error', reject);
  });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  served = await serve(servedProduct(folder, `127.0.0.1:${port}`));
  product = await prepareProduct(served.url, tickingAgent(ROUNDS, `http://127.0.0.1:${port}/`));
}, 180_000);

afterAll(async () => {
  await served?.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a thousand who watch one execution', () => {
  it('get every event once and in order, those that reconnect and those beside one that never reads too', async () => {
    const { id } = await call<Execution>('POST', `/agents/${product.agentId}/execute`, { input: {} });
    const url = `${served.url.replace('http', 'ws')}/api/v1/executions/${id}/stream`;
    const stalled = await Promise.all(Array.from({ length: STALLED }, () => stall(url)));
    const watchers = Array.from({ length: WATCHERS }, (_, index) => {
      const cuts = index < RECONNECTING ? [1, 2, 3].map(() => 4 + Math.floor(random() * ROUNDS * 2)) : [];
      return new Watcher(
        url,
        cuts.sort((one, other) => one - other),
      );
    });
    let open = 0;
    const ends: Promise<void>[] = [];
    for (let from = 0; from < WATCHERS; from += 50) {
      const group = watchers.slice(from, from + 50);
      const opened = group.map((watcher) => new Promise<void>((resolve) => ends.push(watcher.watch(resolve))));
      await Promise.all(opened);
      open += group.length;
    }
    expect(open).toBe(WATCHERS);
    watched();
    await Promise.all(ends);

    const run = await call<Execution>('GET', `/executions/${id}`);
    expect(run.status).toBe('completed');
    const { data } = await call<{ data: ExecutionEvent[] }>('GET', `/executions/${id}/events?limit=1000`);
    const all = data.map(({ seq }) => seq);
    expect(all.length).toBeGreaterThan(ROUNDS * 2);
    expect(all).toEqual(all.map((_, index) => index + 1));
    for (const { seen } of watchers) expect(seen).toEqual(all);
    const again = watchers.filter(({ reconnects }) => reconnects > 0);
    expect(again.length).toBe(RECONNECTING);
    for (const socket of stalled) socket.destroy();
  }, 180_000);
});
