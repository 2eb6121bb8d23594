import { type AgentFiles, chooseChanges } from '@agentflow/agent-files';
import type { ApproveProposalRequest, Proposal } from '@agentflow/contracts';

export type FileChange = Proposal['changes'][number];

/** The hunks that are not taken, by path. What is not named is taken whole. */
export type LeftOut = Readonly<Record<string, readonly number[]>>;

export const ALL_CHOSEN: LeftOut = {};

export type Share = 'all' | 'some' | 'none';

function leftOutOf(leftOut: LeftOut, { path }: FileChange): readonly number[] {
  return leftOut[path] ?? [];
}

export function shareOf(leftOut: LeftOut, change: FileChange): Share {
  const count = leftOutOf(leftOut, change).length;
  return count === 0 ? 'all' : count < change.hunks ? 'some' : 'none';
}

export function isChosen(leftOut: LeftOut, path: string, hunk: number): boolean {
  return !(leftOut[path] ?? []).includes(hunk);
}

function withLeftOut(leftOut: LeftOut, path: string, hunks: readonly number[]): LeftOut {
  const { [path]: _, ...others } = leftOut;
  return hunks.length === 0 ? others : { ...others, [path]: hunks };
}

/** Takes all of a file, or nothing where all of it is taken. */
export function toggleFile(leftOut: LeftOut, change: FileChange): LeftOut {
  const none = Array.from({ length: change.hunks }, (_, index) => index);
  return withLeftOut(leftOut, change.path, shareOf(leftOut, change) === 'all' ? none : []);
}

export function toggleHunk(leftOut: LeftOut, { path }: FileChange, hunk: number): LeftOut {
  const known = leftOut[path] ?? [];
  const next = known.includes(hunk) ? known.filter((each) => each !== hunk) : [...known, hunk].sort((a, b) => a - b);
  return withLeftOut(leftOut, path, next);
}

type Chosen = Pick<ApproveProposalRequest, 'paths' | 'hunks'>;

/** The choice as an approval names it: nothing for everything. Without a file there is nothing to approve. */
export function chosenParts(changes: readonly FileChange[], leftOut: LeftOut): Chosen {
  if (changes.every((change) => shareOf(leftOut, change) === 'all')) return {};
  const taken = changes.filter((change) => shareOf(leftOut, change) !== 'none');
  const partly = taken.filter((change) => shareOf(leftOut, change) === 'some');
  const hunksOf = ({ path, hunks }: FileChange) =>
    Array.from({ length: hunks }, (_, index) => index).filter((hunk) => isChosen(leftOut, path, hunk));
  return {
    ...(taken.length === changes.length ? {} : { paths: taken.map(({ path }) => path) }),
    ...(partly.length === 0 ? {} : { hunks: Object.fromEntries(partly.map((each) => [each.path, hunksOf(each)])) }),
  };
}

/** The files that the choice results in, on the draft that the proposal was made from. */
export function chosenFiles(proposal: Proposal, leftOut: LeftOut): AgentFiles {
  const { base_files, generated_files, changes } = proposal;
  const { paths, hunks } = chosenParts(changes, leftOut);
  if (changes.every((change) => shareOf(leftOut, change) === 'none')) return base_files;
  return chooseChanges(base_files, generated_files, {
    ...(paths === undefined ? {} : { paths }),
    ...(hunks === undefined ? {} : { hunks }),
  });
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export interface ChoiceWords {
  /** Of the button: `Approve 2 of 3 files`. */
  readonly approve: string;
  /** `3 files, 7 changes`. */
  readonly chosen: string;
  readonly nothing: boolean;
  readonly everything: boolean;
}

export function choiceWords(changes: readonly FileChange[], leftOut: LeftOut): ChoiceWords {
  const all = changes.reduce((sum, { hunks }) => sum + hunks, 0);
  const left = changes.reduce((sum, change) => sum + leftOutOf(leftOut, change).length, 0);
  const files = changes.filter((change) => shareOf(leftOut, change) !== 'none').length;
  const partly = changes.some((change) => shareOf(leftOut, change) === 'some');
  const everything = left === 0;
  return {
    approve: everything
      ? 'Approve all'
      : partly
        ? `Approve ${all - left} of ${many(all, 'change')}`
        : `Approve ${files} of ${many(changes.length, 'file')}`,
    chosen: everything
      ? `${many(changes.length, 'file')}, ${many(all, 'change')}`
      : `${files} of ${many(changes.length, 'file')}, ${all - left} of ${many(all, 'change')}`,
    nothing: files === 0,
    everything,
  };
}
