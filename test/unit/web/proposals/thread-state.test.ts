import type { StreamFrame } from '@agentflow/contracts';
import { expect, test } from 'vitest';
import { afterFrame, EMPTY_THREAD, type ThreadState } from '../../../../web/src/features/proposals/thread-state.ts';

type Told = readonly [seq: number, type: StreamFrame['event_type'], data: StreamFrame['data']];

function after(frames: readonly Told[], from: ThreadState = EMPTY_THREAD): ThreadState {
  return frames.reduce((state, [seq, event_type, data]) => afterFrame(state, { seq, event_type, data }), from);
}

const PERSON = { type: 'user', id: 'usr_1', name: 'Ann' };

test('text comes in pieces, and once more from its beginning after a reconnect', () => {
  const live = after([
    [1, 'on_message', { text: 'Go', by: PERSON }],
    [1, 'on_llm_stream', { node: 'refine', call: 't1', text: 'I will ', offset: 0 }],
    [1, 'on_llm_stream', { node: 'refine', call: 't1', text: 'ask.', offset: 7 }],
    [1, 'on_llm_stream', { node: 'refine', call: 't2', text: 'Then', offset: 0 }],
  ]);
  const texts = [
    { kind: 'text', text: 'I will ask.' },
    { kind: 'text', text: 'Then' },
  ];
  expect(live.entries.slice(1)).toMatchObject(texts);
  const again = after([[1, 'on_llm_stream', { node: 'refine', call: 't1', text: 'I will ask.', offset: 0 }]], live);
  expect(again.entries).toHaveLength(3);
  expect(again.entries.slice(1)).toMatchObject(texts);
  expect(again.seq).toBe(1);
});

test('a call is one entry from its start to its end, and helpers stand below who asked them', () => {
  const state = after([
    [1, 'on_tool_start', { node: 'refine', call: 't1.0', name: 'read_file', input: { path: 'agent.yaml' } }],
    [2, 'on_tool_start', { node: 'refine', call: 't1.1/t1.0', name: 'grep', input: { pattern: 'refund' } }],
    [3, 'on_tool_end', { node: 'refine', call: 't1.0', name: 'read_file', output: 'nodes: []', error: null }],
    [4, 'on_tool_end', { node: 'refine', call: 't1.1/t1.0', name: 'grep', output: null, error: { message: 'no' } }],
  ]);
  expect(state.entries).toMatchObject([
    { name: 'read_file', input: { path: 'agent.yaml' }, output: 'nodes: []', error: null, ended: true, depth: 0 },
    { name: 'grep', input: { pattern: 'refund' }, error: 'no', ended: true, depth: 1 },
  ]);
});

test('frames that are known already change nothing', () => {
  const frames: Told[] = [
    [1, 'on_message', { text: 'Go', by: PERSON }],
    [
      2,
      'on_state_update',
      { files: { 'agent.yaml': 'a' }, todos: [{ content: 'Look', status: 'pending' }], status: 'running' },
    ],
  ];
  const once = after(frames);
  expect(after(frames, once)).toEqual(once);
  expect(once).toMatchObject({ seq: 2, files: { 'agent.yaml': 'a' }, todos: [{ content: 'Look' }], ended: false });
});

test('an update without files keeps those before it', () => {
  const state = after([
    [1, 'on_state_update', { files: { 'agent.yaml': 'a' }, todos: [] }],
    [2, 'on_state_update', { todos: [{ content: 'Look', status: 'completed' }] }],
  ]);
  expect(state).toMatchObject({ files: { 'agent.yaml': 'a' }, todos: [{ status: 'completed' }] });
});

test('a question is open until its call has ended', () => {
  const asked = after([
    [1, 'on_tool_start', { node: 'refine', call: 't1.0', name: 'ask_person', input: { question: 'Which?' } }],
    [2, 'on_question', { approval_id: 'apr_1', node: 'refine', call: 't1.0', message: 'Which?', form_schema: null }],
  ]);
  expect(asked.entries[1]).toMatchObject({ kind: 'question', approvalId: 'apr_1', answered: false });
  const told = after([[3, 'on_tool_end', { node: 'refine', call: 't1.0', name: 'ask_person', output: 'B' }]], asked);
  expect(told.entries[1]).toMatchObject({ answered: true });
});

test('a run that begins again has calls of its own', () => {
  const start: Told = [1, 'on_tool_start', { node: 'refine', call: 't1.0', name: 'ls', input: {} }];
  const state = after([
    start,
    [2, 'on_retry', { attempt: 2, wait_ms: 2000, error: { code: 'upstream_unavailable', message: 'gone' } }],
    [3, 'on_tool_start', { node: 'refine', call: 't1.0', name: 'ls', input: {} }],
  ]);
  expect(state.entries).toMatchObject([
    { kind: 'tool', ended: false },
    { kind: 'retry', attempt: 2, why: 'gone' },
    { kind: 'tool', ended: false },
  ]);
});

test('what was not passed on is said, each time', () => {
  const refused: Told = [1, 'error', { code: 'forbidden', message: 'You may watch this, not steer it.' }];
  const state = after([[1, 'on_state_update', { todos: [] }], refused, refused, [2, 'end', { status: 'completed' }]]);
  expect(state.entries).toHaveLength(2);
  expect(state.ended).toBe(true);
});
