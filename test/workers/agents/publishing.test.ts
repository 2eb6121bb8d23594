import {
  type AgentDefinition,
  type AgentVersion,
  type AgentVersionDetail,
  agentVersion,
  agentVersionDetail,
  type DefinitionDiff,
  definitionDiff,
  LIMITS,
  page,
  type Validation,
  validation,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { adding, auditOf, type Caller, newAgent, newOwner, publishedAgent, refused, textOf } from './caller.ts';

let owner: Caller;
beforeAll(async () => {
  owner = await newOwner();
});

const saveDraft = (id: string, definition: unknown, headers: Record<string, string> = {}) =>
  owner.call('PUT', `/agents/${id}/draft`, { body: definition, headers });
const publish = (id: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  owner.call('POST', `/agents/${id}/publish`, { body, headers });

async function published(id: string, definition: AgentDefinition): Promise<AgentVersion> {
  expect((await saveDraft(id, definition)).status).toBe(200);
  const response = await publish(id);
  expect(response.status).toBe(200);
  return agentVersion.parse(await response.json());
}

describe('drafts', () => {
  it('are saved whole, with an ETag that counts saves', async () => {
    const { id } = await newAgent(owner);
    expect((await owner.call('GET', `/agents/${id}/draft`)).headers.get('etag')).toBe('"1"');
    const saved = await saveDraft(id, adding(1), { 'If-Match': '"1"' });
    expect(saved.headers.get('etag')).toBe('"2"');
    expect(await saved.json()).toEqual(adding(1));
    const read = await owner.call('GET', `/agents/${id}/draft`);
    expect(read.headers.get('etag')).toBe('"2"');
    expect(await read.json()).toEqual(adding(1));
    expect((await auditOf(owner, id)).at(-1)).toMatchObject({
      action: 'agent.draft_saved',
      details: { nodes: 2, edges: 1 },
    });
  });

  it('cannot be overwritten by an editor that saw an older one', async () => {
    const { id } = await newAgent(owner);
    await saveDraft(id, adding(1));
    await refused(await saveDraft(id, adding(2), { 'If-Match': '"1"' }), 412, 'precondition_failed');
    expect(await (await owner.call('GET', `/agents/${id}/draft`)).json()).toEqual(adding(1));
  });

  it('take one of many saves at the same ETag, and each without one', async () => {
    const { id } = await newAgent(owner);
    const matched = await Promise.all(
      Array.from({ length: 8 }, (_, n) => saveDraft(id, adding(n), { 'If-Match': '"1"' })),
    );
    expect(matched.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(412)]);
    const free = await Promise.all(Array.from({ length: 8 }, (_, n) => saveDraft(id, adding(n))));
    const tags = free.map((answer) => answer.headers.get('etag'));
    expect(new Set(tags).size).toBe(8);
    expect((await auditOf(owner, id)).filter((row) => row.action === 'agent.draft_saved')).toHaveLength(9);
  });

  it.each([
    ['an unknown field', { ...adding(1), extra: true }, 'validation_failed', 422],
    ['no edges', { nodes: [] }, 'validation_failed', 422],
    [
      'too many nodes',
      { nodes: Array.from({ length: 301 }, (_, n) => ({ id: `n${n}`, type: 'x' })), edges: [] },
      'validation_failed',
      422,
    ],
    [
      'a definition over its size',
      { nodes: [{ id: 'a', type: 'x', config: { text: 'x'.repeat(LIMITS.definition_bytes) } }], edges: [] },
      'payload_too_large',
      413,
    ],
  ] as const)('refuse %s', async (_case, body, code, status) => {
    const { id } = await newAgent(owner);
    await refused(await saveDraft(id, body), status, code);
    expect((await owner.call('GET', `/agents/${id}/draft`)).headers.get('etag')).toBe('"1"');
  });

  it('nest as deep as can still be exported and imported, and no deeper', async () => {
    const { id } = await newAgent(owner);
    // The definition, its nodes, the node, its config: four levels around the value.
    const nested = (levels: number) => {
      const value = JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
      return { nodes: [{ id: 'a', type: 'x', config: { value } }], edges: [] };
    };
    expect((await saveDraft(id, nested(LIMITS.json_depth - 1 - 4))).status).toBe(200);
    for (const format of ['json', 'yaml']) {
      const text = await textOf(await owner.call('GET', `/agents/${id}/export?format=${format}`));
      const imported = await owner.call('POST', '/agents/import', { raw: { text, type: `application/${format}` } });
      expect(imported.status).toBe(201);
    }
    await refused(await saveDraft(id, nested(LIMITS.json_depth - 4)), 422, 'validation_failed');
  });

  it('refuse __proto__ as a key, and store nothing of it', async () => {
    const { id } = await newAgent(owner);
    const text = '{"nodes":[{"id":"a","type":"x","config":{"__proto__":{"polluted":true}}}],"edges":[]}';
    const response = await owner.call('PUT', `/agents/${id}/draft`, { raw: { text, type: 'application/json' } });
    await refused(response, 422, 'validation_failed');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('validation', () => {
  const validate = async (id: string, body?: unknown): Promise<Validation> => {
    const response = await owner.call('POST', `/agents/${id}/validate`, body === undefined ? {} : { body });
    expect(response.status).toBe(200);
    return validation.parse(await response.json());
  };

  it('tells what is wrong with the stored draft, or with the definition in the body', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    expect(await validate(id)).toEqual({ valid: true, problems: [] });
    expect(await validate(id, {})).toEqual({ valid: true, problems: [] });
    const broken = adding(1);
    broken.nodes.push({ id: 'alone', type: 'logic.merge', config: {} });
    broken.edges.push({ id: 'e2', source: 'sum', target: 'gone' });
    const told = await validate(id, { definition: broken });
    expect(told.valid).toBe(false);
    expect(told.problems.some((problem) => problem.edge_id === 'e2')).toBe(true);
    expect(await (await owner.call('GET', `/agents/${id}/draft`)).json()).toEqual(adding(1));
  });
});

describe('publishing', () => {
  it('makes numbered, immutable versions; the first activates the agent', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const response = await publish(id, { change_message: 'First' });
    expect(response.status).toBe(200);
    expect(agentVersion.parse(await response.json())).toMatchObject({
      agent_id: id,
      version: 1,
      change_message: 'First',
      created_by: owner.userId,
      is_live: true,
    });
    const agent = await owner.call('GET', `/agents/${id}`);
    expect(await agent.json()).toMatchObject({ status: 'active', live_version: 1, latest_version: 1 });

    await published(id, adding(2));
    const first = agentVersionDetail.parse(await (await owner.call('GET', `/agents/${id}/versions/1`)).json());
    expect(first).toMatchObject({ version: 1, is_live: false, definition: adding(1) });
    const second = await (await owner.call('GET', `/agents/${id}/versions/2`)).json<AgentVersionDetail>();
    expect(second).toMatchObject({ version: 2, is_live: true, definition: adding(2) });
    expect((await auditOf(owner, id)).at(-1)).toEqual({
      action: 'agent.published',
      details: { version: 2, change_message: '' },
    });
  });

  it('works without a body, and keeps a paused agent paused', async () => {
    const { id } = await publishedAgent(owner);
    await owner.call('PUT', `/agents/${id}/status`, { body: { status: 'paused' } });
    expect((await owner.call('POST', `/agents/${id}/publish`)).status).toBe(200);
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({
      status: 'paused',
      live_version: 2,
    });
  });

  const node = (
    id: string,
    type: string,
    config: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
  ) => ({
    id,
    type,
    config,
    ...more,
  });
  const chain = (...nodes: { id: string }[]) => ({
    nodes,
    edges: nodes.slice(1).map((each, at) => ({ id: `e${at}`, source: nodes[at]?.id ?? '', target: each.id })),
  });
  const start = node('start', 'trigger.manual');

  it.each([
    ['an empty draft', { nodes: [], edges: [] }, ''],
    ['an unknown type', chain(start, node('a', 'ai.telepathy')), 'nodes.1'],
    ['a config that does not fit', chain(start, node('a', 'ai.chat', { prompt: 7 })), 'nodes.1.config.prompt'],
    ['a reserved id', chain(start, node('trigger', 'logic.merge')), 'nodes.1.id'],
    [
      'an unknown reference',
      chain(start, node('a', 'ai.chat', { prompt: '{{nobody.output.text}}' })),
      'nodes.1.config.prompt',
    ],
    [
      'an expression that does not parse',
      chain(start, node('a', 'logic.transform', { expression: '1 +' })),
      'nodes.1.config.expression',
    ],
    [
      'an environment variable',
      chain(start, node('a', 'ai.chat', { prompt: '{{env.API_TOKEN}}' })),
      'nodes.1.config.prompt',
    ],
    [
      'an unknown model',
      chain(start, node('a', 'ai.chat', { model: 'openai/gpt-99', prompt: 'x' })),
      'nodes.1.config.model',
    ],
    [
      'a cycle',
      {
        nodes: [start, node('a', 'logic.merge'), node('b', 'logic.merge')],
        edges: [
          { id: 'e1', source: 'start', target: 'a' },
          { id: 'e2', source: 'a', target: 'b' },
          { id: 'e3', source: 'b', target: 'a' },
        ],
      },
      '',
    ],
    ['a duplicate id', { nodes: [start, node('a', 'logic.merge'), node('a', 'logic.merge')], edges: [] }, 'nodes.2'],
  ])('refuses %s, naming the place', async (_case, definition, path) => {
    const { id } = await newAgent(owner);
    expect((await saveDraft(id, definition)).status).toBe(200);
    const problem = await refused(await publish(id), 422, 'definition_invalid');
    expect(problem.errors?.length).toBeGreaterThan(0);
    expect(problem.errors?.some((error) => error.path.startsWith(path) && error.message !== '')).toBe(true);
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({
      status: 'draft',
      latest_version: 0,
    });
    expect((await auditOf(owner, id)).some((row) => row.action === 'agent.published')).toBe(false);
  });

  it('says in words that environment variables are not there', async () => {
    const { id } = await newAgent(owner);
    await saveDraft(id, chain(start, node('a', 'ai.chat', { prompt: 'Use {{env.API_TOKEN}}' })));
    const problem = await refused(await publish(id), 422, 'definition_invalid');
    expect(problem.errors?.map((error) => error.message).join(' ')).toContain('API_TOKEN');
  });

  it('honours the ETag of the draft', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    await saveDraft(id, adding(2));
    await refused(await publish(id, {}, { 'If-Match': '"1"' }), 412, 'precondition_failed');
    expect((await publish(id, {}, { 'If-Match': '"2"' })).status).toBe(200);
  });

  it('gives ten concurrent publishes ten numbers, in ten audit rows', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => publish(id, { change_message: `publish ${n}` })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200));
    const versions = await Promise.all(answers.map((answer) => answer.json<AgentVersion>()));
    expect(versions.map((each) => each.version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const each of versions) {
      const stored = await (
        await owner.call('GET', `/agents/${id}/versions/${each.version}`)
      ).json<AgentVersionDetail>();
      expect(stored.change_message).toBe(each.change_message);
    }
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({
      live_version: 10,
      latest_version: 10,
    });
    expect((await auditOf(owner, id)).filter((row) => row.action === 'agent.published')).toHaveLength(10);
  });

  it('publishes only what was validated while the draft is being saved', async () => {
    const { id } = await newAgent(owner, { definition: adding(0) });
    const broken = { nodes: [], edges: [] };
    const work = Array.from({ length: 6 }, (_, n) => [
      saveDraft(id, n % 2 === 0 ? broken : adding(n)),
      publish(id),
    ]).flat();
    const answers = await Promise.all(work);
    for (const answer of answers) expect([200, 409, 422]).toContain(answer.status);
    const { latest_version } = await (await owner.call('GET', `/agents/${id}`)).json<{ latest_version: number }>();
    for (let version = 1; version <= latest_version; version++) {
      const stored = await (await owner.call('GET', `/agents/${id}/versions/${version}`)).json<AgentVersionDetail>();
      expect(stored.definition.nodes).toHaveLength(2);
    }
  });

  it('replays a repeated Idempotency-Key without a second version', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    await publish(id, {}, headers);
    expect((await publish(id, {}, headers)).headers.get('idempotency-replayed')).toBe('true');
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({ latest_version: 1 });
  });
});

describe('versions', () => {
  it('are listed newest first, in pages', async () => {
    const { id } = await newAgent(owner);
    for (let amount = 1; amount <= 5; amount++) await published(id, adding(amount));
    const list = async (query: string) =>
      page(agentVersion).parse(await (await owner.call('GET', `/agents/${id}/versions?${query}`)).json());
    const first = await list('limit=2');
    expect(first.data.map((each) => [each.version, each.is_live])).toEqual([
      [5, true],
      [4, false],
    ]);
    await published(id, adding(6));
    const second = await list(`limit=2&cursor=${first.next_cursor}`);
    const third = await list(`limit=2&cursor=${second.next_cursor}`);
    expect([...second.data, ...third.data].map((each) => each.version)).toEqual([3, 2, 1]);
    expect(third.next_cursor).toBeNull();
    await refused(await owner.call('GET', `/agents/${id}/versions?cursor=v0`), 422, 'validation_failed');
  });

  it('are 404 where they do not exist, also where the number is none', async () => {
    const { id } = await publishedAgent(owner);
    await refused(await owner.call('GET', `/agents/${id}/versions/2`), 404, 'not_found');
    await refused(await owner.call('GET', `/agents/${id}/versions/1/diff/2`), 404, 'not_found');
    await refused(await owner.call('GET', `/agents/${id}/versions/2/diff/1`), 404, 'not_found');
    for (const number of ['0', '-1', '1.5', 'x', '99999999999']) {
      await refused(await owner.call('GET', `/agents/${id}/versions/${number}`), 404, 'not_found');
    }
  });

  it('differ by nodes, edges and settings, in both directions', async () => {
    const { id } = await newAgent(owner);
    await published(id, adding(1));
    const next = adding(2);
    next.nodes.push({ id: 'end', type: 'logic.stop', config: {} });
    next.edges.push({ id: 'e2', source: 'sum', target: 'end' });
    next.settings = { max_concurrency: 3 };
    await published(id, next);
    const diff = async (from: number, to: number): Promise<DefinitionDiff> =>
      definitionDiff.parse(await (await owner.call('GET', `/agents/${id}/versions/${from}/diff/${to}`)).json());

    const forward = await diff(1, 2);
    expect(forward).toMatchObject({ from: 1, to: 2 });
    expect(forward.nodes.map((change) => [change.node_id, change.kind]).sort()).toEqual([
      ['end', 'added'],
      ['sum', 'changed'],
    ]);
    const changed = forward.nodes.find((change) => change.node_id === 'sum');
    expect(changed?.fields).toEqual([{ path: 'config.expression', before: 'trigger.n + 1', after: 'trigger.n + 2' }]);
    expect(forward.edges.map((change) => [change.edge_id, change.kind])).toEqual([['e2', 'added']]);
    expect(forward.other.map((change) => change.path).join()).toContain('settings');
    expect((await diff(2, 1)).nodes.find((change) => change.node_id === 'end')?.kind).toBe('removed');
    expect(await diff(2, 2)).toEqual({ from: 2, to: 2, nodes: [], edges: [], other: [], moved: [] });
  });

  it('differ from the draft, the live one unless another is named', async () => {
    const { id } = await newAgent(owner);
    const draftDiff = async (query = ''): Promise<DefinitionDiff> =>
      definitionDiff.parse(await (await owner.call('GET', `/agents/${id}/draft/diff${query}`)).json());
    await saveDraft(id, adding(1));
    const first = await draftDiff();
    expect(first).toMatchObject({ from: null, to: null, other: [] });
    expect(first.nodes.every((change) => change.kind === 'added')).toBe(true);
    expect(first.nodes).toHaveLength(adding(1).nodes.length);

    await published(id, adding(1));
    await published(id, adding(2));
    expect(await draftDiff()).toEqual({ from: 2, to: null, nodes: [], edges: [], other: [], moved: [] });
    const before = await draftDiff('?against=1');
    expect(before).toMatchObject({ from: 1, to: null, nodes: [{ node_id: 'sum', kind: 'changed' }] });
    await refused(await owner.call('GET', `/agents/${id}/draft/diff?against=9`), 404, 'not_found');
    await refused(await owner.call('GET', `/agents/${id}/draft/diff?against=x`), 422, 'validation_failed');
  });

  it('can be made live again; numbers go on, the draft stays', async () => {
    const { id } = await newAgent(owner);
    await published(id, adding(1));
    await published(id, adding(2));
    const rollback = (version: number) => owner.call('POST', `/agents/${id}/rollback`, { body: { version } });
    const response = await rollback(1);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ live_version: 1, latest_version: 2, status: 'active' });
    expect((await auditOf(owner, id)).at(-1)).toEqual({
      action: 'agent.rolled_back',
      details: { before: 2, version: 1 },
    });
    expect(await (await owner.call('GET', `/agents/${id}/draft`)).json()).toEqual(adding(2));
    expect((await rollback(1)).headers.get('etag')).toBe(response.headers.get('etag'));
    await refused(await rollback(3), 404, 'not_found');
    await refused(await rollback(0), 422, 'validation_failed');
    expect((await published(id, adding(3))).version).toBe(3);
  });
});
