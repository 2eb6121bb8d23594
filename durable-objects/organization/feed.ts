import type { FeedEvent, FeedEventType, FeedFact } from '@agentflow/contracts';
import { SseClients } from '../../workers/platform/sse-clients.ts';
import type { FeedStore } from './store/feed.ts';

/** So many of the newest events are kept, so that a reconnect with `after` misses nothing. */
export const FEED_KEPT = 1000;
const CUT_EVERY = 100;
/** Events are kept this long after it was last seen that somebody watches. */
const KEEP_MS = 5 * 60_000;
/** A watcher comes again this often, and is checked again. */
const SESSION_MS = 15 * 60_000;
export const MAX_WATCHERS = 500;
export const MAX_WATCHERS_OF_CALLER = 20;
/** A client that has not acknowledged this many events is closed: what is sent waits in this object's memory. */
const MAX_BEHIND = 1000;

const CLOSE_RENEW = 4401;
const CLOSE_TOO_SLOW = 4408;
const CLOSE_ERASED = 4410;

/** Who watches: kept with the socket, which outlives this instance. */
interface Watcher {
  /** Id of the person or key. */
  readonly caller: string;
  readonly types: readonly FeedEventType[];
  /** Gets nothing after this time. */
  readonly until: number;
}

export interface WatchRequest {
  readonly caller: string;
  readonly types: readonly FeedEventType[];
  /** The last event that the client has; null for one that begins. */
  readonly after: number | null;
  /** A page of what is kept, or a connection that is told what comes. */
  readonly as: 'socket' | 'stream' | 'page';
}

/**
 * The organization's live feed: what changes its lists, in the order in which the desk decided or heard it. Sockets
 * hibernate, and events are rows, so an eviction loses neither. Nothing is written while nobody watches: a stretch of
 * events begins with a `reset`, and whoever was last there before it is told so.
 */
export class DeskFeed {
  private readonly clients = new SseClients<Watcher>(MAX_BEHIND, ({ until }) => until > Date.now());
  private readonly watchers = new WeakMap<WebSocket, Watcher>();
  /** Of sockets that this instance has sent to since they last acknowledged. */
  private readonly behind = new WeakMap<WebSocket, number>();
  /** A cache of the row: null while nothing is kept, undefined before it was read. */
  private keptUntil: number | null | undefined;

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly store: FeedStore,
    private readonly armAt: (at: number) => void,
  ) {
    // Answered by the runtime without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.keptUntil = undefined;
  }

  /** In the turn of what it tells, so that both are stored or neither. */
  publish(fact: FeedFact): void {
    if (this.keeps() === null) return;
    const now = Date.now();
    const event = this.store.append(fact, now);
    if (event.seq % CUT_EVERY === 0) this.store.cut(event.seq - FEED_KEPT);
    const message = JSON.stringify(event);
    for (const socket of this.ctx.getWebSockets()) this.send(socket, event, message, now);
    this.clients.send(frame(event, message), ({ types }) => isFor(types, event));
  }

  /** 429 where too many watch already. */
  open(request: WatchRequest): Response {
    const { caller } = request;
    const watching = this.ctx.getWebSockets().length + this.clients.size;
    const own = this.ctx.getWebSockets(caller).length + this.clients.count((each) => each.caller === caller);
    if (watching >= MAX_WATCHERS || own >= MAX_WATCHERS_OF_CALLER) return new Response(null, { status: 429 });
    const now = Date.now();
    this.keep(now);
    const watcher: Watcher = { caller, types: request.types, until: now + SESSION_MS };
    const backlog = this.backlog(request.after, now).filter((event) => isFor(watcher.types, event));
    if (request.as === 'page') return Response.json({ data: backlog });
    return request.as === 'socket' ? this.openSocket(watcher, backlog) : this.openStream(watcher, backlog);
  }

  /** `{"type":"ack"}` from a client; anything else is ignored, since a socket may only read. */
  acknowledge(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === 'string' && message.length < 200 && message.includes('"ack"')) this.behind.delete(socket);
  }

  /** Looked at by the alarm: whether anybody still watches. */
  rest(due: number): void {
    const keptUntil = this.keeps();
    if (keptUntil === null || keptUntil > due) return;
    const now = Date.now();
    for (const socket of this.ctx.getWebSockets()) if (this.watcher(socket).until <= now) close(socket, CLOSE_RENEW);
    if (this.clients.size > 0 || this.ctx.getWebSockets().length > 0) this.keep(now);
    else this.clear();
  }

  /** A person or key may see less than before, or nothing: they come again and are checked. */
  renew(caller?: string): void {
    for (const socket of this.ctx.getWebSockets(caller)) close(socket, CLOSE_RENEW);
    this.clients.close((client) => caller === undefined || client.caller === caller);
  }

  /** Events that are kept may name somebody who is to be forgotten. */
  forgetEvents(): void {
    if (this.keeps() === null) return;
    this.clear();
    this.renew();
  }

  closeAll(): void {
    for (const socket of this.ctx.getWebSockets()) close(socket, CLOSE_ERASED);
    this.clients.close();
  }

  private keeps(): number | null {
    if (this.keptUntil === undefined) this.keptUntil = this.store.keptUntil();
    return this.keptUntil;
  }

  private keep(now: number): void {
    if (this.keeps() === null) this.store.append({ type: 'reset', data: {} }, now);
    this.keptUntil = now + KEEP_MS;
    this.store.keepUntil(this.keptUntil);
    this.armAt(this.keptUntil);
  }

  private clear(): void {
    this.store.clear();
    this.keptUntil = null;
  }

  /** What came after `after`; a single `reset` where that is not known any more. */
  private backlog(after: number | null, now: number): FeedEvent[] {
    const { first, last } = this.store.range() ?? { first: 0, last: 0 };
    if (after !== null && after >= first - 1 && after <= last) return this.store.after(after);
    return [{ seq: last, at: new Date(now).toISOString(), type: 'reset', data: {} }];
  }

  private openSocket(watcher: Watcher, backlog: readonly FeedEvent[]): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [watcher.caller]);
    server.serializeAttachment(watcher);
    this.watchers.set(server, watcher);
    for (const event of backlog) server.send(JSON.stringify(event));
    return new Response(null, { status: 101, webSocket: client });
  }

  private openStream(watcher: Watcher, backlog: readonly FeedEvent[]): Response {
    return this.clients.open(watcher, (send) => {
      for (const event of backlog) send(frame(event, JSON.stringify(event)));
      return { ended: false };
    });
  }

  private send(socket: WebSocket, event: FeedEvent, message: string, now: number): void {
    const watcher = this.watcher(socket);
    const behind = (this.behind.get(socket) ?? 0) + 1;
    if (watcher.until <= now || behind > MAX_BEHIND) {
      close(socket, watcher.until <= now ? CLOSE_RENEW : CLOSE_TOO_SLOW);
      return;
    }
    if (!isFor(watcher.types, event)) return;
    this.behind.set(socket, behind);
    try {
      socket.send(message);
    } catch {
      // The socket closed under us: its client reconnects with `after` and misses nothing.
    }
  }

  private watcher(socket: WebSocket): Watcher {
    let watcher = this.watchers.get(socket);
    if (watcher === undefined) {
      watcher = socket.deserializeAttachment() as Watcher;
      this.watchers.set(socket, watcher);
    }
    return watcher;
  }
}

function frame(event: FeedEvent, json: string): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${json}\n\n`;
}

function isFor(types: readonly FeedEventType[], { type }: FeedEvent): boolean {
  return type === 'reset' || types.includes(type);
}

function close(socket: WebSocket, code: number): void {
  try {
    socket.close(code, 'connect again');
  } catch {
    // Closed already.
  }
}
