import { chooseChanges } from '@agentflow/agent-files';
import type { Proposal } from '@agentflow/contracts';
import { expect, test } from 'vitest';
import {
  ALL_CHOSEN,
  choiceWords,
  chosenFiles,
  chosenParts,
  shareOf,
  toggleFile,
  toggleHunk,
} from '../../../../web/src/features/proposals/choice.ts';

const BASE = { 'agent.yaml': 'a\nb\nc\nd\ne\n', 'prompts/x.prompt.md': 'old', 'knowledge/k.md': 'same' };
const PROPOSED = { 'agent.yaml': 'A\nb\nc\nD\ne\n', 'prompts/x.prompt.md': 'new', 'knowledge/k.md': 'same' };
const GRAPH = { path: 'agent.yaml', change: 'changed', hunks: 2 } as const;
const PROMPT = { path: 'prompts/x.prompt.md', change: 'changed', hunks: 1 } as const;
const CHANGES = [GRAPH, PROMPT];
const proposal = { base_files: BASE, generated_files: PROPOSED, changes: CHANGES } as unknown as Proposal;

test('everything is an approval that names nothing', () => {
  expect(chosenParts(CHANGES, ALL_CHOSEN)).toEqual({});
  expect(chosenFiles(proposal, ALL_CHOSEN)).toEqual(PROPOSED);
  expect(choiceWords(CHANGES, ALL_CHOSEN)).toEqual({
    approve: 'Approve all',
    chosen: '2 files, 3 changes',
    nothing: false,
    everything: true,
  });
});

test('a file that is left out is not among the paths', () => {
  const leftOut = toggleFile(ALL_CHOSEN, GRAPH);
  expect(shareOf(leftOut, GRAPH)).toBe('none');
  expect(chosenParts(CHANGES, leftOut)).toEqual({ paths: [PROMPT.path] });
  expect(chosenFiles(proposal, leftOut)).toEqual({ ...BASE, [PROMPT.path]: 'new' });
  expect(choiceWords(CHANGES, leftOut).approve).toBe('Approve 1 of 2 files');
  expect(toggleFile(leftOut, GRAPH)).toEqual(ALL_CHOSEN);
});

test('a file that is taken in part names its hunks, and the server makes the same bytes of them', () => {
  const leftOut = toggleHunk(ALL_CHOSEN, GRAPH, 0);
  expect(shareOf(leftOut, GRAPH)).toBe('some');
  const parts = chosenParts(CHANGES, leftOut);
  expect(parts).toEqual({ hunks: { 'agent.yaml': [1] } });
  expect(chosenFiles(proposal, leftOut)['agent.yaml']).toBe('a\nb\nc\nD\ne\n');
  expect(chooseChanges(BASE, PROPOSED, { hunks: parts.hunks ?? {} })).toEqual(chosenFiles(proposal, leftOut));
  expect(choiceWords(CHANGES, leftOut)).toMatchObject({ approve: 'Approve 2 of 3 changes', everything: false });
  expect(toggleHunk(leftOut, GRAPH, 0)).toEqual(ALL_CHOSEN);
});

test('leaving out every hunk of a file is leaving out the file', () => {
  const leftOut = toggleHunk(toggleHunk(ALL_CHOSEN, GRAPH, 1), GRAPH, 0);
  expect(leftOut).toEqual(toggleFile(ALL_CHOSEN, GRAPH));
});

test('with nothing chosen the base stays as it is', () => {
  const leftOut = toggleFile(toggleFile(ALL_CHOSEN, GRAPH), PROMPT);
  expect(choiceWords(CHANGES, leftOut).nothing).toBe(true);
  expect(chosenFiles(proposal, leftOut)).toEqual(BASE);
});
