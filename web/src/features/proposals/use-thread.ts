import type { ClientFrame, StreamFrame } from '@agentflow/contracts';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Connection } from '@/features/executions/use-execution-stream.ts';
import { type FollowedSocket, followSocket } from '@/lib/follow-socket.ts';
import { afterFrame, EMPTY_THREAD, type ThreadState } from './thread-state.ts';

export interface Thread {
  readonly state: ThreadState;
  readonly connection: Connection;
  /** When the last frame came, in ms since the epoch. */
  readonly heardAt: number | null;
  readonly send: (frame: ClientFrame) => void;
}

interface Followed {
  readonly state: ThreadState;
  readonly connection: Connection;
  readonly heardAt: number | null;
}

const ACK_EVERY = 100;
const NOTHING_YET: Followed = { state: EMPTY_THREAD, connection: 'connecting', heardAt: null };

/** Follows a refinement over its socket, from the first frame on, reconnecting where it left off. */
export function useThread(threadId: string, enabled: boolean): Thread {
  const [followed, setFollowed] = useState(NOTHING_YET);
  const socket = useRef<FollowedSocket | null>(null);
  useEffect(() => {
    if (!enabled) return;
    let state = EMPTY_THREAD;
    let heardAt: number | null = null;
    let drawing = 0;
    let queue: StreamFrame[] = [];
    let behind = 0;
    const takeIn = () => {
      drawing = 0;
      for (const frame of queue) state = afterFrame(state, frame);
      queue = [];
      setFollowed({ state, connection: state.ended ? 'ended' : 'live', heardAt });
      if (state.ended) opened.stop();
    };
    const opened = followSocket({
      ticketPath: `/refinements/${threadId}/stream-ticket`,
      streamPath: `/api/ws/refinements/${threadId}`,
      parameters: () => ({ after: String(state.seq) }),
      onMessage: (text) => {
        heardAt = Date.now();
        queue.push(JSON.parse(text) as StreamFrame);
        behind++;
        if (behind % ACK_EVERY === 0) opened.send('{"type":"ack"}');
        // A hidden tab draws no frames; what comes must be taken in all the same.
        if (document.hidden) takeIn();
        else if (drawing === 0) drawing = requestAnimationFrame(takeIn);
      },
      onClose: () => {
        cancelAnimationFrame(drawing);
        takeIn();
      },
      onState: (next) => {
        if (state.ended) return;
        if (next === 'live') heardAt = Date.now();
        setFollowed({ state, connection: next === 'refused' ? 'ended' : next, heardAt });
      },
    });
    socket.current = opened;
    return () => {
      cancelAnimationFrame(drawing);
      opened.stop();
      socket.current = null;
    };
  }, [threadId, enabled]);
  const send = useCallback((frame: ClientFrame) => socket.current?.send(JSON.stringify(frame)), []);
  return { ...followed, send };
}
