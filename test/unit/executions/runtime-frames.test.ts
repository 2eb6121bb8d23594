import type { ExecutionEvent, ExecutionEventType, JsonValue, StreamFrame } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  errorFrame,
  eventBefore,
  eventOfFrame,
  FrameReplay,
  type FrameSource,
  framesOf,
} from '../../../durable-objects/execution/runtime-frames.ts';

const source: FrameSource = {
  status: () => 'running',
  workspace: () => ({ files: { 'a.md': 'now' }, todos: [] }),
  question: (id) => (id === 'apr_1' ? { message: 'Which?', form_schema: null } : null),
  end: () => ({ result: 'done', error: { code: 'failed', message: 'No.', node_id: 'act' }, cost_usd: 0.5 }),
};

function event(seq: number, type: ExecutionEventType, data: Record<string, JsonValue> = {}): ExecutionEvent {
  return { seq, type, execution_id: 'exe_1', at: '2026-11-22T00:00:00.000Z', node_id: 'act', data };
}

const LOG: readonly ExecutionEvent[] = [
  event(1, 'execution.started'),
  event(2, 'step.started'),
  event(3, 'step.started', { call: 't1.0', tool: 'write_file', input: { path: 'a.md' } }),
  event(4, 'state.updated', { files: [] }),
  event(5, 'step.completed', { call: 't1.0', tool: 'write_file', output_preview: '"ok"' }),
  event(6, 'step.waiting', { call: 't2.0', approval_id: 'apr_1' }),
  event(7, 'agent.message', { text: 'Hurry', by: { type: 'user', id: 'u', name: 'Ann' } }),
  event(8, 'step.failed', { call: 't2.0', tool: 'ask_person', error: { code: 'x', message: 'y' } }),
  event(9, 'state.updated', { files: [] }),
  event(10, 'step.completed'),
  event(11, 'execution.failed'),
];

function replayed(log: readonly ExecutionEvent[], after: number, ended: boolean): StreamFrame[] {
  const replay = new FrameReplay(after, source);
  const events = log.filter(({ seq }) => seq > eventBefore(after));
  return [...replay.page(events), ...replay.rest(ended)];
}

const told = (frames: readonly StreamFrame[]) => frames.map(({ seq, event_type }) => [seq, event_type]);

describe('frames', () => {
  it('tell what happens in the words of the protocol', () => {
    expect(LOG.flatMap((each) => framesOf([each], source)).map(({ event_type, data }) => [event_type, data])).toEqual([
      ['on_state_update', { files: { 'a.md': 'now' }, todos: [], status: 'running' }],
      ['on_tool_start', { node: 'act', call: 't1.0', name: 'write_file', input: { path: 'a.md' } }],
      ['on_state_update', { files: { 'a.md': 'now' }, todos: [], status: 'running' }],
      ['on_tool_end', { node: 'act', call: 't1.0', name: 'write_file', output: 'ok', error: null }],
      ['on_question', { node: 'act', call: 't2.0', approval_id: 'apr_1', message: 'Which?', form_schema: null }],
      ['on_message', { node: 'act', call: '', text: 'Hurry', by: { type: 'user', id: 'u', name: 'Ann' } }],
      [
        'on_tool_end',
        { node: 'act', call: 't2.0', name: 'ask_person', output: null, error: { code: 'x', message: 'y' } },
      ],
      ['on_state_update', { files: { 'a.md': 'now' }, todos: [], status: 'running' }],
      ['on_state_update', { files: { 'a.md': 'now' }, todos: [], status: 'running' }],
      ['end', { status: 'running', result: 'done', error: { code: 'failed', message: 'No.' }, cost_usd: 0.5 }],
    ]);
  });

  it('of one commit tell one state, the last', () => {
    expect(told(framesOf(LOG, source)).filter(([, type]) => type === 'on_state_update')).toEqual([
      [22, 'on_state_update'],
    ]);
  });

  it('show a cut output as it is, and streamed text that is there', () => {
    const [cut] = framesOf(
      [event(1, 'step.completed', { call: 't1.0', tool: 'x', output_preview: '{"a":"b…' })],
      source,
    );
    expect(cut?.data.output).toBe('{"a":"b…');
    const delta = event(4, 'step.delta', { call: 't1', text: 'Once', offset: 3, attempt: 2 });
    const data = { node: 'act', call: 't1', text: 'Once', offset: 3, attempt: 2 };
    expect(framesOf([delta], source)).toEqual([{ seq: 9, event_type: 'on_llm_stream', data }]);
    expect(framesOf([event(4, 'step.delta', { text: '' })], source)).toEqual([]);
  });

  it('are numbered so that they grow and name their event', () => {
    for (const { seq } of LOG.flatMap((each) => framesOf([each], source))) {
      expect(eventBefore(seq)).toBeLessThanOrEqual(eventOfFrame(seq));
    }
    expect(errorFrame(5, 'x', 'y')).toEqual({ seq: 11, event_type: 'error', data: { code: 'x', message: 'y' } });
    expect([0, 1, 2, 3, 4, 5].map(eventBefore)).toEqual([0, 0, 0, 1, 1, 2]);
  });
});

describe('a replay', () => {
  it('tells the newest state alone, last where the run goes on, before the end where it does not', () => {
    const running = replayed(LOG.slice(0, 10), 0, false);
    expect(told(running)).toEqual([
      [6, 'on_tool_start'],
      [10, 'on_tool_end'],
      [12, 'on_question'],
      [14, 'on_message'],
      [16, 'on_tool_end'],
      [21, 'on_state_update'],
    ]);
    expect(told(replayed(LOG, 0, true)).slice(-2)).toEqual([
      [22, 'on_state_update'],
      [23, 'end'],
    ]);
  });

  it('after any frame tells each later one once, and no state that was told', () => {
    const whole = replayed(LOG, 0, true);
    for (const [index, { seq }] of whole.entries()) expect(replayed(LOG, seq, true)).toEqual(whole.slice(index + 1));
    // The client has the state as of event 10, and nothing has happened since.
    expect(replayed(LOG.slice(0, 10), 21, false)).toEqual([]);
    expect(told(replayed(LOG.slice(0, 10), 17, false))).toEqual([[21, 'on_state_update']]);
  });

  it('never lets a client who saw them live miss or see anything twice', () => {
    const live = LOG.flatMap((each) => framesOf([each], source));
    for (const [index, { seq }] of live.entries()) {
      const rest = replayed(LOG, seq, true).filter(({ event_type }) => event_type !== 'on_state_update');
      expect(rest).toEqual(live.slice(index + 1).filter(({ event_type }) => event_type !== 'on_state_update'));
    }
  });
});
