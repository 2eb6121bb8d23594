import type { Execution, ExecutionEvent, JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import type { OpenAiRefusal } from '../../../workers/doors/openai/refusals.ts';
import { type AnswerWriter, streamAnswer } from '../../../workers/doors/openai/stream-answer.ts';
import { type Moment, type Patience, patienceOf, watchRun } from '../../../workers/doors/shared/run-watch.ts';

let seq = 0;
function event(type: ExecutionEvent['type'], data: Record<string, JsonValue> = {}, node_id?: string): ExecutionEvent {
  seq++;
  const place = node_id === undefined ? {} : { node_id };
  return { seq, type, execution_id: 'exe_1', at: '2026-01-01T00:00:00.000Z', data, ...place };
}
const delta = (text: string, offset: number, attempt = 1, node = 'write') =>
  event('step.delta', { text, offset, attempt }, node);

async function* events(...list: ExecutionEvent[]): AsyncGenerator<ExecutionEvent> {
  yield* list;
}
/** Never brings anything more. */
async function* hanging(...list: ExecutionEvent[]): AsyncGenerator<ExecutionEvent> {
  yield* list;
  await new Promise(() => undefined);
}

const QUICK: Patience = { waiting_ms: 5, working_ms: 5, quiet_ms: 1000 };
const PATIENT: Patience = { waiting_ms: 10_000, working_ms: 10_000, quiet_ms: 10_000 };

async function moments(source: AsyncGenerator<ExecutionEvent>, patience = PATIENT): Promise<Moment[]> {
  const all: Moment[] = [];
  for await (const moment of watchRun(source, new AbortController(), patience)) all.push(moment);
  return all;
}

describe('following a run', () => {
  it('ends with it', async () => {
    const all = await moments(events(event('execution.started'), event('execution.failed')));
    expect(all.map(({ kind }) => kind)).toEqual(['event', 'event', 'ended']);
    expect(all.at(-1)).toEqual({ kind: 'ended', status: 'failed' });
  });

  it.each([
    ['an approval', [event('execution.waiting', { reason: 'approval' })], { kind: 'waits', reason: 'approval' }],
    ['a place', [event('execution.queued')], { kind: 'waits', reason: 'place' }],
    ['a child, which works', [event('execution.waiting', { reason: 'child' })], { kind: 'late' }],
    [
      'nothing any more',
      [event('execution.waiting', { reason: 'delay' }), event('execution.resumed')],
      { kind: 'late' },
    ],
  ])('gives up where it waits for %s', async (_name, list, last) => {
    expect((await moments(hanging(...list), QUICK)).at(-1)).toEqual(last);
  });

  it('says that it is still there', async () => {
    const watch = watchRun(hanging(), new AbortController(), { ...PATIENT, quiet_ms: 1 });
    expect((await watch.next()).value).toEqual({ kind: 'quiet' });
    await watch.return(undefined);
  });

  it('tells nothing more once it was stopped, and stops what it follows', async () => {
    const stop = new AbortController();
    const watch = watchRun(events(event('execution.started')), stop, PATIENT);
    await watch.next();
    stop.abort();
    expect((await watch.next()).done).toBe(true);
    const other = new AbortController();
    for await (const _moment of watchRun(events(event('execution.completed')), other, PATIENT));
    expect(other.signal.aborted).toBe(true);
  });

  it('fails where the events end before the run', async () => {
    await expect(moments(events(event('execution.started')))).rejects.toThrow('ended before it did');
  });

  it('waits less where the caller prefers so, and never longer than nine minutes for work', () => {
    expect(patienceOf('respond-async, wait=5')).toMatchObject({ waiting_ms: 5000, working_ms: 5000 });
    expect(patienceOf('wait=9999')).toMatchObject({ working_ms: 540_000 });
    expect(patienceOf(undefined)).toMatchObject({ waiting_ms: 60_000 });
  });
});

/** Writes what it is told, in words. */
const writer: AnswerWriter = {
  text: (text) => `[${text}]`,
  end: (_used, status = 'completed') => `end:${status}`,
  fail: ({ error }: OpenAiRefusal) => `fail:${error.code}`,
};

async function streamed(list: ExecutionEvent[], output: JsonValue, node: string | null = 'write'): Promise<string> {
  const read = async () =>
    ({ id: 'exe_1', output, error: null, input_tokens: 1, output_tokens: 1 }) as unknown as Execution;
  const watch = watchRun(events(...list), new AbortController(), PATIENT);
  let all = '';
  for await (const frame of streamAnswer(watch, writer, node, read, () => 'later')) all += frame;
  return all;
}

const DONE = event('execution.completed');

describe('a streamed answer', () => {
  it('is the text of the answering node, and what was not streamed of it', async () => {
    const list = [delta('Once ', 0), delta('elsewhere', 0, 1, 'other'), delta('upon', 5), DONE];
    expect(await streamed(list, { text: 'Once upon a time' })).toBe('[Once ][upon][ a time]end:completed');
  });

  it('takes from a snapshot only what is new', async () => {
    expect(await streamed([delta('Once ', 0), delta('Once upon', 0), DONE], 'Once upon')).toBe(
      '[Once ][upon]end:completed',
    );
  });

  it('is one piece at the end where no node answers by itself', async () => {
    expect(await streamed([delta('Once', 0), DONE], { n: 1 }, null)).toBe('[{"n":1}]end:completed');
  });

  it('goes on where another attempt writes the same, and fails where it does not', async () => {
    const list = [delta('Once ', 0), delta('Once upon', 0, 2), DONE];
    expect(await streamed(list, 'Once upon a time')).toBe('[Once ][upon a time]end:completed');
    expect(await streamed(list, 'Long ago')).toBe('[Once ]fail:answer_restarted');
  });

  it('fails with its run', async () => {
    expect(await streamed([event('execution.failed')], null)).toBe('fail:execution_failed');
    expect(await streamed([event('execution.cancelled')], null)).toBe('fail:execution_cancelled');
  });

  it('says how to go on where the run does not end', async () => {
    const watch = watchRun(hanging(event('execution.waiting', { reason: 'approval' })), new AbortController(), QUICK);
    const read = async () => ({ id: 'exe_1', output: null }) as unknown as Execution;
    let all = '';
    for await (const frame of streamAnswer(watch, writer, null, read, () => 'later')) all += frame;
    expect(all).toBe('[later]end:in_progress');
  });
});
