import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreatedExternalAgent, Execution } from '@agentflow/contracts';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProduct } from '../../bench/lib/product.mjs';
import { serve } from '../../bench/lib/workerd.mjs';
import { eventually } from '../support/eventually.ts';
import { servedProduct } from './served-product.ts';

/** What clients do over real connections, which tests inside the runtime do not have. */
const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-doors-'));
/** Calls of agents, which are never answered. */
const held: ServerResponse[] = [];
const receiver = createServer((_request, response) => void held.push(response));
let served: Awaited<ReturnType<typeof serve>>;
let product: Awaited<ReturnType<typeof prepareProduct>>;
let key: string;

async function call<T>(method: string, at: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${product.token}`, 'content-type': 'application/json' };
  const response = await fetch(`${served.url}/api/v1${at}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The newest execution, once its call is held. */
async function working(calls: number): Promise<string> {
  await eventually(async () => held.length > calls);
  const run = await eventually(async () => {
    const { data } = await call<{ data: Execution[] }>('GET', '/executions?status=running');
    return data[0] ?? null;
  });
  return run.id;
}

async function cancelled(id: string): Promise<boolean> {
  return (await call<Execution>('GET', `/executions/${id}`)).status === 'cancelled';
}

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const nodes = [
    { id: 'start', type: 'trigger.manual', config: {} },
    { id: 'call', type: 'action.http', config: { url: `http://127.0.0.1:${port}/` } },
  ];
  served = await serve(servedProduct(folder, `127.0.0.1:${port}`));
  product = await prepareProduct(served.url, { nodes, edges: [{ id: 'e', source: 'start', target: 'call' }] });
  const made = await call<CreatedExternalAgent>('POST', '/external-agents', { name: 'Outside', platform: 'custom' });
  key = made.api_key;
}, 180_000);

afterAll(async () => {
  await served?.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a client that hangs up', () => {
  it('ends the run that streams to it as OpenAI’s API', async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${served.url}/v1` });
    const abort = new AbortController();
    const calls = held.length;
    const stream = await client.responses.create(
      { model: product.agentId, input: 'Hi', stream: true },
      { signal: abort.signal },
    );
    const read = (async () => {
      for await (const _event of stream);
    })().catch(() => undefined);
    const id = await working(calls);
    abort.abort();
    await read;
    await eventually(() => cancelled(id));
  });

  it.each(['legacy', 'auto'] as const)('ends the run of its MCP call (%s)', async (mode) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    const transport = new StreamableHTTPClientTransport(new URL(`${served.url}/mcp`), { requestInit });
    await client.connect(transport);
    const [tool] = (await client.listTools()).tools;
    const calls = held.length;
    const called = client.callTool({ name: tool?.name ?? '', arguments: {} }).catch(() => undefined);
    const id = await working(calls);
    // Without a word to the server: its connections are closed.
    await client.close();
    await called;
    await eventually(() => cancelled(id));
  });

  it('leaves nothing at work', async () => {
    expect((await call<{ data: Execution[] }>('GET', '/executions?status=running')).data).toEqual([]);
  });
});
