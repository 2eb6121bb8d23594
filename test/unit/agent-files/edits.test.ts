import { type AgentFiles, changesOf, definitionOf, filesOf, hunksOf } from '@agentflow/agent-files';
import { type AgentDefinition, agentDefinition } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { nastyDefinition } from '../../support/nasty-definitions.ts';
import { random, randomText } from '../../support/nasty-values.ts';

type Pick = (below: number) => number;

function editedText(pick: Pick, text: string): string {
  const lines = text.split('\n');
  const at = pick(lines.length);
  switch (pick(6)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[pick(lines.length)] ?? '');
      break;
    case 2:
      lines[at] = `${lines[at]}${randomText(pick)}`;
      break;
    case 3:
      lines[at] = (lines[at] ?? '').replace(/[a-z]+/, ['file', 'prompt', 'null', 'x'][pick(4)] ?? '');
      break;
    case 4:
      lines.splice(at, 0, `# ${randomText(pick)}`);
      break;
    default:
      lines[at] = (lines[at] ?? '').replace(/\d+/, String(pick(100)));
  }
  return lines.join('\n');
}

function editedFiles(pick: Pick, files: AgentFiles): AgentFiles {
  const paths = Object.keys(files);
  const path = paths[pick(paths.length)] ?? '';
  const { [path]: content = '', ...others } = files;
  switch (pick(8)) {
    case 0:
      return others;
    case 1:
      return {
        ...others,
        [`${['prompts', 'tools', 'knowledge', 'tests', 'x'][pick(5)]}/new.${['md', 'json'][pick(2)]}`]: content,
      };
    case 2:
      return { ...files, [path]: randomText(pick) };
    default:
      return { ...files, [path]: editedText(pick, content) };
  }
}

describe('edits of files', () => {
  it('are all in the draft that they make, or refused, or said to be unused', () => {
    let read = 0;
    for (let seed = 0; seed < 1200; seed++) {
      const pick = random(seed);
      let files = filesOf(nastyDefinition(pick));
      for (let edits = pick(3); edits >= 0; edits--) files = editedFiles(pick, files);
      const reading = definitionOf(files);
      if (!reading.ok) {
        expect(reading.problems.length, `seed ${seed}`).toBeGreaterThan(0);
        continue;
      }
      read++;
      const canonical = filesOf(reading.definition);
      expect(definitionOf(canonical), `seed ${seed}`).toMatchObject({
        ok: true,
        definition: reading.definition,
        unused: [],
      });
      expect(filesOf(reading.definition), `seed ${seed}`).toEqual(canonical);
      for (const path of Object.keys(files)) {
        if (!/^(prompts|tools)\//.test(path) || reading.unused.includes(path)) continue;
        // What was used is in the canonical form, under its own path or another one; a tool is laid out anew.
        const content = canonical[reading.moved.get(path) ?? path] ?? canonical['agent.yaml'] ?? '';
        if (path.startsWith('prompts/') && content !== canonical['agent.yaml'])
          expect(content, `seed ${seed}`).toBe(files[path]);
      }
    }
    expect(read).toBeGreaterThan(300);
  });

  it('of one file change the definition there and nowhere else', () => {
    for (let seed = 0; seed < 400; seed++) {
      const pick = random(seed);
      const definition = nastyDefinition(pick);
      const files = filesOf(definition);
      const path = Object.keys(files).find((each) => each.startsWith('prompts/') || each.startsWith('knowledge/'));
      if (path === undefined) continue;
      const content = `${randomText(pick)}\r\n${seed}`;
      const reading = definitionOf({ ...files, [path]: content });
      if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
      const changes = changesOf(files, filesOf(reading.definition));
      if (files[path] !== content) expect(changes, `seed ${seed}`).toMatchObject([{ path, change: 'changed' }]);
    }
  });
});

describe('edits of the graph', () => {
  const node = (id: string) => ({
    id,
    type: 'ai.chat',
    config: { model: 'a/b', prompt: `Say ${id}` },
    position: { x: 1, y: 2 },
  });
  const before: AgentDefinition = agentDefinition.parse({
    nodes: ['start', 'middle', 'end'].map(node),
    edges: [
      { id: 'e1', source: 'start', target: 'middle' },
      { id: 'e2', source: 'middle', target: 'end', source_handle: 'out' },
    ],
    knowledge: { terms: 'Terms' },
  });
  const changed = (after: AgentDefinition) =>
    changesOf(filesOf(before), filesOf(after)).map(({ path, change, hunks }) => `${change} ${path} ${hunks}`);

  it('that add a node touch no other', () => {
    const nodes = [...before.nodes.slice(0, 1), node('added'), ...before.nodes.slice(1)];
    const after = { ...before, nodes, edges: [...before.edges, { id: 'e3', source: 'added', target: 'end' }] };
    expect(changed(after)).toEqual(['changed agent.yaml 2', 'added prompts/added.prompt.md 1']);
    const [first, second] = hunksOf(filesOf(before)['agent.yaml'] ?? '', filesOf(after)['agent.yaml'] ?? '');
    expect(first?.before).toEqual([]);
    expect(first?.after).toHaveLength(6);
    expect(second).toMatchObject({ before: [], after: ['  - { id: "e3", source: added, target: end }'] });
  });

  it('that move a node change a line', () => {
    const nodes = before.nodes.map((each) => (each.id === 'middle' ? { ...each, position: { x: 5, y: 2 } } : each));
    expect(changed({ ...before, nodes })).toEqual(['changed agent.yaml 1']);
  });

  it('with a second node of the same id leave the first one its file', () => {
    const after = { ...before, nodes: [...before.nodes, { ...node('middle'), config: { prompt: 'Other' } }] };
    expect(changed(after)).toEqual(['changed agent.yaml 1', 'added prompts/middle-2.prompt.md 1']);
    const odd = { ...before, nodes: [{ ...node('Middle'), config: { prompt: 'Odd' } }, ...before.nodes] };
    expect(changed(odd)).toEqual(['changed agent.yaml 1', 'added prompts/Middle-2.prompt.md 1']);
  });

  it('read as a person would write them', () => {
    expect(filesOf(before)['agent.yaml']).toBe(`nodes:
  - id: start
    type: ai.chat
    config:
      model: a/b
      prompt: { file: prompts/start.prompt.md }
    position: { x: 1, "y": 2 }
  - id: middle
    type: ai.chat
    config:
      model: a/b
      prompt: { file: prompts/middle.prompt.md }
    position: { x: 1, "y": 2 }
  - id: end
    type: ai.chat
    config:
      model: a/b
      prompt: { file: prompts/end.prompt.md }
    position: { x: 1, "y": 2 }
edges:
  - { id: "e1", source: start, target: middle }
  - { id: "e2", source: middle, source_handle: out, target: end }
`);
  });
});

describe('what files refer to', () => {
  const read = (agent: string, more: Record<string, string> = {}) => definitionOf({ 'agent.yaml': agent, ...more });

  it('may be named as one likes, and gets the canonical name', () => {
    const reading = read('nodes: [{id: a, type: ai.chat, config: {prompt: {file: prompts/my words.md}}}]\nedges: []', {
      'prompts/my words.md': 'Hi',
    });
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    expect(reading.definition.nodes[0]?.config).toEqual({ prompt: 'Hi' });
    expect([...reading.moved]).toEqual([['prompts/my words.md', 'prompts/a.prompt.md']]);
  });

  it('keeps a value of its own that looks like a reference', () => {
    const value = { file: 'prompts/a.prompt.md' };
    const definition = agentDefinition.parse({
      nodes: [{ id: 'a', type: 'action.http', config: { body: value } }],
      edges: [],
    });
    expect(filesOf(definition)['agent.yaml']).toContain('$file: prompts/a.prompt.md');
    expect(definitionOf(filesOf(definition))).toMatchObject({ ok: true, definition });
    const wrong = read('nodes: [{id: a, type: action.http, config: {body: {file: x}}}]\nedges: []');
    expect(wrong).toMatchObject({ ok: false, problems: [{ path: 'agent.yaml', line: 1 }] });
  });

  it.each([
    ['no agent.yaml', {}, 'agent.yaml', 'is missing'],
    ['an empty agent.yaml', { 'agent.yaml': '# nothing\n' }, 'agent.yaml', 'is empty'],
    ['a list', { 'agent.yaml': '- a' }, 'agent.yaml', 'must be a map'],
    ['an alias', { 'agent.yaml': 'nodes: &a []\nedges: *a' }, 'agent.yaml', 'alias'],
    [
      'notes in agent.yaml',
      { 'agent.yaml': 'nodes: []\nedges: []\nknowledge: {a: x}' },
      'agent.yaml',
      'files of their own',
    ],
    [
      'a path that leads out',
      { 'agent.yaml': 'nodes: []\nedges: []', 'prompts/../x.md': '' },
      'prompts/../x.md',
      'no file of an agent',
    ],
    [
      'too many files',
      Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`knowledge/n${at}.md`, ''])),
      '',
      '501 files',
    ],
    [
      'too many notes',
      {
        'agent.yaml': 'nodes: []\nedges: []',
        ...Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`knowledge/n${at}.md`, ''])),
      },
      'agent.yaml',
      'at most 50',
    ],
    ['a file that is too large', { 'agent.yaml': 'x'.repeat(1024 * 1024 + 1) }, 'agent.yaml', 'larger than'],
    [
      'too much together',
      { 'prompts/a.md': 'x'.repeat(1024 * 1024), 'prompts/b.md': 'x'.repeat(1024 * 1024) },
      '',
      'together',
    ],
    [
      'nesting',
      { 'agent.yaml': `nodes: []\nedges: []\ninput_schema: {a: ${'['.repeat(61)}${']'.repeat(61)}}` },
      null,
      '',
    ],
    ['endless nesting', { 'agent.yaml': '['.repeat(100_000) }, 'agent.yaml', 'nested deeper'],
  ])('tells of %s', (_words, files, path, reason) => {
    const reading = definitionOf(files as AgentFiles);
    if (path === null) {
      expect(reading.ok).toBe(true);
      return;
    }
    expect(!reading.ok && reading.problems[0]?.path).toBe(path);
    expect(!reading.ok && reading.problems[0]?.message).toContain(reason);
  });
});
