import { api, RequestFailure } from './api.ts';

const PING_MS = 25_000;
/** A socket that was silent for longer than this after a ping is dead, whatever the browser thinks. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 15_000;

export type SocketState = 'connecting' | 'live' | 'reconnecting' | 'refused';

interface Followed {
  /** Where tickets are made, below the API's base, and where the socket is: below it too, or from the root with `/api/`. */
  readonly ticketPath: string;
  readonly streamPath: string;
  /** Asked at each connection: what has been received, or other parameters. */
  parameters(): Record<string, string>;
  onMessage(text: string): void;
  onState(state: SocketState): void;
  /** Before a reconnect is tried. */
  onClose?(): void;
}

export interface FollowedSocket {
  send(message: string): void;
  stop(): void;
}

/** Keeps a socket that authenticates with tickets: reconnects with patience, and at once when the browser is online again. */
export function followSocket(followed: Followed): FollowedSocket {
  let socket: WebSocket | null = null;
  let stopped = false;
  let tries = 0;
  let heardAt = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const retry = () => {
    if (stopped) return;
    followed.onState('reconnecting');
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries) * (0.75 + Math.random() / 2);
    tries++;
    retryTimer = setTimeout(() => void connect(), delay);
  };

  const connect = async () => {
    let ticket: string;
    try {
      ({ ticket } = await api<{ ticket: string }>(followed.ticketPath, { method: 'POST' }));
    } catch (error) {
      if (stopped) return;
      if (isFinal(error)) followed.onState('refused');
      else retry();
      return;
    }
    if (stopped) return;
    const { streamPath } = followed;
    const address = new URL(streamPath.startsWith('/api/') ? streamPath : `/api/v1${streamPath}`, location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    for (const [name, value] of Object.entries(followed.parameters())) address.searchParams.set(name, value);
    address.searchParams.set('ticket', ticket);
    const opened = new WebSocket(address);
    socket = opened;
    opened.onopen = () => {
      tries = 0;
      heardAt = Date.now();
      followed.onState('live');
    };
    opened.onmessage = ({ data }) => {
      heardAt = Date.now();
      if (typeof data === 'string' && data !== 'pong') followed.onMessage(data);
    };
    opened.onclose = () => {
      if (stopped) return;
      followed.onClose?.();
      retry();
    };
  };

  const pinger = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heardAt > SILENCE_MS) socket.close(4000);
    else socket.send('ping');
  }, PING_MS);

  const onOnline = () => {
    if (stopped || socket?.readyState === WebSocket.OPEN || retryTimer === undefined) return;
    clearTimeout(retryTimer);
    retryTimer = undefined;
    tries = 0;
    void connect();
  };
  addEventListener('online', onOnline);

  void connect();
  return {
    send: (message) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(message);
    },
    stop: () => {
      stopped = true;
      clearTimeout(retryTimer);
      clearInterval(pinger);
      removeEventListener('online', onOnline);
      socket?.close(1000);
    },
  };
}

/** Another try would be refused as well. */
function isFinal(error: unknown): boolean {
  return error instanceof RequestFailure && error.status >= 400 && error.status < 500 && error.status !== 429;
}
