import type {
  ExecutionError,
  ExecutionEvent,
  ExecutionEventType,
  ExecutionStatus,
  JsonValue,
  StreamFrame,
  Todo,
} from '@agentflow/contracts';

/**
 * The event log in the words of the runtime's protocol. An event has the frames 2n and 2n+1 of the stream, where n is its
 * number: the second is the `end` after the last state, the state as of an event to which a replay has come, or streamed
 * text. So frames grow as events do, and `after` finds its event without anything being kept.
 */

/** What frames tell that is not in the events. */
export interface FrameSource {
  status(): ExecutionStatus;
  workspace(): { readonly files: Readonly<Record<string, string>>; readonly todos: readonly Todo[] };
  /** null where nothing of this id was asked. */
  question(
    approvalId: string,
  ): { readonly message: string; readonly form_schema: { [key: string]: JsonValue } | null } | null;
  end(): { readonly result: JsonValue | null; readonly error: ExecutionError | null; readonly cost_usd: number };
}

const ENDS: ReadonlySet<ExecutionEventType> = new Set([
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
]);

/** After these a client is told how things stand. */
const STATES: ReadonlySet<ExecutionEventType> = new Set([
  ...ENDS,
  'execution.queued',
  'execution.started',
  'execution.waiting',
  'execution.resumed',
  'state.updated',
]);

/** The event after which events are still to be read by a client that has the frames up to `after`. */
export function eventBefore(after: number): number {
  return Math.max(0, Math.floor((after - 1) / 2));
}

/** The last event that a client has seen all of, when it has the frame `seq`. */
export function eventOfFrame(seq: number): number {
  return Math.floor(seq / 2);
}

/** Frames of events that have just happened, one state for all of them. */
export function framesOf(events: readonly ExecutionEvent[], source: FrameSource): StreamFrame[] {
  const lastState = events.findLastIndex(({ type }) => STATES.has(type));
  return events.flatMap((event, index) => {
    if (!STATES.has(event.type)) return frameOf(event, source) ?? [];
    return index === lastState ? stateFrames(event, source) : [];
  });
}

/** Frames of logged events, page by page, in which the state of the last one stands for those of all before it. */
export class FrameReplay {
  private last = 0;
  private passedState = false;

  constructor(
    private readonly after: number,
    private readonly source: FrameSource,
  ) {}

  page(events: readonly ExecutionEvent[]): StreamFrame[] {
    const frames = events.flatMap((event): StreamFrame | StreamFrame[] => {
      this.last = event.seq;
      if (!STATES.has(event.type)) return frameOf(event, this.source) ?? [];
      if (ENDS.has(event.type)) return stateFrames(event, this.source);
      // The client has a state that is at least as new where it has this event's second frame.
      this.passedState ||= event.seq * 2 > this.after;
      return [];
    });
    return frames.filter(({ seq, event_type }) => seq > this.after || event_type === 'on_llm_stream');
  }

  /** The state as of now, unless the client has it or the end has told it. */
  rest(ended: boolean): StreamFrame[] {
    return this.passedState && !ended ? [stateFrame(this.last * 2 + 1, this.source)] : [];
  }
}

/** Sent to one socket alone, about what its client sent. */
export function errorFrame(lastSeq: number, code: string, message: string): StreamFrame {
  return { seq: lastSeq * 2 + 1, event_type: 'error', data: { code, message } };
}

function stateFrames(event: ExecutionEvent, source: FrameSource): StreamFrame[] {
  const state = stateFrame(event.seq * 2, source);
  if (!ENDS.has(event.type)) return [state];
  const { result, error, cost_usd } = source.end();
  const told = error === null ? null : { code: error.code, message: error.message };
  const data = { status: source.status(), result, error: told, cost_usd };
  return [state, { seq: event.seq * 2 + 1, event_type: 'end', data }];
}

function stateFrame(seq: number, source: FrameSource): StreamFrame {
  const { files, todos } = source.workspace();
  const data = { files: { ...files }, todos: todos.map((todo) => ({ ...todo })), status: source.status() };
  return { seq, event_type: 'on_state_update', data };
}

function frameOf(event: ExecutionEvent, source: FrameSource): StreamFrame | null {
  const { seq, type, data } = event;
  const frame = (event_type: StreamFrame['event_type'], told: StreamFrame['data']) => ({
    seq: seq * 2,
    event_type,
    data: { ...whereOf(event), ...told },
  });
  switch (type) {
    case 'step.delta': {
      const { text = '', offset = 0, attempt = 1 } = data;
      // A step that streams has a snapshot before it has text.
      if (text === '') return null;
      return { ...frame('on_llm_stream', { text, offset, attempt }), seq: seq * 2 + 1 };
    }
    case 'step.started':
      return data.tool === undefined ? null : frame('on_tool_start', { name: data.tool, input: data.input ?? null });
    case 'step.completed':
      if (data.tool === undefined) return null;
      return frame('on_tool_end', { name: data.tool, output: shownOutput(data.output_preview), error: null });
    case 'step.failed':
      if (data.tool === undefined) return null;
      return frame('on_tool_end', { name: data.tool, output: null, error: data.error ?? null });
    case 'step.waiting': {
      const id = data.approval_id;
      const question = typeof id === 'string' ? source.question(id) : null;
      if (question === null) return null;
      return frame('on_question', { approval_id: id ?? null, ...question });
    }
    case 'agent.message':
      return frame('on_message', data);
    default:
      return null;
  }
}

function whereOf({ node_id, iteration, data }: ExecutionEvent): Record<string, JsonValue> {
  if (node_id === undefined) return {};
  return { node: node_id, ...(iteration === undefined ? {} : { iteration }), call: data.call ?? '' };
}

/** What a call gave, as far as events keep it: a longer one is the beginning of its JSON. */
function shownOutput(preview: JsonValue | undefined): JsonValue {
  if (typeof preview !== 'string') return null;
  try {
    return JSON.parse(preview) as JsonValue;
  } catch {
    return preview;
  }
}
