import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';

const TABLES = [
  'users',
  'organizations',
  'memberships',
  'agents',
  'agent_drafts',
  'agent_versions',
  'executions',
  'api_keys',
  'audit_logs',
  'env_vars',
  'provider_keys',
];

const GLOBAL_TABLES = ['users', 'organizations'];

/** Rows of every table: what is refused must leave them as they were. */
async function rowCounts(): Promise<Record<string, number>> {
  const counts = await env.DB.batch<{ n: number }>(
    TABLES.map((table) => {
      // Of this organization: what others began earlier may still be written meanwhile.
      const mine = GLOBAL_TABLES.includes(table) ? '' : ` WHERE organization_id = '${owner.organization_id}'`;
      return env.DB.prepare(`SELECT count(*) AS n FROM ${table}${mine}`);
    }),
  );
  return Object.fromEntries(TABLES.map((table, index) => [table, counts[index]?.results[0]?.n ?? -1]));
}

let owner: Member;
let agentId: string;

beforeAll(async () => {
  owner = await signUp();
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('echo', 'logic.transform', { expression: 'trigger' })];
  agentId = (await publishedAgent(owner, { nodes, edges: agentEdges('start>echo') })).id;
});

/** Every operation that reads a body, with a path that exists. */
const targets = () =>
  [
    ['POST', '/agents'],
    ['PUT', `/agents/${agentId}`],
    ['PUT', `/agents/${agentId}/draft`],
    ['PUT', `/agents/${agentId}/status`],
    ['POST', `/agents/${agentId}/publish`],
    ['POST', `/agents/${agentId}/rollback`],
    ['POST', `/agents/${agentId}/execute`],
    ['POST', `/agents/${agentId}/test`],
    ['POST', '/org/api-keys'],
    ['POST', '/org/env-vars'],
    ['PUT', '/org/provider-keys/openai'],
    ['POST', '/auth/signup'],
    ['POST', '/auth/login'],
  ] as const;

/** Sends the same body everywhere and expects the same refusal, with nothing stored. */
async function refusedEverywhere(
  body: string,
  status: number,
  code: Parameters<typeof expectProblem>[2],
  headers: Record<string, string> = {},
): Promise<void> {
  const before = await rowCounts();
  for (const [method, path] of targets()) {
    const answer = await api(path, { method, token: owner.token, body, headers });
    expect({ path, status: answer.status }, JSON.stringify(answer.body)).toEqual({ path, status });
    expectProblem(answer, status, code);
  }
  expect(await rowCounts()).toEqual(before);
}

describe('bodies that are not JSON', () => {
  it.each(['{', '{"a":}', "{'a':1}", '{"a":1,}', 'NaN', '\u0000', 'undefined', '{"a":1}{"b":2}'])(
    '%j',
    async (body) => {
      await refusedEverywhere(body, 400, 'malformed_json');
    },
  );

  it('bytes that are not UTF-8', async () => {
    const before = await rowCounts();
    const response = await exports.default.fetch('https://agentflow.test/api/v1/agents', {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
      body: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'malformed_request' });
    expect(await rowCounts()).toEqual(before);
  });
});

describe('bodies of the wrong kind', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    '%s',
    async (type) => {
      await refusedEverywhere('name=x', 415, 'unsupported_media_type', { 'content-type': type });
    },
  );

  it.each(['[]', '"text"', '1', 'null', 'true'])('%s instead of an object', async (body) => {
    await refusedEverywhere(body, 422, 'validation_failed');
  });

  it('unknown fields', async () => {
    await refusedEverywhere('{"surprise":1}', 422, 'validation_failed');
  });

  it('wrong types, each named', async () => {
    const answer = await api('/agents', {
      token: owner.token,
      body: { name: 1, description: [], definition: { nodes: {}, edges: [{}] } },
    });
    const problem = expectProblem(answer, 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual(
      expect.arrayContaining(['name', 'description', 'definition.nodes', 'definition.edges.0.id']),
    );
  });
});

describe('bodies that would hurt', () => {
  it('10,000 levels deep', async () => {
    await refusedEverywhere('['.repeat(10_000) + ']'.repeat(10_000), 422, 'validation_failed');
    await refusedEverywhere(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 422, 'validation_failed');
    expect((await api('//health')).status).toBe(200);
  });

  it('10,000 brackets that never close', async () => {
    await refusedEverywhere('['.repeat(10_000), 422, 'validation_failed');
  });

  it('too large, declared or not', async () => {
    const before = await rowCounts();
    const big = JSON.stringify({ name: 'x'.repeat(2_000_000) });
    for (const [method, path] of targets()) {
      expectProblem(await api(path, { method, token: owner.token, body: big }), 413, 'payload_too_large');
    }
    const chunk = new TextEncoder().encode('x'.repeat(64 * 1024));
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    const response = await exports.default.fetch('https://agentflow.test/api/v1/agents', {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
      body: endless,
    });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(4_000_000);
    expect(await rowCounts()).toEqual(before);
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"\\u005f_proto__":{"admin":true}}',
    '{"name":"x","definition":{"nodes":[],"edges":[],"input_schema":{"__proto__":1}}}',
  ])('prototype tricks: %s', async (body) => {
    await refusedEverywhere(body, 422, 'validation_failed');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('takes "constructor" and "prototype" as the plain names that they are', async () => {
    const answer = await api<{ output: unknown }>(`/agents/${agentId}/execute`, {
      token: owner.token,
      body: '{"input":{"constructor":{"prototype":{"admin":true}},"toString":"x"}}',
      headers: { prefer: 'wait=10' },
    });
    expect(answer.status).toBe(200);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('identifiers and filters', () => {
  it.each([
    'agents/agt_00000000000000000000000000',
    'executions/exe_00000000000000000000000000',
    'executions/exe_00000000000000000000000000/steps',
  ])('unknown: %s', async (path) => {
    expectProblem(await api(`/${path}`, { token: owner.token }), 404, 'not_found');
  });

  it.each([
    "agents/'%20OR%201=1--",
    'agents/1',
    'agents/exe_00000000000000000000000000',
    'executions/..%2f..%2fagents',
    'agents/agt_0000000000000000000000000u',
    'agents/%00',
    'agents/%ff',
  ])('not an id: %s', async (path) => {
    expectProblem(await api(`/${path}`, { token: owner.token }), 404, 'not_found');
  });

  it('treats SQL in a filter as text', async () => {
    const before = await rowCounts();
    for (const search of ["' OR '1'='1", "'; DROP TABLE agents; --", '%', '_', '\\', '" OR ""="', '%27%3B']) {
      const answer = await api<{ data: unknown[] }>(`/agents?search=${encodeURIComponent(search)}`, {
        token: owner.token,
      });
      expect(answer.status).toBe(200);
      expect(answer.body.data, search).toEqual([]);
    }
    expect((await api<{ data: unknown[] }>('/agents?search=TEST', { token: owner.token })).body.data).toHaveLength(1);
    expect(await rowCounts()).toEqual(before);
  });

  it('stores SQL in a name as text', async () => {
    const name = "Robert'); DROP TABLE agents;--";
    const created = await api<{ id: string; name: string }>('/agents', { token: owner.token, body: { name } });
    expect(created.status).toBe(201);
    expect((await api<{ name: string }>(`/agents/${created.body.id}`, { token: owner.token })).body.name).toBe(name);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1.5',
    'cursor=!!!',
    'cursor=YWJj',
    `cursor=${btoa("agt_' OR 1=1")}`,
    'status=deleted',
  ])('%s', async (query) => {
    expectProblem(await api(`/agents?${query}`, { token: owner.token }), 422, 'validation_failed');
  });

  it.each(['from=yesterday', 'status=done', 'agent_id=1', "trigger='"])('executions?%s', async (query) => {
    expectProblem(await api(`/executions?${query}`, { token: owner.token }), 422, 'validation_failed');
  });
});

describe('conditional edits', () => {
  it('refuses an ETag that no longer fits', async () => {
    const current = await api(`/agents/${agentId}`, { token: owner.token });
    const etag = current.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    const edit = (ifMatch: string, name: string) =>
      api(`/agents/${agentId}`, {
        method: 'PUT',
        token: owner.token,
        body: { name },
        headers: { 'if-match': ifMatch },
      });
    expectProblem(await edit('"0"', 'First'), 412, 'precondition_failed');
    expect((await edit(etag, 'Second')).status).toBe(200);
    expectProblem(await edit(etag, 'Third'), 412, 'precondition_failed');
    expect((await api<{ name: string }>(`/agents/${agentId}`, { token: owner.token })).body.name).toBe('Second');
  });
});

describe('unlikely requests', () => {
  it.each([
    { authorization: 'Bearer' },
    { authorization: 'Bearer  ' },
    { authorization: 'bearer a b' },
    { authorization: 'Digest x' },
    { 'x-api-key': '' },
    { 'x-api-key': 'not a key' },
    { cookie: 'af_refresh=x' },
  ])('%j is no credential', async (headers) => {
    expectProblem(await api('/auth/me', { headers: headers as Record<string, string> }), 401, 'unauthenticated');
  });

  it('reads no endless credential', async () => {
    expectProblem(await api('/auth/me', { token: 'x'.repeat(8000) }), 401, 'unauthenticated');
  });

  it('judges Authorization alone when there is an X-API-Key too', async () => {
    const answer = await api('/auth/me', { headers: { authorization: 'Bearer x', 'x-api-key': owner.token } });
    expectProblem(answer, 401, 'unauthenticated');
  });
});
