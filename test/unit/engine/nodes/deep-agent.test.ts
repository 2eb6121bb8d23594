import { type JsonValue, nodeType } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { seeded } from '../scheduler/simulate.ts';
import { type LoopOptions, type LoopRun, loop, type Said } from './tool-loop.ts';

const call = (name: string, given: JsonValue) => ({ name, arguments: given });
const write = (path: string, content: string) => call('write_file', { path, content });
const edit = (path: string, old_text: string, new_text: string, more: object = {}) =>
  call('edit_file', { path, old_text, new_text, ...more });
const task = (helper: string, description: string) => call('task', { helper, description });

function deep(turns: LoopOptions['turns'], more: Partial<LoopOptions> = {}, own: Record<string, JsonValue> = {}) {
  return loop({ turns, ...more, config: { tools: [], deep: own, max_turns: 50, ...more.config } });
}

/** What the model was told of the tools of its last turn. */
function told(run: LoopRun): string[] {
  const { messages } = run.asked.at(-1) ?? { messages: [] };
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.slice(last + 1).map(({ content }) => content);
}

function output(run: LoopRun): Record<string, JsonValue> {
  if (run.result.kind !== 'completed') expect.fail(JSON.stringify(run.result));
  return run.result.output as Record<string, JsonValue>;
}

describe('files of a deep agent', () => {
  it('sees in each call what those before it in the turn have written', async () => {
    const calls = [
      write('a.md', 'one two one'),
      edit('a.md', 'two', '2'),
      call('read_file', { path: '/a.md' }),
      edit('./a.md', 'one', '1', { replace_all: true }),
      write('notes/b.md', 'B'),
      call('ls', {}),
      call('glob', { pattern: '**/*.md' }),
      call('grep', { pattern: '^1', regex: true }),
      call('delete_file', { path: 'notes/b.md' }),
      call('ls', { path: 'notes' }),
    ];
    const run = await deep([{ calls }, { text: 'Done' }]);
    expect(told(run)).toEqual([
      'Wrote a.md: 11 characters.',
      'Replaced one piece of a.md.',
      '1\tone 2 one',
      'Replaced 2 pieces of a.md.',
      'Wrote notes/b.md: 1 characters.',
      'a.md (5)\nnotes/',
      'a.md\nnotes/b.md',
      'a.md:1: 1 2 1',
      'Deleted notes/b.md.',
      'file_not_found: There is no such folder.',
    ]);
    expect(output(run)).toMatchObject({ text: 'Done', files: ['a.md'], tool_calls: 10 });
    expect(run.folder.version('a.md')).toBe(3);
  });

  it('refuses what can’t be done, in words that help', async () => {
    const calls = [
      edit('none.md', 'a', 'b'),
      edit('a.md', 'x', 'y'),
      edit('a.md', 'a', 'b'),
      edit('a.md', '', 'b'),
      write('../up.md', ''),
      write('a//b.md', ''),
      call('read_file', { path: 'a.md', offset: 9 }),
      call('grep', { pattern: '(', regex: true }),
      call('write_file', { path: 'a.md' }),
      edit('big.md', 'x', 'xx', { replace_all: true }),
    ];
    const big = 'x'.repeat(600_000);
    const run = await deep([{ calls }, { text: 'Done' }], { files: { 'a.md': 'a a', 'big.md': big } });
    expect(told(run)).toEqual([
      'file_not_found: There is no file "none.md".',
      expect.stringContaining('does not stand in the file'),
      expect.stringContaining('stands in the file 2 times'),
      expect.stringContaining('old_text is empty'),
      expect.stringContaining('"../up.md" must not have the segments'),
      expect.stringContaining('must be a path like'),
      expect.stringContaining('has 1 lines, so none from 9'),
      expect.stringContaining('not valid'),
      expect.stringContaining('content'),
      expect.stringContaining('a file has at most 1048576'),
    ]);
    expect(run.folder.contents()).toEqual({ 'a.md': 'a a', 'big.md': big });
  });

  it('keeps no more files and characters than a workspace may hold', async () => {
    const half = 'x'.repeat(1024 * 1024);
    const files = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, '']));
    const many = await deep([{ calls: [write('one-more', ''), write('f1', 'y')] }, { text: 'Done' }], { files });
    expect(told(many)).toEqual([expect.stringContaining('There would be 501 files'), 'Wrote f1: 1 characters.']);
    const large = await deep([{ calls: [write('c', 'zz')] }, { text: 'Done' }], {
      files: { a: half.slice(2), b: half.slice(2) },
    });
    expect(told(large)[0]).toContain('at most 2097152');
    const back = (index: number) => edit('a', index % 2 === 0 ? 'A' : 'B', index % 2 === 0 ? 'B' : 'A');
    const often = Array.from({ length: 4 }, () => ({ calls: Array.from({ length: 16 }, (_, index) => back(index)) }));
    const rewritten = await deep([...often, { text: 'Done' }], { files: { a: `A${half.slice(1)}` } });
    expect(told(rewritten)[14]).toBe('Replaced one piece of a.');
    expect(told(rewritten)[15]).toContain('All that was ever written');
  });

  it('begins with the notes of the definition and its own files, which come before those of agents before it', async () => {
    const own = { files: { 'draft.md': 'mine', 'same.md': 'same' } };
    const before = { 'draft.md': 'theirs', 'same.md': 'same', 'knowledge/a.md': 'changed' };
    const run = await deep([{ text: 'Done' }], { files: before, notes: { a: 'A', b: 'B' } }, own);
    expect(run.folder.contents()).toEqual({
      'draft.md': 'mine',
      'same.md': 'same',
      'knowledge/a.md': 'changed',
      'knowledge/b.md': 'B',
    });
    expect(run.folder.version('same.md')).toBe(1);
    expect(output(run).files).toEqual(['draft.md', 'knowledge/a.md', 'knowledge/b.md', 'same.md']);
  });

  it('takes its files from an expression, and refuses what is none', async () => {
    const files = { files: '{{trigger.files}}' };
    const run = await deep([{ text: 'Done' }], { trigger: { files: { 'a.md': 'A' } } }, files);
    expect(run.folder.contents()).toEqual({ 'a.md': 'A' });
    const none = await deep([{ text: 'Done' }], { trigger: {} }, files);
    expect(none.folder.contents()).toEqual({});
    const wrong = await deep([{ text: 'Done' }], { trigger: { files: { '../a': 'A' } } }, files);
    expect(wrong.result).toMatchObject({ kind: 'failed', error: { code: 'config_invalid' } });
  });

  it('has the same files after any deaths, and those that a plain map has', async () => {
    let deaths = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { turns, expected, answers } = randomScript(seeded(seed));
      const dice = seeded(seed * 31);
      const run = await deep(turns, { dies: () => dice() < 0.15 });
      deaths += run.deaths;
      expect(run.folder.contents(), `seed ${seed}`).toEqual(expected);
      const reads = run.calls.filter(({ request }) => (request as { tool?: string }).tool === 'read_file');
      expect(
        reads.map(({ output: given, error }) => (error === null ? given : null)),
        `seed ${seed}`,
      ).toEqual(answers);
      expect(new Set(run.calls.map(({ id }) => id)).size).toBe(run.calls.length);
    }
    expect(deaths).toBeGreaterThan(300);
  });
});

/** Turns with random file operations, the files that a plain map has after them, and what each read gives. */
function randomScript(random: () => number) {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  const paths = ['a', 'b', 'c/d', 'c/e'];
  const words = ['x', 'yy', 'x-yy', ''];
  const map = new Map<string, string>();
  const answers: (string | null)[] = [];
  const operation = () => {
    const [path, text, other] = [pick(paths), pick(words), pick(words)];
    const before = map.get(path);
    const kind = random();
    if (kind < 0.35) {
      map.set(path, text);
      return write(path, text);
    }
    if (kind < 0.6) {
      const count = text === '' || before === undefined ? 0 : before.split(text).length - 1;
      if (before !== undefined && count === 1)
        map.set(
          path,
          before.replace(text, () => other),
        );
      return edit(path, text, other);
    }
    if (kind < 0.75) {
      map.delete(path);
      return call('delete_file', { path });
    }
    answers.push(before === undefined ? null : `1\t${before}`);
    return call('read_file', { path });
  };
  const turns: Said[] = Array.from({ length: 1 + Math.floor(random() * 6) }, () => ({
    calls: Array.from({ length: 1 + Math.floor(random() * 6) }, operation),
  }));
  return { turns: [...turns, { text: 'Done' }], expected: Object.fromEntries(map), answers };
}

describe('a long conversation of a deep agent', () => {
  it('goes on without the large pieces of turns long past, which the files have', async () => {
    const chapter = (index: number) => `${index} ${'word '.repeat(24_000)}`;
    const writing = Array.from({ length: 30 }, (_, index) => ({ calls: [write('draft.md', chapter(index))] }));
    const run = await deep([...writing, { text: 'Done' }]);
    expect(output(run)).toMatchObject({ ended_by: 'answer', turns: 31 });
    expect(run.folder.read('draft.md')).toBe(chapter(29));
    const sizes = run.asked.map(({ messages }) => JSON.stringify(messages).length);
    expect(Math.max(...sizes)).toBeLessThan(700_000);
    const last = run.asked.at(-1)?.messages ?? [];
    expect(last).toHaveLength(2 + 60);
    const given = last.flatMap((message) => ('tool_calls' in message ? (message.tool_calls ?? []) : []));
    const written = given.map((each) => (each.arguments as { content: string }).content);
    expect(written[0]).toMatch(/^0 word .*left out here: \d+ characters/);
    expect(written.at(-1)).toBe(chapter(29));
    const plain = await loop({
      turns: writing.map(() => ({ calls: [call('calculator', { expression: '1'.padEnd(120_000) })] })),
      config: { max_turns: 50 },
    });
    expect(plain.result).toMatchObject({ kind: 'failed', error: { code: 'agent_conversation_too_large' } });
  });
});

describe('plan, people and helpers of a deep agent', () => {
  it('keeps the newest plan, and refuses one that is none', async () => {
    const plan = (status: string) => call('write_todos', { todos: [{ content: 'Look', status }] });
    const run = await deep([{ calls: [plan('pending'), plan('in_progress'), plan('maybe')] }, { text: 'Done' }]);
    expect(run.todos).toEqual([{ content: 'Look', status: 'in_progress' }]);
    expect(told(run)[2]).toContain('tool_arguments_invalid');
    const without = await deep([{ calls: [plan('pending')] }, { text: 'Done' }], {}, { planning: false });
    expect(told(without)[0]).toContain('tool_unknown');
    expect(without.asked[0]?.messages[0]?.content).not.toContain('write_todos');
  });

  it('asks a person with a form, also in a test, and is given the answer', async () => {
    const turns = [{ calls: [call('ask_person', { question: 'Which colour?' })] }, { text: 'Blue it is.' }];
    const asked = await deep(turns, { mode: 'test' }, { ask_people: true });
    expect(asked.result).toMatchObject({
      kind: 'waiting',
      reason: 'approval',
      ask: { kind: 'form', message: 'Which colour?', form_schema: { required: ['answer'] } },
    });
    const decided_by = { type: 'user', id: 'usr_1', name: 'Ada' } as const;
    const decision = { decision: 'approve', comment: '', form: { answer: 'Blue' }, payload: null } as const;
    const run = await deep(
      turns,
      { decision: () => ({ ...decision, decided_by, decided_at: 1 }) },
      { ask_people: true },
    );
    expect(told(run)).toEqual(['Blue']);
  });

  const HELPERS = {
    helpers: [
      { name: 'reader', description: 'Reads.', model: 'openai/reader', system: 'You read.', tools: ['calculator'] },
      { name: 'writer', description: 'Writes.', model: 'openai/writer', max_turns: 2 },
    ],
  };
  const TOOLS = {
    tools: [
      { kind: 'builtin', name: 'calculator' },
      { kind: 'builtin', name: 'current_time' },
    ],
  };

  it('hands parts to helpers, each with a conversation of its own, and takes back their answers alone', async () => {
    const run = await deep(
      [
        { calls: [write('in.md', '20+22'), task('reader', 'Compute in.md'), task('writer', 'Write out.md')] },
        { text: 'Both are done.' },
      ],
      {
        config: TOOLS,
        scripts: {
          'openai/reader': [
            { calls: [call('read_file', { path: 'in.md' })] },
            { calls: [call('calculator', { expression: '20+22' }), call('current_time', {}), task('reader', 'More')] },
            { text: 'It is 42.' },
          ],
          'openai/writer': [{ calls: [write('out.md', 'OUT')] }, { text: 'Written.' }],
        },
      },
      HELPERS,
    );
    expect(output(run)).toMatchObject({ text: 'Both are done.', turns: 2, files: ['in.md', 'out.md'] });
    expect(told(run)).toEqual(['Wrote in.md: 5 characters.', 'It is 42.', 'Written.']);
    const ids = run.calls.map(({ id }) => id);
    expect(ids).toEqual([
      't1',
      't1.0',
      't1.1/t1',
      't1.1/t1.0',
      't1.1/t2',
      't1.1/t2.0',
      't1.1/t2.1',
      't1.1/t2.2',
      't1.1/t3',
      't1.1',
      't1.2/t1',
      't1.2/t1.0',
      't1.2/t2',
      't1.2',
      't2',
    ]);
    const own = run.asked.filter(({ model }) => model === 'openai/reader');
    expect(own[0]?.messages).toMatchObject([
      { role: 'system', content: expect.stringMatching(/^You read\./) },
      { role: 'user', content: 'Compute in.md' },
    ]);
    expect(own[0]?.tools?.map(({ name }) => name)).toEqual([
      'calculator',
      ...['ls', 'read_file', 'write_file', 'edit_file', 'delete_file', 'glob', 'grep'],
    ]);
    const refused = run.calls.filter(({ error }) => error !== null);
    expect(refused.map(({ id, error }) => [id, error?.code])).toEqual([
      ['t1.1/t2.1', 'tool_unknown'],
      ['t1.1/t2.2', 'tool_unknown'],
    ]);
    expect(run.calls.find(({ id }) => id === 't1.1')?.output).toEqual({
      answer: 'It is 42.',
      ended_by: 'answer',
      turns: 3,
      tool_calls: 4,
      total_tokens: 45,
    });
    expect(output(run).total_tokens, 'all turns, those of helpers included').toBe(7 * 15);
  });

  it('tells the model of a helper that fails, and lets one at its limit say what it has', async () => {
    const run = await deep(
      [{ calls: [task('reader', 'A'), task('writer', 'B'), task('nobody', 'C')] }, { text: 'Sorry.' }],
      {
        config: TOOLS,
        scripts: {
          'openai/reader': [{ fails: 'model_unavailable' }],
          'openai/writer': [{ calls: [call('ls', {})] }, { calls: [call('ls', {})] }, { text: 'Half of it.' }],
        },
      },
      HELPERS,
    );
    expect(told(run)).toEqual([
      'model_unavailable: It failed.',
      'Half of it.',
      expect.stringContaining('tool_arguments_invalid'),
    ]);
    expect(run.calls.find(({ id }) => id === 't1.1')?.output).toMatchObject({ ended_by: 'turns', turns: 3 });
  });

  it('counts the tokens of helpers toward the ceiling, for them and for itself', async () => {
    const scripts = { 'openai/writer': [{ calls: [call('ls', {})] }, { text: 'Short.' }] };
    const turns = [{ calls: [task('writer', 'B')] }, { calls: [task('writer', 'B')] }];
    const run = await deep(turns, { config: { ...TOOLS, max_total_tokens: 30 }, scripts }, HELPERS);
    expect(run.calls.find(({ id }) => id === 't1.0')?.output).toMatchObject({ answer: 'Short.', ended_by: 'tokens' });
    expect(run.result).toMatchObject({ kind: 'failed', error: { code: 'agent_tokens_exceeded' } });
    expect(run.asked).toHaveLength(4);
  });

  it('makes no call twice whenever it dies, those of helpers included', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const dice = seeded(seed);
      const run = await deep(
        [{ calls: [task('writer', 'B'), write('a', 'A'), task('reader', 'C')] }, { text: 'Done' }],
        {
          config: TOOLS,
          dies: () => dice() < 0.3,
          scripts: {
            'openai/reader': [{ text: 'Read.' }],
            'openai/writer': [{ calls: [write('b', 'B')] }, { text: 'Written.' }],
          },
        },
        HELPERS,
      );
      expect(output(run).files).toEqual(['a', 'b']);
      expect(new Set(run.calls.map(({ id }) => id)).size).toBe(run.calls.length);
    }
  });
});

describe('a word to a deep agent', () => {
  it('is heard by the next turn, once', async () => {
    const look = { calls: [call('ls', {})] };
    const run = await deep([look, look, look, { text: 'Done' }], { said: [{ after: 2, text: 'Be brief.' }] });
    const heard = run.asked.map(({ messages }) => messages.filter(({ content }) => content === 'Be brief.').length);
    expect(heard).toEqual([0, 1, 1, 1]);
    expect(run.asked[1]?.messages.at(-1)).toEqual({ role: 'user', content: 'Be brief.' });
  });

  it('leads to another turn after an answer, but not beyond the limit', async () => {
    const said = [{ after: 1, text: 'And in French?' }];
    const run = await deep([{ text: 'Yes.' }, { text: 'Oui.' }], { said });
    expect(output(run)).toMatchObject({ text: 'Oui.', turns: 2 });
    const limited = await deep([{ text: 'Yes.' }], { said, config: { max_turns: 1 } });
    expect(output(limited)).toMatchObject({ text: 'Yes.', turns: 1 });
    expect(limited.result).toMatchObject({ workspace: { heard: 1 } });
  });
});

describe('the config of a deep agent', () => {
  const problems = (config: object) => {
    const parsed = nodeType('ai.agent')?.config.safeParse({ model: 'openai/gpt-4o-mini', prompt: 'Do it', ...config });
    return (parsed?.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
  };
  const tool = (name: string) => ({ kind: 'http', name, description: 'Calls.', url: 'https://example.com' });
  const helper = (more: object) => ({ name: 'reader', description: 'Reads.', ...more });

  it('needs no tools of its author, and takes no names of its own tools', () => {
    expect(problems({ deep: {} })).toEqual([]);
    expect(problems({})).toEqual(['tools must have at least one tool, unless this is a deep agent']);
    expect(problems({ tools: [tool('grep'), tool('task')], deep: {} })).toEqual([
      expect.stringContaining('tools.0.name is the name of a tool that every deep agent'),
    ]);
    expect(problems({ tools: [tool('task')], deep: { helpers: [helper({})] } })).toHaveLength(1);
    expect(problems({ tools: [tool('ask_person')], deep: {} })).toEqual([]);
    expect(problems({ tools: [{ kind: 'builtin', name: 'check_agent' }] })).toEqual([
      'tools.0.name reads files, which only a deep agent has',
    ]);
  });

  it('names helpers once, and of their tools only those that there are', () => {
    const tools = [tool('one')];
    expect(problems({ tools, deep: { helpers: [helper({ tools: ['one', 'two'] })] } })).toEqual([
      'deep.helpers.0.tools.1 is not a tool of this agent: "two"',
    ]);
    const server = { kind: 'mcp', server_url: 'https://mcp.example.com' };
    expect(problems({ tools: [server], deep: { helpers: [helper({ tools: ['two'] })] } })).toEqual([]);
    expect(problems({ deep: { helpers: [helper({}), helper({})] } })).toEqual([
      'deep.helpers must have different names',
    ]);
    expect(problems({ deep: { files: 'not files' } })).toHaveLength(1);
    expect(problems({ deep: { files: '{{trigger.files}}' } })).toEqual([]);
  });
});
