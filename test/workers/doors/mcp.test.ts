import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import type { Execution, JsonValue } from '@agentflow/contracts';
import { Client, type ElicitResult, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createApp } from '../../../workers/app.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, type Member, ORIGIN, rawApi, signUp } from '../../support/api.ts';
import { askingAgent } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';
import { fixtureHost } from '../../support/mcp-fixture/server.ts';

const tools = inject('toolServerUrl');
const start = agentNode('start', 'trigger.manual');
const NUMBER = {
  type: 'object',
  properties: { n: { type: 'number' } },
  required: ['n'],
} as Record<string, JsonValue>;
const EVERYTHING = { operations: ['invoke', 'read', 'cancel', 'approve'] };
const REFUND = { customer: 'Marta', amount: 40 };

let owner: Member;
let key: string;

const send = (url: string | URL, init?: RequestInit) => exports.default.fetch(new Request(url, init));

interface ClientOptions {
  readonly headers?: Record<string, string>;
  /** How the person at the client answers; nobody is there without. */
  readonly answers?: (asked: { message: string; requestedSchema?: object }) => ElicitResult;
}

type Mode = 'legacy' | 'auto';

async function clientOf(mode: Mode, apiKey: string, { headers = {}, answers }: ClientOptions = {}): Promise<Client> {
  const capabilities = answers === undefined ? {} : { elicitation: { form: {} } };
  const client = new Client({ name: 'test', version: '1' }, { capabilities, versionNegotiation: { mode } });
  if (answers !== undefined) {
    client.setRequestHandler('elicitation/create', async ({ params }) => answers(params as never));
  }
  const requestInit = { headers: { authorization: `Bearer ${apiKey}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${ORIGIN}/mcp`), { fetch: send, requestInit }));
  return client;
}

function execution(id: unknown): Promise<Execution> {
  return api<Execution>(`/executions/${String(id)}`, { token: owner.token }).then(({ body }) => body);
}

/** An agent whose call is held until it is let. */
async function held() {
  const gate = crypto.randomUUID();
  const nodes = [start, agentNode('call', 'action.http', { url: `${tools}/gate/${gate}` })];
  const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>call') }, `Held ${gate}`);
  return {
    agent,
    name: `held_${gate.replaceAll('-', '_')}`,
    reached: () => fetch(`${tools}/waiting/${gate}`),
    open: () => fetch(`${tools}/open/${gate}`),
    run: () =>
      eventually(async () => {
        const query = `/executions?agent_id=${agent.id}`;
        const { data } = (await api<{ data: Execution[] }>(query, { token: owner.token })).body;
        return data[0] ?? null;
      }),
  };
}

beforeAll(async () => {
  owner = await signUp();
  const nodes = [start, agentNode('double', 'logic.transform', { expression: '{"twice": trigger.n * 2}' })];
  const definition = { nodes, edges: agentEdges('start>double'), input_schema: NUMBER };
  await publishedAgent(owner, definition, 'Doubles numbers');
  key = (await externalAgent(owner, EVERYTHING)).api_key;
});

describe.each([
  ['2025-11-25', 'legacy'],
  ['2026-07-28', 'auto'],
] as const)('a client of revision %s', (revision, mode) => {
  it('finds each permitted agent as a tool', async () => {
    const house = await signUp();
    const definition = { nodes: [start], edges: [], input_schema: NUMBER };
    const one = await publishedAgent(house, definition, 'Größter Ärger!');
    await publishedAgent(house, definition, 'Another');
    const scoped = await clientOf(mode, (await externalAgent(house, { agents: [one.id] })).api_key);
    expect(scoped.getNegotiatedProtocolVersion()).toBe(revision);
    const { tools: listed } = await scoped.listTools();
    expect(listed).toEqual([
      {
        name: 'gro_ter_arger',
        title: 'Größter Ärger!',
        description: expect.any(String),
        inputSchema: NUMBER,
        _meta: { 'agentflow/agent_id': one.id },
      },
    ]);
    const all = await clientOf(mode, (await externalAgent(house)).api_key);
    expect((await all.listTools()).tools.map(({ name }) => name)).toEqual(['gro_ter_arger', 'another']);
  });

  it('gets the output of the agent, as text and as data', async () => {
    const client = await clientOf(mode, key);
    const result = await client.callTool({ name: 'doubles_numbers', arguments: { n: 21 } });
    expect(result).toMatchObject({
      content: [{ type: 'text', text: '{"twice":42}' }],
      structuredContent: { twice: 42 },
    });
    expect(result.isError).not.toBe(true);
    const run = await execution(result._meta?.['agentflow/execution_id']);
    expect(run).toMatchObject({ status: 'completed', trigger: 'external', triggered_by: { type: 'external_agent' } });
  });

  it('is told the progress of the run when it asks for it', async () => {
    const client = await clientOf(mode, key);
    const { name, reached, open } = await held();
    const seen: string[] = [];
    const called = client.callTool(
      { name, arguments: {} },
      { onprogress: ({ progress, message }) => seen.push(`${progress} ${message}`) },
    );
    await reached();
    // Before the run has ended.
    await eventually(async () => seen.some((each) => each.endsWith('call began')));
    await open();
    await called;
    expect(seen.at(-1)).toMatch(/call is done$/);
    const numbers = seen.map((each) => Number(each.split(' ')[0]));
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });

  it('cancels the run with its call', async () => {
    const client = await clientOf(mode, key);
    const { name, reached, run } = await held();
    const abort = new AbortController();
    const called = client.callTool({ name, arguments: {} }, { signal: abort.signal });
    await reached();
    abort.abort('enough');
    await expect(called).rejects.toThrow();
    const { id } = await run();
    await eventually(async () => (await execution(id)).status === 'cancelled');
  });

  it('asks its person what the run asks, and goes on with the answer', async () => {
    const agent = await askingAgent(owner);
    const asked: string[] = [];
    const caller = await externalAgent(owner, { ...EVERYTHING, agents: [agent.id] });
    const client = await clientOf(mode, caller.api_key, {
      answers: ({ message, requestedSchema }) => {
        asked.push(message);
        expect(requestedSchema).toMatchObject({ required: ['decision'] });
        return { action: 'accept', content: { decision: 'approve', comment: 'Fine' } };
      },
    });
    const [tool] = (await client.listTools()).tools;
    const result = await client.callTool({ name: tool?.name ?? '', arguments: REFUND });
    expect(result.structuredContent).toEqual({ refunded: { to: 'Marta', amount: 40 } });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('Refund 40 to Marta?');
    const id = String(result._meta?.['agentflow/execution_id']);
    const { data } = (await api<{ data: { decided_by: unknown }[] }>(`/approvals?execution_id=${id}`, owner)).body;
    expect(data[0]?.decided_by).toMatchObject({ type: 'external_agent', id: caller.id });
  });

  it('denies where its person declines, and decides nothing where they turn away', async () => {
    const agent = await askingAgent(owner);
    const caller = await externalAgent(owner, { ...EVERYTHING, agents: [agent.id] });
    const call = async (action: 'decline' | 'cancel') => {
      const client = await clientOf(mode, caller.api_key, {
        headers: { prefer: 'wait=1' },
        answers: () => ({ action }),
      });
      const [tool] = (await client.listTools()).tools;
      return client.callTool({ name: tool?.name ?? '', arguments: REFUND });
    };
    expect((await call('decline')).structuredContent).toEqual({ kept: '' });
    expect((await call('cancel')).structuredContent).toMatchObject({ status: 'waiting', waiting_reason: 'approval' });
  });

  it('is told how to go on where nobody can be asked', async () => {
    const agent = await askingAgent(owner);
    for (const operations of [['invoke', 'approve'], ['invoke']]) {
      const caller = await externalAgent(owner, { operations, agents: [agent.id] });
      const answers = () => {
        throw new Error('nobody may be asked');
      };
      const options = operations.length === 2 ? {} : { answers };
      const client = await clientOf(mode, caller.api_key, { headers: { prefer: 'wait=1' }, ...options });
      const [tool] = (await client.listTools()).tools;
      const result = await client.callTool({ name: tool?.name ?? '', arguments: REFUND });
      expect(result.structuredContent).toMatchObject({ status: 'waiting', waiting_reason: 'approval' });
      expect(JSON.stringify(result.content)).toMatch(/\/api\/v1\/executions\/exe_/);
    }
  });

  it('reads why a call was refused', async () => {
    const client = await clientOf(mode, key);
    const misfit = await client.callTool({ name: 'doubles_numbers', arguments: { n: 'two' } });
    expect(misfit).toMatchObject({ isError: true, structuredContent: { error: { code: 'validation_failed' } } });
    await expect(client.callTool({ name: 'nobody', arguments: {} })).rejects.toThrow(/There is no tool/);

    const hasty = await externalAgent(owner, { rate_limits: { minute: 1, hour: null, day: null } });
    const limited = await clientOf(mode, hasty.api_key);
    await limited.callTool({ name: 'doubles_numbers', arguments: { n: 1 } });
    const refused = await limited.callTool({ name: 'doubles_numbers', arguments: { n: 1 } });
    expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: 'rate_limited' } } });
    const { error } = refused.structuredContent as { error: { retry_after_seconds: number } };
    expect(error.retry_after_seconds).toBeGreaterThan(0);
  });

  it('reads how a run failed', async () => {
    const nodes = [start, agentNode('fail', 'action.http', { url: `${tools}/status/404` })];
    const failing = await publishedAgent(owner, { nodes, edges: agentEdges('start>fail') }, 'Fails');
    const client = await clientOf(mode, (await externalAgent(owner, { agents: [failing.id] })).api_key);
    const result = await client.callTool({ name: 'fails', arguments: {} });
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { execution_id: expect.any(String) } } });
  });
});

describe('the first generation of clients', () => {
  it('lists and calls', async () => {
    const client = new FirstClient({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    const transport = new FirstTransport(new URL(`${ORIGIN}/mcp`), { fetch: send, requestInit });
    await client.connect(transport as Parameters<FirstClient['connect']>[0]);
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    const result = await client.callTool({ name: 'doubles_numbers', arguments: { n: 4 } });
    expect(result.structuredContent).toEqual({ twice: 8 });
  });
});

describe('the door itself', () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  };
  const ACCEPT = { accept: 'application/json, text/event-stream' };
  const post = (body: unknown, headers: Record<string, string> = {}, credential: string | undefined = key) =>
    rawApi('//mcp', { body, headers: { ...ACCEPT, ...headers }, ...(credential === '' ? {} : { key: credential }) });

  it('says to whom it opens', async () => {
    const nobody = await post(initialize, {}, '');
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata="https:/);
    expect((await post(initialize, {}, 'ea_wrong')).status).toBe(401);
    const apiKey = await createKey(owner, ['agents:execute']);
    expect((await post(initialize, {}, apiKey.key)).status).toBe(403);
    expect((await post(initialize, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await post('{')).status).toBe(400);
    for (const method of ['GET', 'DELETE']) {
      expect((await rawApi('//mcp', { method, key, headers: ACCEPT })).status).toBe(405);
    }
  });

  it('has no fixture in production, whatever it is built with', async () => {
    const app = createApp({ mcpFixture: fixtureHost() });
    const bytes = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    const configured = {
      ENVIRONMENT: 'production' as const,
      PUBLIC_URL: 'https://agents.example.com',
      AUTH_KEYS: `k1:${bytes()}`,
      VAULT_KEYS: `k1:${bytes()}`,
      OUTBOUND_ALLOW: '',
    };
    for (const [changed, status] of [
      [{}, 200],
      [configured, 401],
    ] as const) {
      const ctx = createExecutionContext();
      const headers = { ...ACCEPT, 'content-type': 'application/json' };
      const asked = new Request(`${ORIGIN}/mcp`, { method: 'POST', headers, body: JSON.stringify(initialize) });
      const answer = await app.fetch(asked, { ...env, ...changed }, ctx);
      expect(answer.status).toBe(status);
      await answer.text();
    }
  });

  it('knows a session of its caller alone', async () => {
    const opened = await post(initialize);
    const session = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} };
    const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
    expect((await post(list, headers)).status).toBe(200);
    expect((await post(list)).status).toBe(400);
    expect((await post(list, { 'mcp-session-id': `${session}x` })).status).toBe(404);
    const other = await externalAgent(owner);
    expect((await post(list, headers, other.api_key)).status).toBe(404);
  });

  it('stops a run whose call is cancelled by another request', async () => {
    const opened = await post(initialize);
    await opened.text();
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const { name, reached, run } = await held();
    const call = { jsonrpc: '2.0', id: 'call 1', method: 'tools/call', params: { name, arguments: {} } };
    const answer = await post(call, headers);
    await reached();
    const cancelled = (requestId: string) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    expect((await post(cancelled('call 2'), headers)).status).toBe(202);
    expect((await post(cancelled('call 1'), headers)).status).toBe(202);
    expect(await answer.text()).toContain('execution_cancelled');
    expect((await run()).status).toBe('cancelled');
  });

  it('stops a run whose reader has gone', async () => {
    const opened = await post(initialize);
    await opened.text();
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const { name, reached, run } = await held();
    const answer = await post(
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: {} } },
      headers,
    );
    await reached();
    await answer.body?.cancel();
    const { id } = await run();
    await eventually(async () => (await execution(id)).status === 'cancelled');
  });

  it('takes no answer of somebody else to a question', async () => {
    const agent = await askingAgent(owner);
    const asker = await externalAgent(owner, { ...EVERYTHING, agents: [agent.id] });
    let asked: string | number | undefined;
    const client = await clientOf('legacy', asker.api_key, {
      headers: { prefer: 'wait=1' },
      answers: () => ({ action: 'cancel' }),
    });
    const transport = client.transport as StreamableHTTPClientTransport;
    const original = transport.send.bind(transport);
    transport.send = (message, options) => {
      if (!Array.isArray(message) && 'result' in message && 'id' in message) asked = message.id;
      return original(message, options);
    };
    const [tool] = (await client.listTools()).tools;
    await client.callTool({ name: tool?.name ?? '', arguments: REFUND });
    const other = await externalAgent(owner, EVERYTHING);
    const opened = await post(initialize, {}, other.api_key);
    await opened.text();
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const result = { action: 'accept', content: { decision: 'approve' } };
    expect((await post({ jsonrpc: '2.0', id: asked, result }, headers, other.api_key)).status).toBe(202);
    const [, executionId] = /^(exe_\w+)\//.exec(String(asked)) ?? [];
    expect((await execution(executionId)).status).toBe('waiting');
  });
});
