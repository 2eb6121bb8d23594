export interface WordRun {
  readonly text: string;
  readonly changed: boolean;
}

/** Above this many word pairs the comparison would cost more than it shows. */
const MAX_PAIRS = 400_000;

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** A word that stays is worth more than the space around it. */
function weightOf(word: string | undefined): number {
  return word?.trim() === '' ? 1 : 3;
}

function push(runs: WordRun[], text: string, changed: boolean): void {
  const last = runs.at(-1);
  if (last !== undefined && last.changed === changed) runs[runs.length - 1] = { text: last.text + text, changed };
  else runs.push({ text, changed });
}

/** Both texts cut into runs, those that the other one lacks marked (longest common subsequence of words). */
export function diffWords(before: string, after: string): { before: WordRun[]; after: WordRun[] } {
  const old = words(before);
  const now = words(after);
  if (old.length * now.length > MAX_PAIRS) {
    return { before: [{ text: before, changed: true }], after: [{ text: after, changed: true }] };
  }
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i * width + j] =
        old[i] === now[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + weightOf(old[i])
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
    }
  }
  const oldRuns: WordRun[] = [];
  const nowRuns: WordRun[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const oldWord = old[i];
    const nowWord = now[j];
    if (oldWord !== undefined && oldWord === nowWord) {
      push(oldRuns, oldWord, false);
      push(nowRuns, oldWord, false);
      i++;
      j++;
    } else if (
      nowWord === undefined ||
      (oldWord !== undefined && (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      push(oldRuns, oldWord ?? '', true);
      i++;
    } else {
      push(nowRuns, nowWord, true);
      j++;
    }
  }
  return { before: oldRuns, after: nowRuns };
}
