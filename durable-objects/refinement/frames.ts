import type { JsonValue, StreamFrame, Todo } from '@agentflow/contracts';
import type { RefinementStore, StreamedText } from './store.ts';

/** Of the data of one frame as it is kept and passed on, files apart; what is longer is cut. */
const MAX_DATA_CHARACTERS = 256 * 1024;
const MAX_MEMBER_CHARACTERS = 16 * 1024;
/** Of one streamed text, as it is kept. */
const MAX_TEXT_CHARACTERS = 400_000;
const REPLAY_PAGE = 200;
/**
 * Text is written this often while nothing else is. Whatever is sent after a write waits until that is on disk, so that each
 * write is a pause in the stream; what a crash loses of the text, the runtime sends again.
 */
const TEXT_EVERY_MS = 5000;

type Data = Record<string, JsonValue>;

interface PendingText extends StreamedText {
  readonly id: string;
}

/**
 * The thread's frames in the object's own numbers, which go on over all runs of it. Text is not numbered: a piece carries the
 * number of the frame before it, and all that was said in one call is kept as one.
 */
export class FrameLog {
  private seq: number | null = null;
  private readonly pending = new Map<string, PendingText>();
  private writtenAt = 0;

  constructor(private readonly store: RefinementStore) {}

  last(): number {
    this.seq ??= this.store.lastSeq();
    return this.seq;
  }

  /** Numbers and keeps a frame. */
  append(event_type: StreamFrame['event_type'], data: Data): StreamFrame {
    this.flush();
    const frame = { seq: this.last() + 1, event_type, data: bounded(data) };
    this.store.append(frame);
    this.seq = frame.seq;
    return frame;
  }

  /** An update of the state: its files are kept in place of those before it. */
  appendState(data: Data, files: Readonly<Record<string, string>>, todos: readonly Todo[]): StreamFrame {
    const { files: _files, ...rest } = data;
    const frame = this.append('on_state_update', rest);
    this.store.replaceWorkspace(frame.seq, files, todos);
    return { ...frame, data: { ...frame.data, files: { ...files } } };
  }

  /** A piece of text as it is passed on; nothing is written before that. `run` tells runs apart that name calls alike. */
  text(data: Data): StreamFrame {
    return { seq: this.last(), event_type: 'on_llm_stream', data };
  }

  keepText(run: string, { node, call, text, offset }: Data, now: number): void {
    if (typeof text !== 'string') return;
    const id = `${run}/${String(node)}/${String(call)}`;
    const before = this.pending.get(id);
    const known = before?.text ?? this.store.text(id) ?? '';
    // A runtime that is followed again says everything from the beginning.
    const kept = typeof offset === 'number' && offset < known.length ? known.slice(0, offset) : known;
    const seq = this.last();
    this.pending.set(id, {
      id,
      node: String(node ?? ''),
      call: String(call ?? ''),
      first_seq: before?.first_seq ?? seq,
      last_seq: seq,
      text: (kept + text).slice(0, MAX_TEXT_CHARACTERS),
    });
    if (now - this.writtenAt >= TEXT_EVERY_MS) {
      this.writtenAt = now;
      this.flush();
    }
  }

  private flush(): void {
    for (const text of this.pending.values()) this.store.writeText(text.id, text);
    this.pending.clear();
  }

  /** What came after frame `after`, in order, each text as one piece from its beginning. */
  replay(after: number, send: (frame: StreamFrame) => void): void {
    this.flush();
    const texts = this.store.textsAfter(after);
    const workspace = this.store.workspace();
    const say = (before: number) => {
      for (let text = texts[0]; text !== undefined && text.first_seq < before; text = texts[0]) {
        texts.shift();
        const data = { node: text.node, call: text.call, text: text.text, offset: 0 };
        send({ seq: Math.max(after, text.first_seq), event_type: 'on_llm_stream', data });
      }
    };
    for (let last = after, page: StreamFrame[]; ; ) {
      page = this.store.framesAfter(last, REPLAY_PAGE);
      for (const frame of page) {
        say(frame.seq);
        const files = frame.event_type === 'on_state_update' && frame.seq === workspace?.seq ? workspace.files : null;
        send(files === null ? frame : { ...frame, data: { ...frame.data, files } });
        last = frame.seq;
      }
      if (page.length < REPLAY_PAGE) break;
    }
    say(Number.POSITIVE_INFINITY);
  }
}

function bounded(data: Data): Data {
  if (JSON.stringify(data).length <= MAX_DATA_CHARACTERS) return data;
  const cut = Object.entries(data).map(([name, value]): [string, JsonValue] => {
    const text = JSON.stringify(value);
    return [name, text.length <= MAX_MEMBER_CHARACTERS ? value : `${text.slice(0, MAX_MEMBER_CHARACTERS)}…`];
  });
  return Object.fromEntries([...cut, ['cut', true]]);
}
