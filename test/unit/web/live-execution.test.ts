import type { ExecutionEvent, ExecutionStep } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  applyEvents,
  callOf,
  callTitle,
  type LiveExecution,
  NOTHING_YET,
  shownSteps,
} from '../../../web/src/features/executions/live-execution.ts';

const AT = '2026-01-31T09:30:00.000Z';

function event(
  seq: number,
  type: ExecutionEvent['type'],
  data: ExecutionEvent['data'] = {},
  node?: string,
): ExecutionEvent {
  return { seq, type, execution_id: 'exe_x', at: AT, data, ...(node === undefined ? {} : { node_id: node }) };
}

function replay(events: ExecutionEvent[]): LiveExecution {
  return events.reduce((state, each) => applyEvents(state, [each]), NOTHING_YET);
}

function record(id: string, status: ExecutionStep['status']): ExecutionStep {
  return {
    id,
    node_id: id,
    node_name: id,
    node_type: 'ai.chat',
    iteration: '',
    status,
    waiting_reason: null,
    handle: null,
    input: null,
    output: null,
    error: null,
    reused_from: null,
    blocked: false,
    child_execution_id: null,
    attempts: [],
    model: null,
    input_tokens: 0,
    output_tokens: 0,
    cost_usd: 0,
    started_at: AT,
    finished_at: null,
    duration_ms: null,
  };
}

describe('applyEvents', () => {
  it('tells when no more events of steps will come', () => {
    expect(replay([event(1, 'execution.started')]).capped).toBeNull();
    const capped = replay([event(1, 'execution.started'), event(9, 'execution.events_capped', { limit: 8 })]);
    expect(capped).toMatchObject({ seq: 9, status: 'running', capped: 8 });
  });

  it('tells of an execution that waits for a place, until it begins', () => {
    const queued = [event(1, 'execution.queued')];
    expect(replay(queued)).toMatchObject({ seq: 1, status: 'queued' });
    expect(replay([...queued, event(2, 'execution.started')]).status).toBe('running');
  });

  it('follows a step from its start over a retry to its end', () => {
    const started = [
      event(1, 'execution.started'),
      event(2, 'step.started', { attempt: 1, node_type: 'ai.chat', node_name: 'Answer' }, 'answer'),
      event(3, 'step.failed', { attempt: 1, will_retry: true, error: { code: 'busy', message: 'Busy' } }, 'answer'),
      event(4, 'step.retrying', { attempt: 2, delay_ms: 100 }, 'answer'),
    ];
    expect(replay(started).steps.get('answer')).toMatchObject({
      status: 'waiting',
      error: { code: 'busy', message: 'Busy' },
    });
    const ended = replay([
      ...started,
      event(5, 'step.started', { attempt: 2, node_type: 'ai.chat', node_name: 'Answer' }, 'answer'),
      event(6, 'step.completed', { duration_ms: 40, input_tokens: 7, output_tokens: 3, cost_usd: 0.01 }, 'answer'),
      event(7, 'execution.completed'),
    ]);
    expect(ended.status).toBe('completed');
    expect(ended.steps.get('answer')).toMatchObject({ status: 'completed', attempt: 2, input_tokens: 7, error: null });
  });

  it('takes an event that comes twice only once', () => {
    const once = replay([event(1, 'execution.started'), event(2, 'execution.completed')]);
    expect(applyEvents(once, [event(1, 'execution.started')])).toEqual(once);
  });

  it('keeps the iterations of one node apart', () => {
    const first = { ...event(1, 'step.started', {}, 'each'), iteration: '0' };
    const second = { ...event(2, 'step.started', {}, 'each'), iteration: '1' };
    expect([...replay([first, second]).steps.keys()]).toEqual(['each@0', 'each@1']);
  });
});

describe('streamed text', () => {
  const delta = (text: string, offset: number, more: ExecutionEvent['data'] = {}) =>
    event(1, 'step.delta', { text, offset, attempt: 1, ...more }, 'answer');

  it('is put together from its pieces, whatever of them comes twice', () => {
    const texts = replay([delta('Hello', 0), delta(' wor', 5), delta(' wor', 5), delta('world', 6)]).texts;
    expect(texts.get('answer')?.text).toBe('Hello world');
  });

  it('waits for a snapshot where a piece is missing', () => {
    const gap = replay([delta('Hello', 0), delta('!', 11)]);
    expect(gap.texts.get('answer')?.text).toBe('Hello');
    expect(applyEvents(gap, [delta('Hello world!', 0, { snapshot: true })]).texts.get('answer')?.text).toBe(
      'Hello world!',
    );
  });

  it('starts anew with a new attempt and ignores what is left of the old one', () => {
    const texts = replay([delta('First', 0), delta('Second', 0, { attempt: 2 }), delta(' try', 5)]).texts;
    expect(texts.get('answer')).toEqual({ attempt: 2, text: 'Second' });
  });
});

describe('shownSteps', () => {
  const planned = [
    { id: 'start', type: 'trigger.manual' },
    { id: 'answer', type: 'ai.chat', name: 'Answer' },
  ];

  it('lets an ended record stand over events that are behind it', () => {
    const live = replay([event(1, 'step.started', { attempt: 1 }, 'start')]);
    expect(shownSteps([record('start', 'completed')], live, planned, 'running')[0]?.status).toBe('completed');
  });

  it('lets events go ahead of a record that has not ended', () => {
    const live = replay([
      event(1, 'step.started', {}, 'start'),
      event(2, 'step.completed', { duration_ms: 5 }, 'start'),
    ]);
    expect(shownSteps([record('start', 'running')], live, planned, 'running')[0]).toMatchObject({
      status: 'completed',
      duration_ms: 5,
      node_type: 'ai.chat',
    });
  });

  it('tells what is still to come only while something can come', () => {
    const names = (status: 'running' | 'failed') =>
      shownSteps([record('start', 'completed')], NOTHING_YET, planned, status).map(
        (step) => `${step.id}: ${step.status}`,
      );
    expect(names('running')).toEqual(['start: completed', 'answer: pending']);
    expect(names('failed')).toEqual(['start: completed']);
  });

  it('shows calls under the step that made them, by what they do', () => {
    const live = replay([
      event(1, 'step.started', {}, 'start'),
      event(2, 'step.started', {}, 'answer'),
      event(3, 'step.started', {}, 'other'),
      event(4, 'step.started', { call: 'm0' }, 'answer'),
      event(5, 'step.started', { call: 't1' }, 'answer'),
      event(6, 'step.started', { call: 't1.0' }, 'answer'),
      event(7, 'step.delta', { call: 't1', text: 'Hm', attempt: 1, offset: 0 }, 'answer'),
    ]);
    const tool = {
      ...record('answer#t1.1', 'completed'),
      started_at: AT,
      node_id: 'answer',
      input: { tool: 'find_order' },
    };
    const steps = shownSteps([tool], live, [...planned, { id: 'other', type: 'ai.chat' }], 'running');
    expect(steps.map((step) => [step.id, callTitle(step)])).toEqual([
      ['start', null],
      ['answer', null],
      ['answer#t1.1', 'find_order'],
      ['answer#m0', 'List of tools'],
      ['answer#t1', 'Turn 1'],
      ['answer#t1.0', 'Tool 1'],
      ['other', null],
    ]);
    expect(live.texts.get('answer#t1')?.text).toBe('Hm');
  });

  it('shows what a helper does under the call that asked for it', () => {
    const calls = ['t1', 't1.0', 't1.0/t1', 't1.0/t1.0', 't2'];
    const live = replay([
      event(1, 'step.started', {}, 'answer'),
      ...calls.map((call, index) =>
        event(index + 2, 'step.started', { call, ...(call.includes('.') ? { tool: 'task' } : {}) }, 'answer'),
      ),
    ]);
    const steps = shownSteps([], live, [], 'running');
    expect(steps.map((step) => [step.id, callOf(step.id)?.caller, callTitle(step)])).toEqual([
      ['answer', undefined, null],
      ['answer#t1', 'answer', 'Turn 1'],
      ['answer#t1.0', 'answer', 'task'],
      ['answer#t1.0/t1', 'answer#t1.0', 'Turn 1'],
      ['answer#t1.0/t1.0', 'answer#t1.0', 'task'],
      ['answer#t2', 'answer', 'Turn 2'],
    ]);
  });

  it('says what a call of a file tool is about', () => {
    const write = {
      ...record('answer#t1.0', 'completed'),
      node_id: 'answer',
      input: { tool: 'write_file', arguments: { path: 'notes/plan.md', content: 'Do it' } },
    };
    const plan = { ...write, id: 'answer#t1.1', input: { tool: 'write_todos', arguments: { todos: [] } } };
    expect(shownSteps([write, plan], replay([]), [], 'completed').map(callTitle)).toEqual([
      'write_file notes/plan.md',
      'write_todos',
    ]);
  });
});

it('keeps the plan of a deep agent, and tells that its files have changed', () => {
  const plan = [{ content: 'Read', status: 'in_progress' as const }];
  const first = replay([event(1, 'state.updated', { files: [], todos: plan })]);
  expect(first.workspace).toEqual({ seq: 1, todos: plan });
  expect(first.seq).toBe(1);
  const file = { path: 'a.md', version: 1, size: 2, deleted: false };
  const second = applyEvents(first, [
    event(2, 'state.updated', { files: [file] }),
    event(1, 'state.updated', { files: [] }),
  ]);
  expect(second.workspace).toEqual({ seq: 2, todos: plan });
  expect(replay([event(1, 'state.updated', { status: 'running' })])).toMatchObject({
    workspace: null,
    status: 'running',
  });
});
