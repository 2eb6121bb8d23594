import { rawApi } from './api.ts';

/** What one socket received. */
export interface WatchedSocket<Event> {
  readonly events: Event[];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number }>;
  /** The first event that fits, now or when it comes. */
  first(matches: (event: Event) => boolean): Promise<Event>;
}

export async function watchSocket<Event>(
  path: string,
  headers: Record<string, string> = {},
): Promise<WatchedSocket<Event>> {
  const response = await rawApi(path, { headers: { upgrade: 'websocket', ...headers } });
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  const events: Event[] = [];
  const waiting: { matches: (event: Event) => boolean; resolve: (event: Event) => void }[] = [];
  socket.addEventListener('message', (message) => {
    if (message.data === 'pong') return;
    const event = JSON.parse(String(message.data)) as Event;
    events.push(event);
    for (const each of waiting) if (each.matches(event)) each.resolve(event);
  });
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.addEventListener('close', (event) => resolve({ code: event.code }));
  });
  socket.accept();
  const first = (matches: (event: Event) => boolean) => {
    const already = events.find(matches);
    if (already !== undefined) return Promise.resolve(already);
    return new Promise<Event>((resolve) => waiting.push({ matches, resolve }));
  };
  return { events, socket, closed, first };
}
