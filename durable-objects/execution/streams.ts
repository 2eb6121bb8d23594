import type { ExecutionEvent } from '@agentflow/contracts';
import { SseClients } from '../../workers/platform/sse-clients.ts';

/** A client that is further behind than this is closed with 4408: it would cost the object memory without end. */
export const MAX_EVENTS_BEHIND = 1000;
export const CLOSE_TOO_SLOW = 4408;
const CLOSE_ENDED = 1000;
const CLOSE_ERASED = 4410;
const REPLAY_PAGE = 500;

interface SocketAttachment {
  acknowledged: number;
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
  private readonly acknowledged = new WeakMap<WebSocket, number>();

  constructor(private readonly ctx: DurableObjectState) {
    // Answered by the runtime without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Whether anybody watches: nobody pays for streamed text that no one sees. */
  watched(): boolean {
    return this.clients.size > 0 || this.ctx.getWebSockets().length > 0;
  }

  acceptSocket(source: EventSource, after: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    let last = after;
    this.replay(source, after, (event) => {
      server.send(JSON.stringify(event));
      last = Math.max(last, event.seq);
    });
    this.note(server, last);
    if (source.ended()) server.close(CLOSE_ENDED, 'ended');
    return new Response(null, { status: 101, webSocket: client });
  }

  serverSentEvents(source: EventSource, after: number): Response {
    return this.clients.open(null, (send) => {
      this.replay(source, after, (event) => send(frame(event, JSON.stringify(event))));
      return { ended: source.ended() };
    });
  }

  /** `{"type":"ack","seq":n}` from a client; anything else is ignored, since a socket may only read. */
  acknowledge(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message !== 'string' || message.length > 200) return;
    let ack: unknown;
    try {
      ack = JSON.parse(message);
    } catch {
      return;
    }
    if (typeof ack !== 'object' || ack === null || !('seq' in ack) || !Number.isSafeInteger(ack.seq)) return;
    this.note(socket, Number(ack.seq));
  }

  publish(events: readonly ExecutionEvent[], ended: boolean): void {
    const sockets = this.ctx.getWebSockets();
    if (sockets.length === 0 && this.clients.size === 0) return;
    const messages = events.map((event) => JSON.stringify(event));
    const last = events.at(-1)?.seq ?? 0;
    for (const socket of sockets) this.send(socket, messages, last, ended);
    if (this.clients.size === 0) return;
    for (const [index, event] of events.entries()) this.clients.send(frame(event, messages[index] ?? ''));
    if (ended) this.clients.close();
  }

  /** Nobody has anything to watch any more. */
  closeAll(): void {
    for (const socket of this.ctx.getWebSockets()) socket.close(CLOSE_ERASED, 'erased');
    this.clients.close();
  }

  private send(socket: WebSocket, messages: readonly string[], last: number, ended: boolean): void {
    try {
      if (last - this.acknowledgedBy(socket) > MAX_EVENTS_BEHIND) {
        socket.close(CLOSE_TOO_SLOW, 'more than 1000 events behind');
        return;
      }
      for (const message of messages) socket.send(message);
      if (ended) socket.close(CLOSE_ENDED, 'ended');
    } catch {
      // The socket closed under us: its client reconnects with `after` and misses nothing.
    }
  }

  private note(socket: WebSocket, acknowledged: number): void {
    socket.serializeAttachment({ acknowledged } satisfies SocketAttachment);
    this.acknowledged.set(socket, acknowledged);
  }

  private acknowledgedBy(socket: WebSocket): number {
    let acknowledged = this.acknowledged.get(socket);
    if (acknowledged === undefined) {
      acknowledged = (socket.deserializeAttachment() as SocketAttachment).acknowledged;
      this.acknowledged.set(socket, acknowledged);
    }
    return acknowledged;
  }

  private replay(source: EventSource, after: number, send: (event: ExecutionEvent) => void): void {
    let last = after;
    for (;;) {
      const page = source.events(last, REPLAY_PAGE);
      for (const event of page) send(event);
      const end = page.at(-1);
      if (end === undefined || page.length < REPLAY_PAGE) break;
      last = end.seq;
    }
    for (const snapshot of source.snapshots()) send(snapshot);
  }
}

function frame(event: ExecutionEvent, json: string): string {
  // Deltas repeat the last sequence number and are not logged: without an id, Last-Event-ID stays at a logged event.
  const id = event.type === 'step.delta' ? '' : `id: ${event.seq}\n`;
  return `${id}event: ${event.type}\ndata: ${json}\n\n`;
}
