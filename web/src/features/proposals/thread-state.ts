import { type Actor, actor, type JsonValue, type StreamFrame, type Todo, todos } from '@agentflow/contracts';

type JsonObject = StreamFrame['data'];

/** What has happened in a thread, in the order in which it did. */
export type ThreadEntry =
  | { readonly kind: 'text'; readonly key: string; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly key: string;
      readonly name: string;
      readonly input: JsonValue;
      readonly output: JsonValue;
      readonly error: string | null;
      readonly ended: boolean;
      /** Calls within calls of a helper. */
      readonly depth: number;
    }
  | { readonly kind: 'message'; readonly key: string; readonly text: string; readonly by: Actor | null }
  | {
      readonly kind: 'question';
      readonly key: string;
      readonly approvalId: string;
      readonly message: string;
      readonly answered: boolean;
    }
  | { readonly kind: 'retry'; readonly key: string; readonly attempt: number; readonly why: string }
  | { readonly kind: 'refused'; readonly key: string; readonly message: string };

export interface ThreadState {
  readonly seq: number;
  readonly entries: readonly ThreadEntry[];
  readonly todos: readonly Todo[];
  readonly files: Readonly<Record<string, string>>;
  /** No more frames come. */
  readonly ended: boolean;
}

export const EMPTY_THREAD: ThreadState = { seq: 0, entries: [], todos: [], files: {}, ended: false };

/** What an error says; empty for none. */
function messageOf(error: JsonValue | undefined): string {
  if (typeof error === 'string') return error;
  return typeof error === 'object' && error !== null && !Array.isArray(error) ? textOf(error.message) || 'failed' : '';
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Puts an entry in the place of the last one with its key, or at the end. */
function withEntry(entries: readonly ThreadEntry[], entry: ThreadEntry): readonly ThreadEntry[] {
  const at = entries.findLastIndex(({ key }) => key === entry.key);
  return at === -1 ? [...entries, entry] : entries.with(at, entry);
}

/** Says whose text or call it is. A run that began again has other calls of the same names. */
function keyOf(kind: string, data: JsonObject, attempt: number): string {
  return `${kind} ${attempt} ${textOf(data.node)} ${textOf(data.call)}`;
}

function attemptOf(entries: readonly ThreadEntry[]): number {
  const last = entries.findLast((entry) => entry.kind === 'retry');
  return last?.kind === 'retry' ? last.attempt : 1;
}

function withText(entries: readonly ThreadEntry[], data: JsonObject): readonly ThreadEntry[] {
  const key = keyOf('text', data, attemptOf(entries));
  const known = entries.findLast((entry) => entry.key === key);
  const before = known?.kind === 'text' ? known.text : '';
  const offset = typeof data.offset === 'number' ? data.offset : before.length;
  const text = before.slice(0, offset) + textOf(data.text);
  return text === before ? entries : withEntry(entries, { kind: 'text', key, text });
}

function withTool(entries: readonly ThreadEntry[], data: JsonObject, ended: boolean): readonly ThreadEntry[] {
  const key = keyOf('tool', data, attemptOf(entries));
  const known = entries.findLast((entry) => entry.key === key);
  const before = known?.kind === 'tool' ? known : null;
  const answered = ended ? answerOf(entries, data) : entries;
  return withEntry(answered, {
    kind: 'tool',
    key,
    name: textOf(data.name) || (before?.name ?? ''),
    input: data.input ?? before?.input ?? null,
    output: data.output ?? null,
    error: messageOf(data.error) || null,
    ended,
    depth: textOf(data.call).split('/').length - 1,
  });
}

/** A question is answered when the call that asked it has ended. */
function answerOf(entries: readonly ThreadEntry[], data: JsonObject): readonly ThreadEntry[] {
  const key = keyOf('question', data, attemptOf(entries));
  return entries.map((entry) =>
    entry.kind === 'question' && entry.key === key ? { ...entry, answered: true } : entry,
  );
}

function filesOf(value: JsonValue | undefined): Readonly<Record<string, string>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(
    Object.entries(value).flatMap(([path, text]) => (typeof text === 'string' ? [[path, text]] : [])),
  );
}

function entriesAfter({ entries }: ThreadState, { seq, event_type, data }: StreamFrame): readonly ThreadEntry[] {
  switch (event_type) {
    case 'on_llm_stream':
      return withText(entries, data);
    case 'on_tool_start':
      return withTool(entries, data, false);
    case 'on_tool_end':
      return withTool(entries, data, true);
    case 'on_question': {
      const key = keyOf('question', data, attemptOf(entries));
      const approvalId = textOf(data.approval_id);
      return withEntry(entries, { kind: 'question', key, approvalId, message: textOf(data.message), answered: false });
    }
    case 'on_message': {
      const by = actor.safeParse(data.by);
      return [
        ...entries,
        { kind: 'message', key: `said ${seq}`, text: textOf(data.text), by: by.success ? by.data : null },
      ];
    }
    case 'on_retry': {
      const attempt = typeof data.attempt === 'number' ? data.attempt : attemptOf(entries) + 1;
      return [...entries, { kind: 'retry', key: `retry ${seq}`, attempt, why: messageOf(data.error) }];
    }
    case 'error':
      return [...entries, { kind: 'refused', key: `refused ${seq} ${entries.length}`, message: textOf(data.message) }];
    default:
      return entries;
  }
}

/** The thread after one more frame. One that is known already changes nothing. */
export function afterFrame(state: ThreadState, frame: StreamFrame): ThreadState {
  const { seq, event_type, data } = frame;
  // Text repeats the number of the frame before it, and what is refused has none of its own.
  const isNumbered = event_type !== 'on_llm_stream' && event_type !== 'error';
  if (isNumbered ? seq <= state.seq : seq < state.seq) return state;
  const known = todos.safeParse(data.todos);
  return {
    seq: Math.max(seq, state.seq),
    entries: entriesAfter(state, frame),
    todos: event_type === 'on_state_update' && known.success ? known.data : state.todos,
    files: (event_type === 'on_state_update' ? filesOf(data.files) : null) ?? state.files,
    ended: state.ended || event_type === 'end',
  };
}
