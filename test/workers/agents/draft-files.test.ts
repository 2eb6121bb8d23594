import { env } from 'cloudflare:workers';
import {
  type AgentDefinition,
  draftFileContent,
  draftFiles,
  LIMITS,
  type SavedDraftFile,
  savedDraftFile,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkDraftFiles } from '../../../workers/domains/agents/index.ts';
import { auditOf, type Caller, newAgent, newOwner, refused, withScopes } from './caller.ts';

let owner: Caller;
beforeAll(async () => {
  owner = await newOwner();
});

const definition: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    {
      id: 'answer',
      type: 'ai.agent',
      config: {
        model: 'anthropic/claude-haiku-4-5',
        prompt: 'Answer {{trigger.message}}\n',
        tools: [
          { kind: 'builtin', name: 'calculator' },
          { kind: 'http', name: 'find', description: 'Finds.', url: 'https://shop.example/orders' },
        ],
      },
    },
  ],
  edges: [{ id: 'e1', source: 'start', target: 'answer' }],
  knowledge: { terms: '# Terms\n' },
};

async function newDraft(): Promise<string> {
  const { id } = await newAgent(owner, { definition });
  return `/agents/${id}/draft`;
}

async function paths(draft: string): Promise<string[]> {
  const response = await owner.call('GET', `${draft}/files`);
  expect(response.status).toBe(200);
  const list = draftFiles.parse(await response.json());
  expect(response.headers.get('etag')).toBe(`"${list.draft_version}"`);
  return list.data.map(({ path }) => path);
}

async function content(draft: string, path: string): Promise<string> {
  const response = await owner.call('GET', `${draft}/files/${path}`);
  expect(response.status).toBe(200);
  return draftFileContent.parse(await response.json()).content;
}

async function put(draft: string, path: string, text: string, headers = {}): Promise<SavedDraftFile> {
  const response = await owner.call('PUT', `${draft}/files/${path}`, { body: { content: text }, headers });
  expect(response.status, await response.clone().text()).toBe(200);
  return savedDraftFile.parse(await response.json());
}

async function graph(draft: string): Promise<AgentDefinition> {
  return (await owner.call('GET', draft)).json<AgentDefinition>();
}

describe('files of a draft', () => {
  it('are the graph, by path, with slashes as they are or escaped', async () => {
    const draft = await newDraft();
    expect(await paths(draft)).toEqual([
      'agent.yaml',
      'knowledge/terms.md',
      'prompts/answer.prompt.md',
      'tools/answer.calculator.json',
      'tools/answer.find.json',
    ]);
    expect(await content(draft, 'prompts/answer.prompt.md')).toBe('Answer {{trigger.message}}\n');
    expect(await content(draft, 'prompts%2Fanswer.prompt.md')).toBe('Answer {{trigger.message}}\n');
    await refused(await owner.call('GET', `${draft}/files/prompts/other.md`), 404, 'not_found');
  });

  it('show what is saved as a graph, and the graph what is written as a file', async () => {
    const draft = await newDraft();
    await put(draft, 'prompts/answer.prompt.md', 'Be brief.\r\n');
    await put(draft, 'tests/greets.json', '{"input": {"message": "Hi"}}');
    const saved = await graph(draft);
    expect(saved.nodes[1]?.config.prompt).toBe('Be brief.\r\n');
    expect(saved.tests).toEqual({ greets: { input: { message: 'Hi' } } });

    const config = { ...saved.nodes[1]?.config, prompt: 'From the graph', tools: [] };
    const nodes = [saved.nodes[0], { ...saved.nodes[1], config }];
    await owner.call('PUT', draft, { body: { ...saved, nodes } });
    expect(await content(draft, 'prompts/answer.prompt.md')).toBe('From the graph');
    expect(await paths(draft)).not.toContain('tools/answer.find.json');
  });

  it('keep everything else of the definition when one is written', async () => {
    const draft = await newDraft();
    const before = await graph(draft);
    await put(draft, 'knowledge/terms.md', 'New');
    expect(await graph(draft)).toEqual({ ...before, knowledge: { terms: 'New' } });
  });

  it('put a text that is written in agent.yaml in a file of its own, and take those away that lost their node', async () => {
    const draft = await newDraft();
    const text = (await content(draft, 'agent.yaml')).replace('{ file: prompts/answer.prompt.md }', '"Hello"');
    expect((await put(draft, 'agent.yaml', text)).removed).toEqual(['prompts/answer.prompt.md']);
    expect(await content(draft, 'prompts/answer.prompt.md')).toBe('Hello');
    const { removed } = await put(draft, 'agent.yaml', 'nodes: []\nedges: []\n');
    expect(removed).toEqual(['prompts/answer.prompt.md', 'tools/answer.calculator.json', 'tools/answer.find.json']);
    expect(await paths(draft)).toEqual(['agent.yaml', 'knowledge/terms.md']);
  });

  it('answer a tool under the name that it was given', async () => {
    const draft = await newDraft();
    const text = (await content(draft, 'tools/answer.find.json')).replace('"find"', '"search"');
    expect((await put(draft, 'tools/answer.find.json', text)).path).toBe('tools/answer.search.json');
    expect(await paths(draft)).toContain('tools/answer.search.json');
  });

  it('are deleted with their ETag, unless agent.yaml refers to them', async () => {
    const draft = await newDraft();
    const gone = await owner.call('DELETE', `${draft}/files/knowledge/terms.md`, { headers: { 'If-Match': '"1"' } });
    expect(gone.status).toBe(204);
    expect(gone.headers.get('etag')).toBe('"2"');
    expect((await graph(draft)).knowledge).toBeUndefined();
    await refused(await owner.call('DELETE', `${draft}/files/knowledge/terms.md`), 404, 'not_found');
    const kept = await refused(
      await owner.call('DELETE', `${draft}/files/tools/answer.find.json`),
      422,
      'validation_failed',
    );
    expect(kept.errors?.[0]?.path).toMatch(/^agent\.yaml:\d+$/);
    expect(kept.errors?.[0]?.message).toContain('tools/answer.find.json');
    await refused(await owner.call('DELETE', `${draft}/files/agent.yaml`), 422, 'validation_failed');
    expect((await graph(draft)).nodes).toEqual(definition.nodes);
  });

  it.each([
    ['agent.yaml', 'nodes: []\nedges: [\n', 'agent.yaml:3', 'YAML'],
    ['agent.yaml', 'nodes: []\nedges: []\nextra: 1\n', 'agent.yaml:3', 'extra'],
    ['agent.yaml', 'nodes:\n  - id: a\n    type: x\n    config: 1\nedges: []\n', 'agent.yaml:4', 'nodes.0.config'],
    ['tools/answer.find.json', '{\n  "kind": \n}', 'tools/answer.find.json:3', 'JSON'],
    ['tools/answer.find.json', '{"a": 1, "a": 2}', 'tools/answer.find.json', 'twice'],
    ['tests/x.json', '[]', 'tests/x.json:1', 'tests.x'],
    ['prompts/other.md', 'x', 'prompts/other.md', 'not used'],
    ['notes.txt', 'x', 'notes.txt', 'no file of an agent'],
    ['knowledge/a b.md', 'x', 'knowledge/a b.md', '1 to 80'],
  ])('refuse %s with file, line and reason, and store nothing', async (path, text, place, reason) => {
    const draft = await newDraft();
    const response = await owner.call('PUT', `${draft}/files/${path}`, { body: { content: text } });
    const { errors } = await refused(response, 422, 'validation_failed');
    expect(errors?.[0]?.path).toBe(place);
    expect(errors?.[0]?.message).toContain(reason);
    expect(await graph(draft)).toEqual(definition);
  });

  it('refuse a draft that is too large, and take one that is not by a little', async () => {
    const draft = await newDraft();
    const response = await owner.call('PUT', `${draft}/files/knowledge/big.md`, {
      body: { content: 'x'.repeat(LIMITS.definition_bytes - 100) },
    });
    const { errors } = await refused(response, 422, 'validation_failed');
    expect(errors?.[0]?.message).toContain('larger than');
    await put(draft, 'knowledge/big.md', 'x'.repeat(LIMITS.definition_bytes - 2000));
  });

  it('are written at the revision that was read, or at none', async () => {
    const draft = await newDraft();
    await put(draft, 'knowledge/terms.md', 'one', { 'If-Match': '"1"' });
    const late = await owner.call('PUT', `${draft}/files/knowledge/terms.md`, {
      body: { content: 'two' },
      headers: { 'If-Match': '"1"' },
    });
    await refused(late, 412, 'precondition_failed');
    expect(await content(draft, 'knowledge/terms.md')).toBe('one');
  });

  it('lose no write where several are written at once', async () => {
    const draft = await newDraft();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => put(draft, `knowledge/${name}.md`, name)));
    const { knowledge } = await graph(draft);
    expect(Object.keys(knowledge ?? {}).sort()).toEqual([...names, 'terms']);
  });

  it('tell the audit log which file was written', async () => {
    const draft = await newDraft();
    await put(draft, 'knowledge/terms.md', 'secret of the test');
    const entries = await auditOf(owner, draft.split('/')[2] ?? '');
    expect(entries.at(-1)).toMatchObject({ action: 'agent.draft_saved', details: { file: 'knowledge/terms.md' } });
    expect(JSON.stringify(entries)).not.toContain('secret of the test');
  });

  it('are for those who may read and write agents of this organization', async () => {
    const draft = await newDraft();
    const stranger = await newOwner();
    await refused(await stranger.call('GET', `${draft}/files`), 404, 'not_found');
    await refused(
      await stranger.call('PUT', `${draft}/files/agent.yaml`, { body: { content: 'x' } }),
      404,
      'not_found',
    );
    const reader = await withScopes(owner, ['agents:read']);
    expect((await reader.call('GET', `${draft}/files/agent.yaml`)).status).toBe(200);
    await refused(await reader.call('PUT', `${draft}/files/agent.yaml`, { body: { content: 'x' } }), 403, 'forbidden');
    await refused(await reader.call('DELETE', `${draft}/files/knowledge/terms.md`), 403, 'forbidden');
  });
});

describe('checking files', () => {
  const check = async (files: Record<string, string>) => {
    const { id } = await newAgent(owner);
    return checkDraftFiles(env, owner.organizationId, id, files);
  };

  it('tells what keeps them from being a draft', async () => {
    expect(await check({ 'agent.yaml': 'nodes: 1\nedges: []' })).toMatchObject([
      { path: 'agent.yaml', line: 1, severity: 'error' },
    ]);
  });

  it('tells what validation says, where it stands', async () => {
    const agent = [
      'nodes:',
      '  - {id: start, type: trigger.manual, config: {}}',
      '  - id: answer',
      '    type: ai.agent',
      '    config:',
      '      model: anthropic/claude-haiku-4-5',
      '      prompt: {file: prompts/p.md}',
      '      tools: [{file: tools/t.json}]',
      '      nonsense: 1',
      'edges: [{id: e1, source: start, target: answer}]',
    ].join('\n');
    const problems = await check({
      'agent.yaml': agent,
      'prompts/p.md': 'Hello {{nobody.output}}',
      'prompts/unused.md': '',
      'tools/t.json': '{\n  "kind": "builtin",\n  "name": "abacus"\n}',
    });
    const places = problems.map(({ path, line, severity }) => `${severity} ${path}:${line}`);
    expect(places).toContain('error prompts/p.md:null');
    expect(places).toContain('error tools/t.json:3');
    expect(places).toContain('warning prompts/unused.md:null');
    expect(problems.find(({ message }) => message.includes('nonsense'))?.path).toBe('agent.yaml');
  });

  it('has nothing to say of a draft that can be published', async () => {
    const agent = 'nodes: [{id: start, type: trigger.manual, config: {}}]\nedges: []\n';
    expect((await check({ 'agent.yaml': agent })).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
