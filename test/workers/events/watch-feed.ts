import type { FeedEvent, FeedEventType } from '@agentflow/contracts';
import { expect } from 'vitest';
import { api, type Member, rawApi } from '../../support/api.ts';

/** What one socket on the feed received. */
export interface WatchedFeed {
  readonly events: FeedEvent[];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number }>;
  /** The first event of this type, now or when it comes; `about` is an id that it names. */
  seen(type: FeedEventType | 'reset', about?: string): Promise<FeedEvent>;
  lastSeq(): number;
}

export async function feedTicket(member: Member): Promise<string> {
  const answer = await api<{ ticket: string }>('/events/stream-ticket', { method: 'POST', token: member.token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.ticket;
}

/** Opens a socket with a ticket, as a browser does. */
export async function watchFeed(member: Member, query = ''): Promise<WatchedFeed> {
  return watchWith(`?ticket=${await feedTicket(member)}${query === '' ? '' : `&${query}`}`);
}

export async function watchWith(query: string, headers: Record<string, string> = {}): Promise<WatchedFeed> {
  const response = await rawApi(`/events/stream${query}`, { headers: { upgrade: 'websocket', ...headers } });
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  const events: FeedEvent[] = [];
  const waiting: { matches: (event: FeedEvent) => boolean; resolve: (event: FeedEvent) => void }[] = [];
  socket.addEventListener('message', (message) => {
    if (message.data === 'pong') return;
    const event = JSON.parse(String(message.data)) as FeedEvent;
    events.push(event);
    for (const each of waiting) if (each.matches(event)) each.resolve(event);
  });
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.addEventListener('close', (event) => resolve({ code: event.code }));
  });
  socket.accept();
  return {
    events,
    socket,
    closed,
    lastSeq: () => events.at(-1)?.seq ?? 0,
    seen: (type, about) => {
      const matches = (event: FeedEvent) =>
        event.type === type && (about === undefined || JSON.stringify(event.data).includes(about));
      const already = events.find(matches);
      return already !== undefined
        ? Promise.resolve(already)
        : new Promise((resolve) => waiting.push({ matches, resolve }));
    },
  };
}
