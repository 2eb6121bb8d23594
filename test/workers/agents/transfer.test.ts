import { type Agent, type AgentDefinition, type AgentFile, agentFile } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { adding, auditOf, type Caller, newAgent, newOwner, publishedAgent, refused, textOf } from './caller.ts';

let owner: Caller;
beforeAll(async () => {
  owner = await newOwner();
});

const send = (text: string, type: string, headers: Record<string, string> = {}) =>
  owner.call('POST', '/agents/import', { raw: { text, type }, headers });

const TRICKY: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    {
      id: 'ask',
      type: 'ai.chat',
      name: 'no',
      config: {
        prompt: 'Read this:\n\n  {{trigger.body}}\n\nAnswer # briefly: yes\n',
        zip: '01234',
        exponent: '1e3',
        nothing: null,
        empty: '',
        emoji: '👩‍🚀 漢字 é',
        '2020-01-01': ['no', 'Off', '~', '0x1F', ' padded ', 'tab\there', 'cr\r\nlf', '\u0085\u2028'],
        constructor: { toString: 1e21, '': -0.5 },
      },
    },
  ],
  edges: [{ id: 'e1', source: 'start', target: 'ask', source_handle: 'out' }],
  settings: { max_concurrency: 2, concurrency_policy: 'cancel_oldest' },
};

describe('export', () => {
  it('gives the draft or a version, as JSON or YAML, under a file name', async () => {
    const { id } = await publishedAgent(owner);
    await owner.call('PUT', `/agents/${id}/draft`, { body: adding(2) });
    const draft = await owner.call('GET', `/agents/${id}/export`);
    expect(draft.headers.get('content-type')).toBe('application/json');
    expect(draft.headers.get('content-disposition')).toBe('attachment; filename="adder.draft.json"');
    expect(agentFile.parse(await draft.json())).toMatchObject({ name: 'Adder', definition: adding(2) });

    const version = await owner.call('GET', `/agents/${id}/export?format=yaml&version=1`);
    expect(version.headers.get('content-type')).toBe('application/yaml');
    expect(version.headers.get('content-disposition')).toBe('attachment; filename="adder.v1.yaml"');
    expect(await textOf(version)).toContain('expression: trigger.n + 1');
    await refused(await owner.call('GET', `/agents/${id}/export?version=2`), 404, 'not_found');
    await refused(await owner.call('GET', `/agents/${id}/export?format=xml`), 422, 'validation_failed');
  });
});

describe('import', () => {
  it.each(['json', 'yaml'])('of an exported %s file gives the same file again', async (format) => {
    const created = await newAgent(owner, { name: 'no: "yes"', definition: TRICKY });
    const exported = await textOf(await owner.call('GET', `/agents/${created.id}/export?format=${format}`));
    const response = await send(exported, `application/${format}`);
    expect(response.status).toBe(201);
    const imported = await response.json<Agent>();
    expect(imported.id).not.toBe(created.id);
    expect(imported).toMatchObject({ status: 'draft', latest_version: 0, name: 'no: "yes"' });
    expect(response.headers.get('location')).toBe(`/api/v1/agents/${imported.id}`);
    const again = await textOf(await owner.call('GET', `/agents/${imported.id}/export?format=${format}`));
    expect(again).toBe(exported);
    const stored = await (await owner.call('GET', `/agents/${imported.id}/draft`)).text();
    expect(JSON.parse(stored)).toEqual(JSON.parse(JSON.stringify(TRICKY)));
    expect((await auditOf(owner, imported.id)).map((row) => row.action)).toEqual(['agent.imported']);
  });

  it('takes YAML written by hand, under each of its media types', async () => {
    const text = [
      '# Our triage agent',
      'format: agentflow/agent@1',
      'name: By hand',
      'definition:',
      '  nodes:',
      '    - {id: start, type: trigger.manual}',
      '    - id: ask',
      '      type: ai.chat',
      '      config:',
      '        prompt: >-',
      '          Answer',
      '          briefly',
      '  edges: []',
    ].join('\n');
    for (const type of [
      'application/yaml',
      'text/yaml',
      'application/x-yaml',
      'text/x-yaml',
      'application/yaml; charset=utf-8',
    ]) {
      const response = await send(text, type);
      expect(response.status).toBe(201);
      const { id } = await response.json<Agent>();
      const file = await (await owner.call('GET', `/agents/${id}/export`)).json<AgentFile>();
      expect(file).toMatchObject({ name: 'By hand', description: '' });
      expect(file.definition.nodes[1]?.config).toEqual({ prompt: 'Answer briefly' });
    }
  });

  const file = (rest: string) => `format: agentflow/agent@1\nname: Evil\n${rest}`;
  it.each([
    ['aliases', file('definition: {nodes: &n [], edges: *n}'), 'validation_failed', 422],
    ['a tag', file('definition: !!js/function "x"'), 'validation_failed', 422],
    ['a duplicate key', file('name: Twice\ndefinition: {nodes: [], edges: []}'), 'validation_failed', 422],
    [
      '__proto__',
      file('definition: {nodes: [{id: a, type: b, config: {__proto__: {x: 1}}}], edges: []}'),
      'validation_failed',
      422,
    ],
    ['deep nesting', file(`definition: ${'['.repeat(50_000)}`), 'validation_failed', 422],
    ['a missing definition', file(''), 'validation_failed', 422],
    ['broken YAML', file('definition: {nodes: ['), 'malformed_request', 400],
    ['an empty body', ' ', 'malformed_request', 400],
  ])('refuses YAML with %s', async (_case, text, code, status) => {
    await refused(await send(text, 'application/yaml'), status, code);
    const { data } = await (await owner.call('GET', '/agents?search=evil')).json<{ data: Agent[] }>();
    expect(data).toEqual([]);
  });

  it('refuses JSON that is broken, too deep or no agent file, and other media types', async () => {
    await refused(await send('{"format":', 'application/json'), 400, 'malformed_json');
    await refused(await send('['.repeat(10_000), 'application/json'), 422, 'validation_failed');
    const problem = await refused(await send('{"format":"other"}', 'application/json'), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toContain('format');
    await refused(await send('format: x', 'text/plain'), 415, 'unsupported_media_type');
    const missing = await owner.call('POST', '/agents/import');
    await refused(missing, 400, 'malformed_request');
  });

  it('takes back what it exported of a draft of the largest size', async () => {
    const { id } = await newAgent(owner);
    // Short lines, deep down: what indentation makes largest.
    const prompt = 'Say yes or no to this.\n'.repeat(25_000);
    const definition = { nodes: [{ id: 'ask', type: 'ai.chat', config: { prompt } }], edges: [] };
    expect((await owner.call('PUT', `/agents/${id}/draft`, { body: definition })).status).toBe(200);
    for (const format of ['json', 'yaml']) {
      const text = await textOf(await owner.call('GET', `/agents/${id}/export?format=${format}`));
      expect((await send(text, `application/${format}`)).status).toBe(201);
    }
    const checked = await owner.call('POST', `/agents/${id}/validate`, { body: { definition } });
    expect(checked.status).toBe(200);
  });

  it('answers the same Idempotency-Key with the same agent', async () => {
    const text = file('definition: {nodes: [], edges: []}').replace('Evil', 'Once');
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await (await send(text, 'application/yaml', headers)).json<Agent>();
    const second = await (await send(text, 'application/yaml', headers)).json<Agent>();
    expect(second.id).toBe(first.id);
  });
});
