import type { AgentDefinition } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  freeName,
  isFull,
  nameProblem,
  renamedEntry,
  withEntry,
  withoutEntry,
} from '../../../../web/src/features/builder/notes/entries.ts';
import { languageOf, stylesOf } from '../../../../web/src/features/text-editor/text-stretches.ts';

const bare: AgentDefinition = { nodes: [], edges: [] };

describe('notes and tests of a draft', () => {
  const two = withEntry(withEntry(bare, 'knowledge', 'refunds', '# Refunds'), 'knowledge', 'tone', 'Be kind');

  it('come, change, and go without a trace', () => {
    expect(two.knowledge).toEqual({ refunds: '# Refunds', tone: 'Be kind' });
    expect(withEntry(two, 'knowledge', 'tone', 'Be brief').knowledge?.tone).toBe('Be brief');
    expect(withoutEntry(withoutEntry(two, 'knowledge', 'tone'), 'knowledge', 'refunds')).toEqual(bare);
    expect(withEntry(two, 'tests', 'one', { input: {} })).toMatchObject({ tests: { one: { input: {} } } });
  });

  it('keep their place under another name', () => {
    expect(Object.keys(entriesOf(renamedEntry(two, 'knowledge', 'refunds', 'money'), 'knowledge'))).toEqual([
      'money',
      'tone',
    ]);
  });

  it('are called like files, each by a name of its own', () => {
    expect(nameProblem('refund-rules_2', two.knowledge ?? {})).toBeNull();
    for (const name of ['', 'a b', '../x', '-x', 'x'.repeat(81)]) expect(nameProblem(name, {})).not.toBeNull();
    expect(nameProblem('tone', two.knowledge ?? {})).toContain('already');
    expect(freeName('tone', two.knowledge ?? {})).toBe('tone-2');
    expect(isFull(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`n${index}`, ''])))).toBe(true);
  });
});

describe('colours of a text', () => {
  const styled = (text: string, path: string) =>
    stylesOf(text, languageOf(path)).map(({ from, to, style }) => [style, text.slice(from, to)]);

  it('of JSON', () => {
    expect(styled('{"a": "b", "n": -1.5, "t": null}', 'tests/one.json')).toEqual([
      ['key', '"a"'],
      ['text', '"b"'],
      ['key', '"n"'],
      ['number', '-1.5'],
      ['key', '"t"'],
      ['literal', 'null'],
    ]);
  });

  it('of YAML', () => {
    expect(
      styled('nodes:\n  - id: start # first\n    type: "x: y"\n    count: 3\n    on: true\n', 'agent.yaml'),
    ).toEqual([
      ['key', 'nodes'],
      ['key', 'id'],
      ['comment', '# first'],
      ['key', 'type'],
      ['text', '"x: y"'],
      ['key', 'count'],
      ['number', '3'],
      ['key', 'on'],
      ['literal', 'true'],
    ]);
  });

  it('of Markdown, with its expressions', () => {
    expect(styled('# Tone\n- Say {{trigger.name}} and `code`', 'prompts/answer.prompt.md')).toEqual([
      ['heading', '# Tone'],
      ['key', '- '],
      ['expression', '{{trigger.name}}'],
      ['text', '`code`'],
    ]);
    expect(styled('# any', 'LICENSE')).toEqual([]);
  });
});
