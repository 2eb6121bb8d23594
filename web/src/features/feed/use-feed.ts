import type { FeedEvent } from '@agentflow/contracts';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { followSocket } from '@/lib/follow-socket.ts';
import { patchExecutionLists } from './apply-feed.ts';
import { feedWords } from './feed-words.ts';

/** `polling`: the socket can't be had, and lists are read again every few seconds. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'polling';

const POLL_MS = 4_000;
/** Without a socket for this long, lists are asked for. */
const PATIENCE_MS = 3_000;
/** What events do to sums and to pages' ends is read again together. */
const REREAD_AFTER_MS = 1_200;
const REREAD_EVERY_MS = 3_000;
/** The day's sums are counted over its rows. */
const SUMS_EVERY_MS = 10_000;
const ANNOUNCE_AFTER_MS = 2_500;
const ACK_EVERY = 100;

/** Lists and sums that the feed keeps up to date, by the first part of an event's type. */
const LISTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  execution: [['executions', 'list'], ['agents', 'list'], ['overview'], ['invocations', 'list']],
  approval: [['approvals'], ['overview']],
  proposal: [['proposals']],
  agent: [['agents', 'list'], ['overview']],
  external_agent: [['external-agents'], ['invocations']],
  webhook: [['webhooks'], ['channels']],
  channel: [['channels']],
  member: [['members']],
};
/** What every event may change: it is listed, and perhaps sent and told. */
const TOLD: readonly (readonly string[])[] = [['events', 'list'], ['deliveries'], ['notifications']];
const ALL_LISTS = [...new Map([...Object.values(LISTS).flat(), ...TOLD].map((key) => [key.join(), key])).values()];

function reread(queries: QueryClient, keys: Iterable<readonly string[]>): void {
  for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
}

/** Reads lists again a moment after the first event that asks for it, and not more often than bearable. */
function createRereader(queries: QueryClient) {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const readAt = new Map<string, number>();
  return {
    want(keys: readonly (readonly string[])[]) {
      for (const key of keys) {
        const name = key.join();
        if (timers.has(name)) continue;
        const every = name === 'overview' ? SUMS_EVERY_MS : REREAD_EVERY_MS;
        const wait = Math.max(REREAD_AFTER_MS, (readAt.get(name) ?? 0) + every - Date.now());
        const read = () => {
          timers.delete(name);
          readAt.set(name, Date.now());
          reread(queries, [key]);
        };
        timers.set(name, setTimeout(read, wait));
      }
    },
    stop: () => {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

/** Says now and then what has happened. */
function createAnnouncer(say: (words: string) => void) {
  let events: FeedEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    heard(event: FeedEvent) {
      events.push(event);
      timer ??= setTimeout(() => {
        timer = undefined;
        const words = feedWords(events);
        events = [];
        if (words !== null) say(words);
      }, ANNOUNCE_AFTER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

function applyEvent(queries: QueryClient, event: FeedEvent): void {
  if ('execution' in event.data) patchExecutionLists(queries, event.data.execution);
  if ('approval' in event.data) {
    // The inbox is short and what one may decide is told to each person differently: it is read.
    reread(queries, [['approvals']]);
  }
  if ('agent' in event.data) {
    const { id } = event.data.agent;
    reread(queries, [
      ['agents', id, 'agent'],
      ['agents', id, 'versions'],
    ]);
  }
}

/**
 * The one subscription of this tab to the organization's feed, for as long as the shell is shown: what comes changes the
 * lists that were read. Gives how it is connected, and what there is to say to those who listen.
 */
export function useFeed(): { readonly state: FeedState; readonly words: string } {
  const queries = useQueryClient();
  const [state, setState] = useState<FeedState>('connecting');
  const [words, setWords] = useState('');
  useEffect(() => {
    let seq: number | null = null;
    let received = 0;
    let patience: ReturnType<typeof setTimeout> | undefined;
    let poll: ReturnType<typeof setInterval> | undefined;
    const rereader = createRereader(queries);
    const announcer = createAnnouncer(setWords);

    const startPolling = () => {
      setState('polling');
      poll ??= setInterval(() => {
        if (!document.hidden) reread(queries, ALL_LISTS);
      }, POLL_MS);
    };
    const stopPolling = () => {
      clearTimeout(patience);
      clearInterval(poll);
      patience = undefined;
      poll = undefined;
    };

    const socket = followSocket({
      ticketPath: '/events/stream-ticket',
      streamPath: '/events/stream',
      parameters: () => (seq === null ? {} : { after: String(seq) }),
      onMessage: (text) => {
        const event = JSON.parse(text) as FeedEvent;
        if (seq !== null && event.seq <= seq && event.type !== 'reset') return;
        seq = event.seq;
        received++;
        if (received % ACK_EVERY === 0) socket.send('{"type":"ack"}');
        if (event.type === 'reset') {
          reread(queries, ALL_LISTS);
          return;
        }
        applyEvent(queries, event);
        rereader.want([...(LISTS[event.type.split('.')[0] ?? ''] ?? []), ...TOLD]);
        announcer.heard(event);
      },
      onState: (next) => {
        if (next === 'live') {
          stopPolling();
          setState('live');
        } else if (next === 'refused') startPolling();
        else if (next === 'reconnecting' && poll === undefined) {
          setState('reconnecting');
          patience ??= setTimeout(startPolling, PATIENCE_MS);
        }
      },
    });
    return () => {
      socket.stop();
      stopPolling();
      rereader.stop();
      announcer.stop();
    };
  }, [queries]);
  return { state, words };
}
