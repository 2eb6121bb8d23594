import {
  type ClientFrame,
  clientFrame,
  type JsonValue,
  MAX_CLIENT_FRAME,
  type StreamFrame,
} from '@agentflow/contracts';
import type { Watcher } from './client.ts';
import type { FrameLog } from './frames.ts';

const MAX_WATCHERS = 100;
/** A watcher comes again this often, and is checked again. */
const SESSION_MS = 15 * 60_000;
/** A client that has not acknowledged this many frames is closed: what is sent waits in this object's memory. */
const MAX_BEHIND = 1000;

const CLOSE_ENDED = 1000;
const CLOSE_RENEW = 4401;
const CLOSE_TOO_SLOW = 4408;
const CLOSE_ERASED = 4410;

/** Kept with the socket, which outlives this instance. */
interface Attachment {
  readonly may_steer: boolean;
  /** Gets nothing after this time. */
  readonly until: number;
}

/** What became of something that a client sent. */
export type Passed = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * Those who watch a thread. Sockets hibernate, and frames are rows, so that an eviction loses neither: who comes back says
 * what they had (`?after=`).
 */
export class Watchers {
  private readonly attachments = new WeakMap<WebSocket, Attachment>();
  /** Frames sent by this instance since the client last acknowledged any. */
  private readonly behind = new WeakMap<WebSocket, number>();

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly frames: FrameLog,
  ) {
    // Answered by the runtime without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  count(): number {
    return this.ctx.getWebSockets().length;
  }

  /** 429 where too many watch already. `ended`: nothing will follow. */
  accept({ may_steer }: Watcher, after: number, ended: boolean): Response {
    if (this.count() >= MAX_WATCHERS) return new Response(null, { status: 429 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const attachment: Attachment = { may_steer, until: Date.now() + SESSION_MS };
    server.serializeAttachment(attachment);
    this.attachments.set(server, attachment);
    this.frames.replay(after, (frame) => server.send(JSON.stringify(frame)));
    if (ended) close(server, CLOSE_ENDED, 'ended');
    return new Response(null, { status: 101, webSocket: client });
  }

  publish(frame: StreamFrame): void {
    const sockets = this.ctx.getWebSockets();
    if (sockets.length === 0) return;
    const message = JSON.stringify(frame);
    const now = Date.now();
    for (const socket of sockets) this.send(socket, message, now);
  }

  /** Acknowledgements are taken; what is meant for the run is checked and passed on; everything else gets an `error` frame. */
  receive(socket: WebSocket, message: string | ArrayBuffer, pass: (frame: ClientFrame) => Passed): void {
    if (typeof message === 'string' && message.length < 200 && message.includes('"ack"')) {
      this.behind.delete(socket);
      return;
    }
    const passed = this.check(socket, message, pass);
    if (!passed.ok) this.refuse(socket, passed);
  }

  private check(socket: WebSocket, message: string | ArrayBuffer, pass: (frame: ClientFrame) => Passed): Passed {
    if (typeof message !== 'string' || message.length > MAX_CLIENT_FRAME) {
      return {
        ok: false,
        code: 'payload_too_large',
        message: 'A frame is text, and not larger than the API’s bodies.',
      };
    }
    const frame = clientFrame.safeParse(parsed(message));
    if (!frame.success) {
      const [issue] = frame.error.issues;
      const place = issue?.path.map(String).join('.') ?? '';
      const said = issue?.message ?? 'is not valid';
      return { ok: false, code: 'validation_failed', message: place === '' ? said : `${place}: ${said}` };
    }
    if (!this.attachment(socket).may_steer) {
      return { ok: false, code: 'forbidden', message: 'You may watch this refinement, not steer it.' };
    }
    return pass(frame.data);
  }

  closeAll(why: 'ended' | 'erased' | 'renew'): void {
    const code = { ended: CLOSE_ENDED, erased: CLOSE_ERASED, renew: CLOSE_RENEW }[why];
    for (const socket of this.ctx.getWebSockets()) close(socket, code, why);
  }

  private send(socket: WebSocket, message: string, now: number): void {
    const behind = (this.behind.get(socket) ?? 0) + 1;
    if (this.attachment(socket).until <= now) close(socket, CLOSE_RENEW, 'connect again');
    else if (behind > MAX_BEHIND) close(socket, CLOSE_TOO_SLOW, `more than ${MAX_BEHIND} frames behind`);
    else {
      this.behind.set(socket, behind);
      sendTo(socket, message);
    }
  }

  private refuse(socket: WebSocket, { code, message }: { readonly code: string; readonly message: string }): void {
    const data: Record<string, JsonValue> = { code, message };
    sendTo(socket, JSON.stringify({ seq: this.frames.last(), event_type: 'error', data } satisfies StreamFrame));
  }

  private attachment(socket: WebSocket): Attachment {
    let attachment = this.attachments.get(socket);
    if (attachment === undefined) {
      attachment = socket.deserializeAttachment() as Attachment;
      this.attachments.set(socket, attachment);
    }
    return attachment;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sendTo(socket: WebSocket, message: string): void {
  try {
    socket.send(message);
  } catch {
    // The socket closed under us: its client reconnects with `after` and misses nothing.
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Closed already.
  }
}
