import { diffArrays } from 'diff';
import type { AgentFiles } from './layout.ts';

/** Lines that one edit replaces. Starts count from 1; where no line is replaced or put in, the start is that of the line after. */
export interface Hunk {
  readonly index: number;
  readonly before_start: number;
  readonly before: readonly string[];
  readonly after_start: number;
  readonly after: readonly string[];
}

export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'deleted';
  readonly hunks: number;
}

/** Lines put in or taken away past which the rest is one hunk: the search for a shortest edit is quadratic in them. */
const MAX_EDITS = 500;

/** Splits at every `\n`, so that joining gives the text back: one that ends with a line break has an empty last line. */
export function linesOf(text: string): string[] {
  return text.split('\n');
}

/** The edits that lead from one text to the other, without context. Null is a file that is not there: then it is one hunk. */
export function hunksOf(before: string | null, after: string | null): Hunk[] {
  if (before === after) return [];
  const old = before === null ? [] : linesOf(before);
  const now = after === null ? [] : linesOf(after);
  if (before === null || after === null)
    return [{ index: 0, before_start: 1, before: old, after_start: 1, after: now }];
  return editsOf(old, now).map((edit, index) => ({
    index,
    before_start: edit.from + 1,
    before: old.slice(edit.from, edit.to),
    after_start: edit.at + 1,
    after: edit.lines,
  }));
}

/** Lines `from` to `to` (exclusive, from 0) of the one become `lines`, which stand at `at` of the other. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly lines: readonly string[];
}

/** The shortest edits between what the two begin and end with alike. */
export function editsOf(old: readonly string[], now: readonly string[]): Edit[] {
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start++;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  return middleEdits(old.slice(start, old.length - end), now.slice(start, now.length - end)).map((edit) => ({
    from: edit.from + start,
    to: edit.to + start,
    at: edit.at + start,
    lines: edit.lines,
  }));
}

function middleEdits(old: string[], now: string[]): Edit[] {
  const parts = diffArrays(old, now, { maxEditLength: MAX_EDITS });
  if (parts === undefined) return [{ from: 0, to: old.length, at: 0, lines: now }];
  const edits: Edit[] = [];
  let from = 0;
  let at = 0;
  let open: { from: number; at: number } | null = null;
  const close = () => {
    if (open !== null) edits.push({ ...open, to: from, lines: now.slice(open.at, at) });
    open = null;
  };
  for (const { added, removed, value } of parts) {
    if (added || removed) open ??= { from, at };
    else close();
    if (!added) from += value.length;
    if (!removed) at += value.length;
  }
  close();
  return edits;
}

/** Files in which the two differ, by path. */
export function changesOf(base: AgentFiles, proposed: AgentFiles): FileChange[] {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(proposed)])].sort();
  return paths.flatMap((path): FileChange[] => {
    const [before, after] = [contentOf(base, path), contentOf(proposed, path)];
    const hunks = hunksOf(before, after).length;
    if (hunks === 0) return [];
    return [{ path, change: before === null ? 'added' : after === null ? 'deleted' : 'changed', hunks }];
  });
}

/** What of a proposal is taken. Nothing named is everything. */
export interface Choice {
  /** These files. A file that `hunks` names is chosen too. */
  readonly paths?: readonly string[] | undefined;
  /** Of these files only these hunks. */
  readonly hunks?: Readonly<Record<string, readonly number[]>> | undefined;
}

/** The base with the chosen changes. Throws `RangeError` for a path that is not changed and a hunk that is not there. */
export function chooseChanges(base: AgentFiles, proposed: AgentFiles, { paths, hunks }: Choice): AgentFiles {
  const changed = changesOf(base, proposed).map(({ path }) => path);
  const named = [...(paths ?? []), ...Object.keys(hunks ?? {})];
  const unknown = named.find((path) => !changed.includes(path));
  if (unknown !== undefined) throw new RangeError(`${unknown} is not among the changed files.`);
  const chosen = new Set(paths === undefined ? changed : named);
  const contents = new Map(Object.entries(base));
  for (const path of chosen) {
    const [before, after] = [contentOf(base, path), contentOf(proposed, path)];
    const only = hunks !== undefined && Object.hasOwn(hunks, path) ? hunks[path] : undefined;
    const content = only === undefined ? after : withHunks(path, before, after, only);
    if (content === null) contents.delete(path);
    else contents.set(path, content);
  }
  return inOrder(contents);
}

function withHunks(
  path: string,
  before: string | null,
  after: string | null,
  indexes: readonly number[],
): string | null {
  const all = hunksOf(before, after);
  const missing = indexes.find((index) => all[index] === undefined);
  if (missing !== undefined) throw new RangeError(`${path} has no hunk ${missing}.`);
  const taken = all.filter(({ index }) => indexes.includes(index));
  if (taken.length === all.length) return after;
  if (before === null || after === null) return before;
  const old = linesOf(before);
  const lines: string[] = [];
  let from = 0;
  for (const { before_start, before: replaced, after: put } of taken) {
    append(lines, old.slice(from, before_start - 1));
    append(lines, put);
    from = before_start - 1 + replaced.length;
  }
  append(lines, old.slice(from));
  return lines.join('\n');
}

/** `push(...)` would put every line of a large file on the stack. */
export function append<T>(lines: T[], more: readonly T[]): void {
  for (const line of more) lines.push(line);
}

export function contentOf(files: AgentFiles, path: string): string | null {
  return Object.hasOwn(files, path) ? (files[path] ?? null) : null;
}

export function inOrder(contents: ReadonlyMap<string, string>): AgentFiles {
  return Object.fromEntries([...contents].sort(([a], [b]) => (a < b ? -1 : 1)));
}
