import {
  type AgentFiles,
  approvalHash,
  changesOf,
  chooseChanges,
  filesOf,
  hunksOf,
  mergeFiles,
} from '@agentflow/agent-files';
import { describe, expect, it } from 'vitest';
import { nastyDefinition } from '../../support/nasty-definitions.ts';
import { random } from '../../support/nasty-values.ts';

type Pick = (below: number) => number;

/** Files whose lines repeat, so that edits have more than one reading. */
function someFiles(pick: Pick): AgentFiles {
  const paths = ['a.md', 'b.md', 'c.md'].filter(() => pick(4) > 0);
  return Object.fromEntries(
    paths.map((path) => [path, Array.from({ length: pick(12) }, () => 'xyz'[pick(4)] ?? '').join('\n')]),
  );
}

function edited(pick: Pick, files: AgentFiles): AgentFiles {
  const entries = Object.entries(files).flatMap(([path, content]): [string, string][] => {
    if (pick(6) === 0) return [];
    const lines = content
      .split('\n')
      .flatMap((line) => (pick(5) === 0 ? [] : pick(5) === 0 ? [line, `new ${pick(3)}`] : [line]));
    return [[path, lines.join('\n')]];
  });
  return Object.fromEntries(pick(4) === 0 ? [...entries, ['new.md', `n${pick(3)}`]] : entries);
}

/** A pair of related sets of files: of lines that repeat, or of drafts. */
function pair(seed: number): { pick: Pick; base: AgentFiles; proposed: AgentFiles } {
  const pick = random(seed);
  const base = seed % 5 === 0 ? filesOf(nastyDefinition(pick)) : someFiles(pick);
  return { pick, base, proposed: seed % 10 === 0 ? filesOf(nastyDefinition(pick)) : edited(pick, base) };
}

describe('hunks', () => {
  it('tells lines without context, counted from 1', () => {
    expect(hunksOf('a\nb\nc\n', 'a\nB\nc\nd\n')).toEqual([
      { index: 0, before_start: 2, before: ['b'], after_start: 2, after: ['B'] },
      { index: 1, before_start: 4, before: [], after_start: 4, after: ['d'] },
    ]);
  });

  it('is one for a file that is added or deleted, and none for one that stays', () => {
    expect(hunksOf(null, 'a\nb')).toEqual([
      { index: 0, before_start: 1, before: [], after_start: 1, after: ['a', 'b'] },
    ]);
    expect(hunksOf('a', null)).toEqual([{ index: 0, before_start: 1, before: ['a'], after_start: 1, after: [] }]);
    expect(hunksOf(null, '')).toHaveLength(1);
    expect(hunksOf('a', 'a')).toEqual([]);
    expect(hunksOf(null, null)).toEqual([]);
  });

  it('tells a last line break and the kind of line breaks apart', () => {
    expect(hunksOf('a', 'a\n')).toEqual([{ index: 0, before_start: 2, before: [], after_start: 2, after: [''] }]);
    expect(hunksOf('a\r\nb', 'a\nb')).toEqual([
      { index: 0, before_start: 1, before: ['a\r'], after_start: 1, after: ['a'] },
    ]);
  });

  it('makes one hunk of texts that have too little in common', () => {
    const many = (word: string) =>
      ['same', ...Array.from({ length: 200_000 }, (_, at) => `${word}${at}`), 'end'].join('\n');
    expect(hunksOf(many('a'), many('b'))).toMatchObject([
      { before_start: 2, after_start: 2, before: { length: 200_000 } },
    ]);
  });

  it('all chosen are the proposal, none the base, and a subset the base with these alone', () => {
    for (let seed = 0; seed < 1500; seed++) {
      const { pick, base, proposed } = pair(seed);
      const changes = changesOf(base, proposed);
      const each = (choose: (count: number) => number[]) =>
        Object.fromEntries(changes.map(({ path, hunks }) => [path, choose(hunks)]));
      const all = (count: number) => Array.from({ length: count }, (_, index) => index);
      expect(chooseChanges(base, proposed, {}), `seed ${seed}`).toEqual(proposed);
      expect(chooseChanges(base, proposed, { hunks: each(all) }), `seed ${seed}`).toEqual(proposed);
      expect(chooseChanges(base, proposed, { hunks: each(() => []) }), `seed ${seed}`).toEqual(base);
      const some = each((count) => all(count).filter(() => pick(2) === 0));
      const chosen = chooseChanges(base, proposed, { hunks: some });
      for (const { path, hunks } of changes) {
        // Taking the rest in a second step leads to the proposal: no hunk was lost, none taken twice.
        const left = hunksOf(chosen[path] ?? null, proposed[path] ?? null).length;
        if (some[path]?.length === hunks) expect(left, `seed ${seed}`).toBe(0);
        if (some[path]?.length === 0) expect(chosen[path], `seed ${seed}`).toBe(base[path]);
      }
      expect(chooseChanges(chosen, proposed, {}), `seed ${seed}`).toEqual(proposed);
    }
  });

  it('chooses by file, and by hunk of a file that is named', () => {
    const base = { 'a.md': '1\n2\n3', 'b.md': 'b' };
    const proposed = { 'a.md': 'one\n2\nthree', 'c.md': 'c' };
    expect(changesOf(base, proposed)).toEqual([
      { path: 'a.md', change: 'changed', hunks: 2 },
      { path: 'b.md', change: 'deleted', hunks: 1 },
      { path: 'c.md', change: 'added', hunks: 1 },
    ]);
    expect(chooseChanges(base, proposed, { paths: ['c.md'] })).toEqual({ ...base, 'c.md': 'c' });
    expect(chooseChanges(base, proposed, { paths: ['b.md'], hunks: { 'a.md': [1] } })).toEqual({
      'a.md': '1\n2\nthree',
    });
    expect(chooseChanges(base, proposed, { paths: [] })).toEqual(base);
    for (const choice of [
      { paths: ['d.md'] },
      { hunks: { 'a.md': [2] } },
      { hunks: { 'a.md': [-1] } },
      { hunks: { toString: [0] } },
    ]) {
      expect(() => chooseChanges(base, proposed, choice)).toThrow(RangeError);
    }
  });
});

describe('merge', () => {
  it('is the proposal where the draft stayed, the draft where the proposal did, and either where they agree', () => {
    for (let seed = 0; seed < 1500; seed++) {
      const { base, proposed } = pair(seed);
      expect(mergeFiles(base, base, proposed), `seed ${seed}`).toEqual({ files: proposed, conflicts: [] });
      expect(mergeFiles(base, proposed, base), `seed ${seed}`).toEqual({ files: proposed, conflicts: [] });
      expect(mergeFiles(base, proposed, proposed), `seed ${seed}`).toEqual({ files: proposed, conflicts: [] });
    }
  });

  it('takes edits of different lines of one file from both, and nothing else', () => {
    const base = { 'a.md': '1\n2\n3\n4\n5\n' };
    expect(mergeFiles(base, { 'a.md': 'one\n2\n3\n4\n5\n' }, { 'a.md': '1\n2\n3\n4\nfive\n6\n' })).toEqual({
      files: { 'a.md': 'one\n2\n3\n4\nfive\n6\n' },
      conflicts: [],
    });
  });

  it('is the same from either side, conflicts included', () => {
    for (let seed = 0; seed < 1500; seed++) {
      const { pick, base, proposed } = pair(seed);
      const draft = edited(pick, base);
      const [one, other] = [mergeFiles(base, draft, proposed), mergeFiles(base, proposed, draft)];
      expect(
        one.conflicts.map(({ path }) => path),
        `seed ${seed}`,
      ).toEqual(other.conflicts.map(({ path }) => path));
      const clean = Object.keys(one.files).filter((path) => one.conflicts.every((each) => each.path !== path));
      for (const path of clean) expect(one.files[path], `seed ${seed}`).toBe(other.files[path]);
      for (const { path, draft: mine, marked } of one.conflicts) {
        expect(one.files[path] ?? null).toBe(mine);
        expect(marked).toMatch(/<{7} draft\n[\s\S]*={7}\n[\s\S]*>{7} proposal/);
      }
    }
  });

  it('marks what both changed, keeps the draft there, and takes what a person made of it', () => {
    const base = { 'a.md': '1\n2\n3\n4\n5', 'b.md': 'b' };
    const draft = { 'a.md': '1\nmine\n3\n4\n5', 'b.md': 'b2' };
    const proposed = { 'a.md': '1\ntheirs\n3\n4\nfive' };
    const { files, conflicts } = mergeFiles(base, draft, proposed);
    expect(files).toEqual(draft);
    expect(conflicts).toEqual([
      {
        path: 'a.md',
        base: base['a.md'],
        draft: draft['a.md'],
        proposed: proposed['a.md'],
        marked: '1\n<<<<<<< draft\nmine\n=======\ntheirs\n>>>>>>> proposal\n3\n4\nfive',
      },
      { path: 'b.md', base: 'b', draft: 'b2', proposed: null, marked: '<<<<<<< draft\nb2\n=======\n>>>>>>> proposal' },
    ]);
    const resolved = { 'a.md': '1\nboth\n3\n4\nfive', 'b.md': null };
    expect(mergeFiles(base, draft, proposed, resolved)).toEqual({ files: { 'a.md': resolved['a.md'] }, conflicts: [] });
    expect(() => mergeFiles(base, draft, proposed, { 'c.md': '' })).toThrow(RangeError);
  });

  it('merges large files of one line over and over', () => {
    const many = '\n'.repeat(200_000);
    expect(mergeFiles({ a: many }, { a: `x${many}` }, { a: `${many}y` }).files).toEqual({ a: `x${many}y` });
  });
});

describe('the hash of an approval', () => {
  it('is of paths, contents and revision, whatever the order', async () => {
    const hash = await approvalHash({ a: 'bc', d: '' }, 3);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await approvalHash({ d: '', a: 'bc' }, 3)).toBe(hash);
    const others = [
      approvalHash({ a: 'bc', d: '' }, 4),
      approvalHash({ ab: 'c', d: '' }, 3),
      approvalHash({ a: 'bc' }, 3),
      approvalHash({ a: 'bc\n', d: '' }, 3),
      approvalHash({ a: '\ud800', d: '' }, 3),
      approvalHash({ a: '\ud801', d: '' }, 3),
    ];
    expect(new Set([hash, ...(await Promise.all(others))]).size).toBe(7);
  });
});
