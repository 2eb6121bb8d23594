import { agentId, type Execution } from '@agentflow/contracts';
import { inputProblems } from '../../domains/executions/index.ts';
import { ApiError } from '../../platform/errors.ts';
import { describeError, type Logger } from '../../platform/telemetry.ts';
import { answerText } from '../shared/answer-text.ts';
import type { DoorCaller, StartedCall } from '../shared/caller.ts';
import { type Moment, type Patience, watchRun } from '../shared/run-watch.ts';
import { agentInput } from './agent-input.ts';
import type { AnswerFacts } from './chat.ts';
import { modelNotFound, OpenAiRefusal, ofApiError, ofRun, rateLimitHeaders } from './refusals.ts';
import type { Asked } from './requests.ts';
import { responseId } from './responses.ts';
import { type AnswerWriter, streamAnswer } from './stream-answer.ts';

/** A call that was let in: its run is under way. */
export interface RunningCall {
  readonly caller: DoorCaller;
  readonly started: StartedCall;
  readonly facts: AnswerFacts;
  readonly headers: Readonly<Record<string, string>>;
  readonly patience: Patience;
}

/** Starts the agent that a request names as its model. Throws what is refused. */
export async function startCall(
  caller: DoorCaller,
  asked: Asked,
  patience: Patience,
  idempotency: { readonly key: string; readonly body_hash: string } | null,
): Promise<RunningCall> {
  const { model, messages } = asked;
  const agent = await caller.agent(model);
  const input = agentInput(messages, agent?.input_schema ?? null, inputProblems);
  // One that is not offered is asked for all the same: admission says why it can't run, and counts the call.
  const named = agentId.safeParse(model).success ? { id: model } : { name: model.slice(0, 120) };
  const started = await caller
    .start({ agent: agent === null ? named : { id: agent.id }, input, idempotency })
    .catch((error: unknown) => {
      throw error instanceof ApiError && error.code === 'not_found' ? modelNotFound(model) : error;
    });
  const { execution, invocation_id } = started;
  const headers = { ...rateLimitHeaders(started.headers), 'X-Execution-Id': execution.id };
  return { caller, started, facts: { execution, invocation_id, model }, headers, patience };
}

export interface WholeAnswer {
  readonly text: string;
  readonly execution: Execution;
  /** Whether the run has ended: else the text says how to go on. */
  readonly ended: boolean;
}

/** Waits for the end of the run; throws where it failed or was cancelled. */
export async function wholeAnswer({ caller, started, patience }: RunningCall): Promise<WholeAnswer> {
  const { id } = started.execution;
  const stop = new AbortController();
  for await (const moment of watchRun(caller.follow(id, 0, stop.signal), stop, patience)) {
    if (moment.kind === 'event' || moment.kind === 'quiet') continue;
    const execution = await caller.result(id);
    if (moment.kind !== 'ended') return { text: howToGoOn(id, moment), execution, ended: false };
    if (moment.status !== 'completed') throw ofRun(moment.status, id, execution.error);
    return { text: answerText(execution.output), execution, ended: true };
  }
  throw new Error(`the run ${id} was not followed to its end`);
}

interface StreamSurface {
  readonly log: Logger;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Aborted when the client's connection has gone. */
  readonly hungUp: AbortSignal;
}

/** The answer as server-sent events. A client that goes away ends the run: nobody would read it. */
export async function streamedAnswer(
  { caller, started, headers, patience }: RunningCall,
  writer: AnswerWriter,
  { log, waitUntil, hungUp }: StreamSurface,
): Promise<Response> {
  const { execution } = started;
  const stop = new AbortController();
  const giveUp = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    waitUntil(caller.abandon(execution.id));
  };
  hungUp.addEventListener('abort', giveUp, { once: true });
  const moments = watchRun(caller.follow(execution.id, 0, stop.signal), stop, patience);
  const node = await caller.answeringNode(execution);
  const read = () => caller.result(execution.id);
  const frames = streamAnswer(moments, writer, node, read, (moment) => howToGoOn(execution.id, moment));
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await frames.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        if (stop.signal.aborted) return;
        const refusal = error instanceof ApiError ? ofApiError(error) : bug(error, log);
        controller.enqueue(encoder.encode(writer.fail(refusal, execution)));
        controller.close();
      }
    },
    cancel: giveUp,
  });
  return new Response(body, {
    headers: {
      ...headers,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    },
  });
}

function bug(error: unknown, log: Logger): OpenAiRefusal {
  log.log('error', 'openai.stream_failed', describeError(error));
  const message = 'The answer broke off. The error was logged.';
  return new OpenAiRefusal(500, { message, type: 'server_error', param: null, code: 'internal_error' }, false);
}

function howToGoOn(executionId: string, moment: Extract<Moment, { kind: 'waits' | 'late' }>): string {
  const why =
    moment.kind === 'late'
      ? 'is still at work'
      : moment.reason === 'approval'
        ? 'waits for an approval'
        : `waits (${moment.reason})`;
  return `The run ${executionId} ${why}. It goes on by itself; its answer will be at GET /v1/responses/${responseId(executionId)}.`;
}
