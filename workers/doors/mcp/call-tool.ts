import type { Execution, ExecutionEvent, JsonValue } from '@agentflow/contracts';
import type {
  CallToolResult,
  ElicitRequestFormParams,
  InputRequiredResult,
  LoggingLevel,
} from '@modelcontextprotocol/server';
import { sha256Hex } from '../../platform/digest.ts';
import { ApiError } from '../../platform/errors.ts';
import { answerText } from '../shared/answer-text.ts';
import type { DoorCaller, Question, StartedCall } from '../shared/caller.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
import { type Patience, watchRun } from '../shared/run-watch.ts';
import { elicitationOf } from './elicitation.ts';
import type { AgentTool } from './tools.ts';

/** How the person at the client is asked: by ending the call with the question, which the client repeats with the answer, or beside it. */
export type Asking =
  | {
      readonly by: 'result';
      ask(question: Question, params: ElicitRequestFormParams, at: RunPlace): Promise<InputRequiredResult>;
    }
  | { readonly by: 'request'; ask(question: Question, params: ElicitRequestFormParams): Promise<void> };

/** Where a call that goes on over several requests is. */
export interface RunPlace {
  readonly execution_id: string;
  readonly invocation_id: string;
  /** Sequence number of the last event that was seen. */
  readonly seq: number;
}

/** What one call may do on its connection. */
export interface CallSurface {
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Kept alive after the connection is gone. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** null where the client asked for none. */
  readonly progress: ((at: number, message: string) => Promise<void>) | null;
  readonly log: (level: LoggingLevel, data: JsonObject) => Promise<void>;
  readonly patience: Patience;
  /** null where nobody can be asked. */
  readonly asking: Asking | null;
}

/** A person who was asked gets this long before the call is answered without them. */
const ANSWER_MS = 540_000;

/** Starts the agent of a tool and answers with its output. A refusal is a result, so that the model reads why. */
export async function callTool(
  caller: DoorCaller,
  { agent, inputOf }: AgentTool,
  args: JsonObject,
  idempotencyKey: string | null,
  surface: CallSurface,
): Promise<CallToolResult | InputRequiredResult> {
  let started: StartedCall;
  try {
    const body_hash = await sha256Hex(JSON.stringify([agent.id, args]));
    const idempotency = idempotencyKey === null ? null : { key: idempotencyKey, body_hash };
    started = await caller.start({ agent: { id: agent.id }, input: inputOf(args), idempotency });
  } catch (error) {
    if (error instanceof ApiError) return refused(error);
    throw error;
  }
  const { execution, invocation_id } = started;
  return followCall(caller, { execution_id: execution.id, invocation_id, seq: 0 }, surface);
}

/** Follows a run that was started by this call, or by an earlier request of it. */
export async function followCall(
  caller: DoorCaller,
  place: RunPlace,
  surface: CallSurface,
): Promise<CallToolResult | InputRequiredResult> {
  const { execution_id, invocation_id } = place;
  const { signal, asking } = surface;
  const stop = new AbortController();
  const cancel = () => {
    surface.waitUntil(caller.abandon(execution_id));
    stop.abort();
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let asked = false;
  const patience = {
    ...surface.patience,
    get waiting_ms() {
      return asked ? ANSWER_MS : surface.patience.waiting_ms;
    },
  };
  const events = caller.follow(execution_id, place.seq, stop.signal);
  try {
    for await (const moment of watchRun(events, stop, patience)) {
      if (moment.kind === 'quiet') continue;
      if (moment.kind === 'ended') return resultOf(await caller.result(execution_id), invocation_id);
      if (moment.kind !== 'event')
        return unfinished(execution_id, invocation_id, moment.kind === 'waits' ? moment.reason : null);
      const { event } = moment;
      await tell(surface, event);
      const question = asking === null ? null : await questionOf(caller, event);
      if (asking === null || question === null) continue;
      asked = true;
      const params = elicitationOf(question);
      if (asking.by === 'result')
        return await asking.ask(question, params, { execution_id, invocation_id, seq: event.seq });
      await asking.ask(question, params);
    }
    // The client has gone; nobody reads this.
    return unfinished(execution_id, invocation_id, null);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The question that a step asks with this event, while it is open. */
async function questionOf(caller: DoorCaller, { type, execution_id, data }: ExecutionEvent): Promise<Question | null> {
  if (type !== 'step.waiting' || typeof data.approval_id !== 'string') return null;
  const question = await caller.question(execution_id, data.approval_id);
  return question?.status === 'pending' ? question : null;
}

const TOLD: Partial<Record<ExecutionEvent['type'], string>> = {
  'step.started': 'began',
  'step.completed': 'is done',
  'step.failed': 'failed',
  'step.retrying': 'is tried again',
  'step.waiting': 'waits',
};
const LEVELS: Readonly<Record<string, LoggingLevel>> = { info: 'info', warning: 'warning', error: 'error' };

async function tell({ progress, log }: CallSurface, { type, seq, node_id, data }: ExecutionEvent): Promise<void> {
  const what = TOLD[type];
  if (what !== undefined && progress !== null) await progress(seq, `${node_id ?? 'A step'} ${what}`);
  if (type === 'step.log') {
    const level = LEVELS[String(data.level)] ?? 'info';
    await log(level, { node_id: node_id ?? null, message: data.message ?? null });
  } else if (type === 'step.retrying' || type === 'step.failed') {
    await log('warning', { node_id: node_id ?? null, message: `${node_id} ${what}`, error: data.error ?? null });
  }
}

function meta(executionId: string, invocationId: string) {
  return { 'agentflow/execution_id': executionId, 'agentflow/invocation_id': invocationId };
}

/** The output as text and, where it is an object, as structured content too. */
function resultOf(execution: Execution, invocationId: string): CallToolResult {
  const { id, status, output, error } = execution;
  const _meta = meta(id, invocationId);
  if (status !== 'completed') {
    const told = error ?? { code: `execution_${status}`, message: `The run was ${status}.` };
    return { ...failure(told.code, told.message, { execution_id: id }), _meta };
  }
  const value = output as JsonValue;
  const text = isObject(value) ? JSON.stringify(value) : answerText(value);
  return { content: [{ type: 'text', text }], ...(isObject(value) ? { structuredContent: value } : {}), _meta };
}

/** The run goes on; the caller reads it later. */
function unfinished(executionId: string, invocationId: string, reason: string | null): CallToolResult {
  const why = reason === null ? 'It is still at work' : `It waits (${reason})`;
  const text = `The run ${executionId} is not finished. ${why}. It goes on by itself; its result will be at /api/v1/executions/${executionId}.`;
  const structuredContent = {
    execution_id: executionId,
    status: reason === null ? 'running' : 'waiting',
    waiting_reason: reason,
  };
  return { content: [{ type: 'text', text }], structuredContent, _meta: meta(executionId, invocationId) };
}

export function refused({ code, message, errors = [], headers }: ApiError): CallToolResult {
  const fields = errors.slice(0, 20).map(({ path, message: why }) => `\n${path}: ${why}`);
  const wait = headers['Retry-After'];
  return failure(code, message + fields.join(''), wait === undefined ? {} : { retry_after_seconds: Number(wait) });
}

function failure(code: string, message: string, more: JsonObject): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: `${code}: ${message}` }],
    structuredContent: { error: { code, message, ...more } },
  };
}
