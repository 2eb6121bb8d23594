import { env } from 'cloudflare:workers';
import type { CatalogueModel, Execution, KeyedProvider, ProviderKey } from '@agentflow/contracts';
import { describe, expect, inject, it, vi } from 'vitest';
import { providerAccesses } from '../../../workers/domains/secrets/index.ts';
import { createModels, type ModelsConfig } from '../../../workers/models/index.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import type {} from '../../support/provided-context.ts';
import { auditOf } from '../agents/caller.ts';
import { chat, never } from '../models/request.ts';
import { collectLogs, everythingKept, rowsOf } from './support.ts';

const faults = inject('modelFaultsUrl');
const tools = inject('toolServerUrl');
const KEY = 'org-0wn-k3y-of-the-test-abcd';
const OTHER = 'installation-k3y';

const put = (member: Member, provider: string, body: object) =>
  api<ProviderKey>(`/org/provider-keys/${provider}`, { method: 'PUT', token: member.token, body });
const remove = (member: Member, provider: string) =>
  api(`/org/provider-keys/${provider}`, { method: 'DELETE', token: member.token });
const list = async (member: Member) =>
  (await api<{ data: ProviderKey[] }>('/org/provider-keys', { token: member.token })).body.data;
const available = async (member: Member, id: string) =>
  (await api<{ data: CatalogueModel[] }>('/models', { token: member.token })).body.data.find((one) => one.id === id)
    ?.available;

async function set(member: Member, provider: KeyedProvider, body: object): Promise<ProviderKey> {
  const answer = await put(member, provider, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

describe('provider keys', () => {
  it('are listed with a hint, never with the key', async () => {
    const owner = await signUp();
    const long = await set(owner, 'openai', { api_key: KEY });
    expect(long).toEqual({
      provider: 'openai',
      hint: 'abcd',
      base_url: null,
      updated_at: long.updated_at,
      updated_by: owner.user_id,
    });
    await set(owner, 'anthropic', { api_key: 'short-key-1' });
    await set(owner, 'ollama', { base_url: 'https://ollama.example' });
    expect(await list(await withRole(owner, 'developer'))).toMatchObject([
      { provider: 'anthropic', hint: null },
      { provider: 'ollama', hint: null, base_url: 'https://ollama.example' },
      { provider: 'openai', hint: 'abcd' },
    ]);
  });

  it('replace the whole setting', async () => {
    const owner = await signUp();
    await set(owner, 'custom', { api_key: KEY, base_url: 'https://one.example/v1' });
    await set(owner, 'custom', { base_url: 'https://two.example/v1' });
    expect(await list(owner)).toMatchObject([{ hint: null, base_url: 'https://two.example/v1' }]);
    expect((await providerAccesses(env, owner.organization_id, Date.now())).get('custom')).toEqual({
      kind: 'usable',
      api_key: null,
      base_url: 'https://two.example/v1',
    });
  });

  it.each<[string, object, string]>([
    ['openai', { base_url: 'https://a.example' }, 'api_key'],
    ['anthropic', { base_url: 'https://a.example' }, 'api_key'],
    ['google', { base_url: 'https://a.example' }, 'api_key'],
    ['ollama', { api_key: KEY }, 'base_url'],
    ['custom', { api_key: KEY }, 'base_url'],
    ['openai', { api_key: 'two words' }, 'api_key'],
    ['openai', { api_key: 'a\r\nx-admin: 1' }, 'api_key'],
    ['custom', { base_url: 'https://user:pass@a.example' }, 'base_url'],
    ['custom', { base_url: 'https://a.example/v1?key=1' }, 'base_url'],
    ['custom', { base_url: 'file:///etc/passwd' }, 'base_url'],
    ['openai', {}, ''],
  ])('of %s as %j are refused', async (provider, body, path) => {
    const owner = await signUp();
    const problem = expectProblem(await put(owner, provider, body), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect(await list(owner)).toEqual([]);
  });

  it('are of one organization, of known providers, and changed by those who manage', async () => {
    const [owner, stranger] = [await signUp(), await signUp()];
    await set(owner, 'openai', { api_key: KEY });
    expect(await list(stranger)).toEqual([]);
    expectProblem(await remove(stranger, 'openai'), 404, 'not_found');
    await set(stranger, 'openai', { api_key: 'another-key-of-theirs' });
    expect(await list(owner)).toMatchObject([{ hint: 'abcd' }]);
    expect((await providerAccesses(env, owner.organization_id, Date.now())).get('openai')).toMatchObject({
      api_key: KEY,
    });
    for (const provider of ['builtin', 'workers-ai', '__proto__', 'x']) {
      expectProblem(await put(owner, provider, { api_key: KEY }), 404, 'not_found');
    }
    const developer = await withRole(owner, 'developer');
    expectProblem(await put(developer, 'openai', { api_key: KEY }), 403, 'forbidden');
    expectProblem(await remove(developer, 'openai'), 403, 'forbidden');
  });

  it('leave audit entries and no trace of the key', async () => {
    const owner = await signUp();
    const logs = collectLogs();
    await set(owner, 'openai', { api_key: KEY, base_url: 'https://gateway.example' });
    expect((await remove(owner, 'openai')).status).toBe(204);
    expectProblem(await remove(owner, 'openai'), 404, 'not_found');
    await set(owner, 'openai', { api_key: KEY });
    logs.restore();
    expect(await auditOf({ organizationId: owner.organization_id }, 'openai')).toEqual([
      { action: 'provider_key.set', details: { key: true, base_url: 'https://gateway.example' } },
      { action: 'provider_key.removed', details: {} },
      { action: 'provider_key.set', details: { key: true, base_url: null } },
    ]);
    expect(logs.text() + (await rowsOf(owner.organization_id))).not.toContain('0wn-k3y');
  });

  it('make models available at once, and no longer when they are gone', async () => {
    const [owner, stranger] = [await signUp(), await signUp()];
    expect(await available(owner, 'openai/gpt-4o')).toBe(false);
    await set(owner, 'openai', { api_key: KEY });
    expect(await available(owner, 'openai/gpt-4o')).toBe(true);
    expect(await available(owner, 'anthropic/claude-haiku-4-5')).toBe(false);
    expect(await available(stranger, 'openai/gpt-4o')).toBe(false);
    const priced = await api<CatalogueModel>('/models/prices', {
      method: 'PUT',
      token: owner.token,
      body: { model: 'openai/gpt-4o', input_usd_per_million: 1, output_usd_per_million: 1 },
    });
    expect(priced.body.available).toBe(true);
    await remove(owner, 'openai');
    expect(await available(owner, 'openai/gpt-4o')).toBe(false);
  });

  it('that do not open are told, and the installation’s is not used instead', async () => {
    const owner = await signUp();
    await set(owner, 'custom', { api_key: KEY, base_url: `${tools}/v1` });
    await env.DB.prepare("UPDATE provider_keys SET sealed_key = '1.AAAA.AAAA' WHERE organization_id = ?")
      .bind(owner.organization_id)
      .run();
    await set(owner, 'openai', { api_key: KEY });
    expect(await available(owner, 'openai/gpt-4o')).toBe(true);
    const start = agentNode('start', 'trigger.manual');
    const ask = agentNode('ask', 'ai.chat', { model: `custom/${crypto.randomUUID()}`, prompt: 'Hello' });
    const agent = await publishedAgent(owner, { nodes: [start, ask], edges: agentEdges('start>ask') });
    const execution = await runToEnd(owner, agent.id);
    expect(execution.error).toMatchObject({ code: 'model_not_configured' });
    expect(execution.error?.message).toContain("can't be opened");
  });
});

/** Every variable of the installation set, each address one that the calls must not reach. */
const INSTALLATION: ModelsConfig = {
  OPENAI_API_KEY: OTHER,
  OPENAI_BASE_URL: `${faults}/500~installation/v1`,
  ANTHROPIC_API_KEY: OTHER,
  ANTHROPIC_BASE_URL: `${faults}/500~installation/v1`,
  GOOGLE_API_KEY: OTHER,
  GOOGLE_BASE_URL: `${faults}/500~installation/v1beta`,
  OLLAMA_API_KEY: OTHER,
  OLLAMA_BASE_URL: `${faults}/500~installation`,
  CUSTOM_API_KEY: OTHER,
  CUSTOM_BASE_URL: `${faults}/500~installation/v1`,
};

function modelsOf(member: Member, called: (url: string) => void = () => undefined) {
  return createModels({
    config: INSTALLATION,
    fetch: (input, init) => {
      called(String(input instanceof Request ? input.url : input));
      return fetch(input, init);
    },
    clock: Date.now,
    priceOf: async () => null,
    accesses: () => providerAccesses(env, member.organization_id, Date.now()),
  });
}

interface Seen {
  readonly requests: readonly { readonly headers: Record<string, string> }[];
}

const CASES = [
  { provider: 'openai', model: 'openai/gpt-4o', header: 'authorization', prefix: 'Bearer ', path: '/v1' },
  { provider: 'anthropic', model: 'anthropic/claude-haiku-4-5', header: 'x-api-key', prefix: '', path: '/v1' },
  { provider: 'google', model: 'google/gemini-2.5-flash', header: 'x-goog-api-key', prefix: '', path: '/v1beta' },
  { provider: 'ollama', model: 'ollama/llama3.2', header: 'authorization', prefix: 'Bearer ', path: '' },
  { provider: 'custom', model: 'custom/local', header: 'authorization', prefix: 'Bearer ', path: '/v1' },
] as const;

describe.each(CASES)('calls of $provider', ({ provider, model, header, prefix, path }) => {
  const ask = (models: ReturnType<typeof modelsOf>) =>
    models.generate(chat(model, 'Write a haiku'), { signal: never() });

  it('carry the organization’s key to its address, and nothing of the installation’s', async () => {
    const owner = await signUp();
    const token = crypto.randomUUID();
    await set(owner, provider, { api_key: KEY, base_url: `${faults}/fine~${token}${path}` });
    await ask(modelsOf(owner));
    const { requests } = (await (await fetch(`${faults}/seen/${token}`)).json()) as Seen;
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers[header]).toBe(prefix + KEY);
    expect(JSON.stringify(requests)).not.toContain(OTHER);
  });

  it('use a new key at once, and the installation’s again after it is gone', async () => {
    const owner = await signUp();
    const models = modelsOf(owner);
    const token = crypto.randomUUID();
    const base_url = `${faults}/fine~${token}${path}`;
    await set(owner, provider, { api_key: KEY, base_url });
    await ask(models);
    await set(owner, provider, { api_key: 'the-second-key', base_url });
    await ask(models);
    const { requests } = (await (await fetch(`${faults}/seen/${token}`)).json()) as Seen;
    expect(requests.map(({ headers }) => headers[header])).toEqual([prefix + KEY, `${prefix}the-second-key`]);
    await remove(owner, provider);
    const called = vi.fn();
    await ask(modelsOf(owner, called));
    expect(called.mock.calls.map(([url]) => url)).toEqual([expect.stringContaining('~installation')]);
  });

  it('that are refused do not tell the key', async () => {
    const owner = await signUp();
    // The server of this test repeats this key in its refusals.
    const key = 'sk-test-0123456789abcdef';
    for (const fault of ['401', '400']) {
      await set(owner, provider, { api_key: key, base_url: `${faults}/${fault}${path}` });
      const result = await ask(modelsOf(owner));
      expect(result).toMatchObject({
        ok: false,
        error: { code: fault === '401' ? 'model_auth' : 'model_bad_request' },
      });
      expect(JSON.stringify(result)).not.toContain(key);
      if (!result.ok && fault === '401') expect(result.error.message).toContain("the organization's settings");
    }
  });
});

describe('an own address without a key', () => {
  it.each(['ollama', 'custom'] as const)('of %s is not sent the installation’s key', async (provider) => {
    const owner = await signUp();
    const token = crypto.randomUUID();
    await set(owner, provider, { base_url: `${faults}/fine~${token}/v1` });
    const result = await modelsOf(owner).generate(chat(`${provider}/local`, 'Hello'), { signal: never() });
    expect(result).toMatchObject({ ok: true, text: 'fine' });
    const { requests } = (await (await fetch(`${faults}/seen/${token}`)).json()) as Seen;
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('an own key without an address', () => {
  it('goes to the vendor, not to the gateway that the installation has', async () => {
    const owner = await signUp();
    await set(owner, 'openai', { api_key: KEY });
    const called: string[] = [];
    const models = createModels({
      config: INSTALLATION,
      fetch: (input) => {
        called.push(String(input instanceof Request ? input.url : input));
        return Promise.reject(new Error('no network in tests'));
      },
      clock: Date.now,
      priceOf: async () => null,
      accesses: () => providerAccesses(env, owner.organization_id, Date.now()),
    });
    await models.generate(chat('openai/gpt-4o', 'Hello'), { signal: never() });
    expect(called).toEqual(['https://api.openai.com/v1/chat/completions']);
  });
});

describe('runs', () => {
  const start = agentNode('start', 'trigger.manual');

  it('call the organization’s address with its key through the guard', async () => {
    const owner = await signUp();
    const model = `own-${crypto.randomUUID()}`;
    await set(owner, 'custom', { api_key: KEY, base_url: `${tools}/v1/${model}` });
    const ask = agentNode('ask', 'ai.chat', { model: `custom/${model}`, prompt: 'Tell a story' });
    const agent = await publishedAgent(owner, { nodes: [start, ask], edges: agentEdges('start>ask') });
    const waiting = fetch(`${tools}/waiting/${model}`).then(() => fetch(`${tools}/open/${model}`));
    const execution = await runToEnd(owner, agent.id);
    await waiting;
    expect(execution).toMatchObject({ status: 'completed', output: { text: 'Once upon a time.' } });
    const calls = (await (await fetch(`${tools}/calls/v1/${model}`)).json()) as { headers: Record<string, string> }[];
    expect(calls.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`]);

    await set(owner, 'custom', { api_key: KEY, base_url: 'http://10.0.0.1/v1' });
    const blocked = await runToEnd(owner, agent.id);
    expect(blocked.error).toMatchObject({ code: 'model_network' });
    expect(blocked.error?.message).toContain('private');
  });

  it('keep nothing of a key that the provider repeats', async () => {
    const owner = await signUp();
    await set(owner, 'openai', { api_key: KEY, base_url: `${tools}/reflect/400` });
    const ask = agentNode('ask', 'ai.chat', { model: 'openai/gpt-4o', prompt: 'Hello' });
    const agent = await publishedAgent(owner, { nodes: [start, ask], edges: agentEdges('start>ask') });
    const execution: Execution = await runToEnd(owner, agent.id);
    expect(execution.error).toMatchObject({ code: 'model_bad_request', message: expect.stringContaining('Refused') });
    expect(await everythingKept(owner, execution.id)).not.toContain('0wn-k3y');
  });

  it('ask for no key when the built-in model answers', async () => {
    const owner = await signUp();
    const sum = agentNode('sum', 'ai.summarize', { prompt: 'The printer is broken. It is loud.' });
    const agent = await publishedAgent(owner, { nodes: [start, sum], edges: agentEdges('start>sum') });
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, 'prepare');
    await runToEnd(owner, agent.id);
    const statements = prepare.mock.calls.map(([statement]) => statement);
    prepare.mockRestore();
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter((statement) => /provider_keys|env_vars/.test(statement))).toEqual([]);
  });
});

describe('in other isolates', () => {
  it('a changed key holds after fifteen seconds', async () => {
    const owner = await signUp();
    await set(owner, 'openai', { api_key: KEY });
    const now = Date.now();
    const read = async (at: number) => (await providerAccesses(env, owner.organization_id, at)).size;
    expect(await read(now)).toBe(1);
    // What another isolate does: the row changes, and nobody here is told.
    await env.DB.prepare('DELETE FROM provider_keys WHERE organization_id = ?').bind(owner.organization_id).run();
    expect(await read(now + 14_999)).toBe(1);
    expect(await read(now + 15_000)).toBe(0);
  });
});
