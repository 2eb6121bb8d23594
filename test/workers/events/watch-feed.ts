import type { FeedEvent, FeedEventType } from '@agentflow/contracts';
import { expect } from 'vitest';
import { api, type Member } from '../../support/api.ts';
import { type WatchedSocket, watchSocket } from '../../support/watch-socket.ts';

/** What one socket on the feed received. */
export interface WatchedFeed extends WatchedSocket<FeedEvent> {
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
  const watched = await watchSocket<FeedEvent>(`/events/stream${query}`, headers);
  return {
    ...watched,
    lastSeq: () => watched.events.at(-1)?.seq ?? 0,
    seen: (type, about) =>
      watched.first(
        (event) => event.type === type && (about === undefined || JSON.stringify(event.data).includes(about)),
      ),
  };
}
