import { append, contentOf, type Edit, editsOf, inOrder, linesOf } from './hunks.ts';
import type { AgentFiles } from './layout.ts';

/** A file that both sides changed in the same place. Null is a file that is not there. */
export interface Conflict {
  readonly path: string;
  readonly base: string | null;
  readonly draft: string | null;
  readonly proposed: string | null;
  /** What merged, and both sides of what did not between conflict markers. */
  readonly marked: string;
}

export interface Merge {
  /** Files in conflict stand here as the draft has them. */
  readonly files: AgentFiles;
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges what the draft and the proposal made of one base, file by file (diff3: Khanna, Kunal, Pierce 2007). `resolved` says what becomes of files
 * in conflict; null deletes one. Throws `RangeError` where it names another file.
 */
export function mergeFiles(
  base: AgentFiles,
  draft: AgentFiles,
  proposed: AgentFiles,
  resolved: Readonly<Record<string, string | null>> = {},
): Merge {
  const merged = new Map<string, string>();
  const conflicts: Conflict[] = [];
  const settled = new Set<string>();
  for (const path of new Set([...Object.keys(base), ...Object.keys(draft), ...Object.keys(proposed)])) {
    const sides = { base: contentOf(base, path), draft: contentOf(draft, path), proposed: contentOf(proposed, path) };
    const { content, marked } = mergeFile(sides);
    if (marked !== null && Object.hasOwn(resolved, path)) settled.add(path);
    else if (marked !== null) conflicts.push({ path, ...sides, marked });
    const result = settled.has(path) ? resolved[path] : content;
    if (typeof result === 'string') merged.set(path, result);
  }
  const stray = Object.keys(resolved).find((path) => !settled.has(path));
  if (stray !== undefined) throw new RangeError(`${stray} is not in conflict.`);
  return { files: inOrder(merged), conflicts: conflicts.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface Sides {
  readonly base: string | null;
  readonly draft: string | null;
  readonly proposed: string | null;
}

function mergeFile({ base, draft, proposed }: Sides): { content: string | null; marked: string | null } {
  if (draft === proposed || proposed === base) return { content: draft, marked: null };
  if (draft === base) return { content: proposed, marked: null };
  const side = (text: string | null) => (text === null ? [] : linesOf(text));
  const lines =
    draft === null || proposed === null || base === null
      ? [{ draft: side(draft), proposed: side(proposed) }]
      : mergeLines(linesOf(base), linesOf(draft), linesOf(proposed));
  const clean = lines.every((line) => typeof line === 'string');
  if (clean) return { content: lines.join('\n'), marked: null };
  return {
    content: draft,
    marked: lines.flatMap((line) => (typeof line === 'string' ? [line] : markersOf(line))).join('\n'),
  };
}

interface Clash {
  readonly draft: readonly string[];
  readonly proposed: readonly string[];
}

function markersOf({ draft, proposed }: Clash): string[] {
  return ['<<<<<<< draft', ...draft, '=======', ...proposed, '>>>>>>> proposal'];
}

/** Edits of both sides that touch the same lines, or meet at one, are one region; a side without one there keeps the base. */
function mergeLines(
  base: readonly string[],
  draft: readonly string[],
  proposed: readonly string[],
): (string | Clash)[] {
  const queues = { draft: editsOf(base, draft), proposed: editsOf(base, proposed) };
  const result: (string | Clash)[] = [];
  let from = 0;
  for (;;) {
    const region = nextRegion(queues);
    append(result, base.slice(from, region?.from));
    if (region === null) return result;
    const mine = applied(base, region.draft, region);
    const theirs = applied(base, region.proposed, region);
    if (region.proposed.length === 0 || sameLines(mine, theirs)) append(result, mine);
    else if (region.draft.length === 0) append(result, theirs);
    else result.push({ draft: mine, proposed: theirs });
    from = region.to;
  }
}

interface Region {
  readonly from: number;
  readonly to: number;
  readonly draft: Edit[];
  readonly proposed: Edit[];
}

/** Takes the first edits off both queues, with all that they touch. */
function nextRegion(queues: { draft: Edit[]; proposed: Edit[] }): Region | null {
  const from = Math.min(
    queues.draft[0]?.from ?? Number.POSITIVE_INFINITY,
    queues.proposed[0]?.from ?? Number.POSITIVE_INFINITY,
  );
  if (from === Number.POSITIVE_INFINITY) return null;
  const region: { from: number; to: number; draft: Edit[]; proposed: Edit[] } = {
    from,
    to: from,
    draft: [],
    proposed: [],
  };
  const take = (side: 'draft' | 'proposed') => {
    const edit = queues[side][0];
    if (edit === undefined || edit.from > region.to) return false;
    queues[side].shift();
    region[side].push(edit);
    region.to = Math.max(region.to, edit.to);
    return true;
  };
  while (take('draft') || take('proposed'));
  return region;
}

function applied(base: readonly string[], edits: readonly Edit[], region: { from: number; to: number }): string[] {
  const lines: string[] = [];
  let from = region.from;
  for (const edit of edits) {
    append(lines, base.slice(from, edit.from));
    append(lines, edit.lines);
    from = edit.to;
  }
  append(lines, base.slice(from, region.to));
  return lines;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
