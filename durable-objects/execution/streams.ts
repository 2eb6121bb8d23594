import type { ExecutionEvent, StreamFrame } from '@agentflow/contracts';
import { SseClients } from '../../workers/platform/sse-clients.ts';
import type { FrameWatcher } from './client.ts';
import { errorFrame, eventBefore, eventOfFrame, FrameReplay, type FrameSource, framesOf } from './runtime-frames.ts';

/** A client that is further behind than this is closed with 4408: it would cost the object memory without end. */
export const MAX_EVENTS_BEHIND = 1000;
/** The same for what it was sent: states of a workspace are large. */
export const MAX_CHARACTERS_BEHIND = 32 * 1024 * 1024;
export const CLOSE_TOO_SLOW = 4408;
const CLOSE_ENDED = 1000;
const CLOSE_ERASED = 4410;
const REPLAY_PAGE = 500;

interface SocketAttachment {
  acknowledged: number;
  /** Of a socket that speaks the runtime's protocol. */
  watcher?: FrameWatcher;
}

/** Frames that a socket was sent and has not acknowledged, as far as this instance sent them. */
class Backlog {
  private sent: { readonly seq: number; readonly size: number }[] = [];
  characters = 0;

  add(seq: number, size: number): void {
    this.sent.push({ seq, size });
    this.characters += size;
  }

  acknowledge(seq: number): void {
    this.sent = this.sent.filter((each) => each.seq > seq);
    this.characters = this.sent.reduce((sum, { size }) => sum + size, 0);
  }
}

export interface EventSource {
  /** Logged events after a sequence number, in order. */
  events(after: number, limit: number): ExecutionEvent[];
  /** Text streamed so far by the steps that are running, as `step.delta` events from offset 0. */
  snapshots(): ExecutionEvent[];
  ended(): boolean;
}

/**
 * Those who watch the execution. Sockets hibernate, so nothing about them is kept in fields but a cache of what they
 * acknowledged; both kinds of clients only read the event log, so that a reconnect with `after` misses nothing. A thousand
 * may watch: what is done for each of them and each event is a look into that cache and a send.
 */
export class ExecutionStreams {
  private readonly clients = new SseClients<null>(MAX_EVENTS_BEHIND);
  /** What is in the sockets' attachments, as far as this instance has read or written it. */
  private readonly attached = new WeakMap<WebSocket, SocketAttachment>();
  private readonly backlogs = new WeakMap<WebSocket, Backlog>();

  /** @param frames what frames tell besides the events, of the execution in memory */
  constructor(
    private readonly ctx: DurableObjectState,
    private readonly frames: () => FrameSource,
  ) {
    // Answered by the runtime without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Whether anybody watches: nobody pays for streamed text that no one sees. */
  watched(): boolean {
    return this.clients.size > 0 || this.ctx.getWebSockets().length > 0;
  }

  acceptSocket(source: EventSource, after: number): Response {
    return this.accept(source, (server) => {
      let last = after;
      this.replay(source, after, (event) => {
        server.send(JSON.stringify(event));
        last = Math.max(last, event.seq);
      });
      this.attach(server, { acknowledged: last });
    });
  }

  /** `after` is a frame. */
  acceptFrames(source: EventSource & { readonly frames: FrameSource }, after: number, watcher: FrameWatcher): Response {
    return this.accept(source, (server) => {
      const replay = new FrameReplay(after, source.frames);
      const backlog = this.backlogOf(server);
      let last = eventBefore(after);
      const send = (frames: readonly StreamFrame[]) => {
        for (const frame of frames) {
          const message = JSON.stringify(frame);
          server.send(message);
          backlog.add(eventOfFrame(frame.seq), message.length);
        }
      };
      for (const page of pagesOf(source, last)) {
        send(replay.page(page));
        last = page.at(-1)?.seq ?? last;
      }
      send(replay.rest(source.ended()));
      send(replay.page(source.snapshots()));
      this.attach(server, { acknowledged: last, watcher });
    });
  }

  serverSentEvents(source: EventSource, after: number): Response {
    return this.clients.open(null, (send) => {
      this.replay(source, after, (event) => send(frame(event, JSON.stringify(event))));
      return { ended: source.ended() };
    });
  }

  /**
   * Takes `{"type":"ack","seq":n}` from a client. Gives back what else one says that speaks the runtime's protocol; others
   * may only read, and what they say is ignored.
   */
  heard(
    socket: WebSocket,
    message: string | ArrayBuffer,
  ): { readonly watcher: FrameWatcher; readonly text: string | null } | null {
    const attached = this.attachedTo(socket);
    const { watcher } = attached;
    const seq = typeof message === 'string' && message.length <= 200 ? acknowledgedIn(message) : null;
    if (seq === null) {
      return watcher === undefined ? null : { watcher, text: typeof message === 'string' ? message : null };
    }
    const acknowledged = watcher === undefined ? seq : eventOfFrame(seq);
    this.backlogs.get(socket)?.acknowledge(acknowledged);
    this.attach(socket, { ...attached, acknowledged });
    return null;
  }

  refuse(socket: WebSocket, lastSeq: number, code: string, message: string): void {
    // The run may have ended meanwhile, and its sockets been closed.
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(errorFrame(lastSeq, code, message)));
  }

  publish(events: readonly ExecutionEvent[], ended: boolean): void {
    const sockets = this.ctx.getWebSockets();
    if (sockets.length === 0 && this.clients.size === 0) return;
    const messages = events.map((event) => JSON.stringify(event));
    // Made for the first socket that wants them: a state is as large as all files.
    let frames: string[] | undefined;
    const last = events.at(-1)?.seq ?? 0;
    for (const socket of sockets) {
      if (this.attachedTo(socket).watcher === undefined) {
        this.send(socket, messages, last, ended);
        continue;
      }
      frames ??= framesOf(events, this.frames()).map((frame) => JSON.stringify(frame));
      const backlog = this.backlogOf(socket);
      for (const { length } of frames) backlog.add(last, length);
      this.send(socket, frames, last, ended, backlog.characters);
    }
    if (this.clients.size === 0) return;
    for (const [index, event] of events.entries()) this.clients.send(frame(event, messages[index] ?? ''));
    if (ended) this.clients.close();
  }

  /** Nobody has anything to watch any more. */
  closeAll(): void {
    for (const socket of this.ctx.getWebSockets()) socket.close(CLOSE_ERASED, 'erased');
    this.clients.close();
  }

  private accept(source: EventSource, begin: (server: WebSocket) => void): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    begin(server);
    if (source.ended()) server.close(CLOSE_ENDED, 'ended');
    return new Response(null, { status: 101, webSocket: client });
  }

  private send(socket: WebSocket, messages: readonly string[], last: number, ended: boolean, behind = 0): void {
    try {
      if (last - this.attachedTo(socket).acknowledged > MAX_EVENTS_BEHIND) {
        socket.close(CLOSE_TOO_SLOW, 'more than 1000 events behind');
        return;
      }
      if (behind > MAX_CHARACTERS_BEHIND) {
        socket.close(CLOSE_TOO_SLOW, 'more than 32 MiB behind');
        return;
      }
      for (const message of messages) socket.send(message);
      if (ended) socket.close(CLOSE_ENDED, 'ended');
    } catch {
      // The socket closed under us: its client reconnects with `after` and misses nothing.
    }
  }

  private attach(socket: WebSocket, attachment: SocketAttachment): void {
    socket.serializeAttachment(attachment);
    this.attached.set(socket, attachment);
  }

  private attachedTo(socket: WebSocket): SocketAttachment {
    let attached = this.attached.get(socket);
    if (attached === undefined) {
      attached = socket.deserializeAttachment() as SocketAttachment;
      this.attached.set(socket, attached);
    }
    return attached;
  }

  private backlogOf(socket: WebSocket): Backlog {
    let backlog = this.backlogs.get(socket);
    if (backlog === undefined) {
      backlog = new Backlog();
      this.backlogs.set(socket, backlog);
    }
    return backlog;
  }

  private replay(source: EventSource, after: number, send: (event: ExecutionEvent) => void): void {
    for (const page of pagesOf(source, after)) for (const event of page) send(event);
    for (const snapshot of source.snapshots()) send(snapshot);
  }
}

function* pagesOf(source: EventSource, after: number): Generator<ExecutionEvent[]> {
  let last = after;
  for (;;) {
    const page = source.events(last, REPLAY_PAGE);
    const end = page.at(-1);
    if (end === undefined) return;
    yield page;
    if (page.length < REPLAY_PAGE) return;
    last = end.seq;
  }
}

function acknowledgedIn(message: string): number | null {
  let ack: unknown;
  try {
    ack = JSON.parse(message);
  } catch {
    return null;
  }
  if (typeof ack !== 'object' || ack === null || !('type' in ack) || ack.type !== 'ack' || !('seq' in ack)) return null;
  return Number.isSafeInteger(ack.seq) ? Number(ack.seq) : null;
}

function frame(event: ExecutionEvent, json: string): string {
  // Deltas repeat the last sequence number and are not logged: without an id, Last-Event-ID stays at a logged event.
  const id = event.type === 'step.delta' ? '' : `id: ${event.seq}\n`;
  return `${id}event: ${event.type}\ndata: ${json}\n\n`;
}
