import { type ExecutionEvent, isTerminal } from '@agentflow/contracts';
import { useEffect, useState } from 'react';
import { followSocket } from '@/lib/follow-socket.ts';
import { applyEvents, type LiveExecution, NOTHING_YET } from './live-execution.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'ended';

export interface ExecutionStream {
  readonly live: LiveExecution;
  readonly connection: Connection;
  /** When the last message came, in ms since the epoch. */
  readonly heardAt: number | null;
}

const ACK_EVERY = 100;

/**
 * Follows an execution's events over its socket, from the first one on, reconnecting where it left off. Pieces are taken
 * in together once per frame. `onProgress` is told when steps have ended and their records are worth reading again.
 */
export function useExecutionStream(
  executionId: string,
  enabled: boolean,
  onProgress: (ended: boolean) => void,
): ExecutionStream {
  const [stream, setStream] = useState<ExecutionStream>({ live: NOTHING_YET, connection: 'connecting', heardAt: null });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the socket lives as long as the execution is followed
  useEffect(() => {
    if (!enabled) return;
    let acknowledged = 0;
    let live = NOTHING_YET;
    let heardAt = 0;
    let frame = 0;
    let queue: ExecutionEvent[] = [];

    const takeIn = () => {
      frame = 0;
      const events = queue;
      queue = [];
      live = applyEvents(live, events);
      const progressed = events.some(({ type }) => /^step\.(completed|failed|skipped|waiting)$/.test(type));
      if (live.seq - acknowledged >= ACK_EVERY) {
        acknowledged = live.seq;
        socket.send(JSON.stringify({ type: 'ack', seq: live.seq }));
      }
      const ended = live.status !== null && isTerminal(live.status);
      setStream({ live, connection: ended ? 'ended' : 'live', heardAt });
      if (ended) socket.stop();
      if (ended || progressed) onProgress(ended);
    };

    const socket = followSocket({
      ticketPath: `/executions/${executionId}/stream-ticket`,
      streamPath: `/executions/${executionId}/stream`,
      parameters: () => ({ after: String(live.seq) }),
      onMessage: (text) => {
        heardAt = Date.now();
        queue.push(JSON.parse(text) as ExecutionEvent);
        // A hidden tab draws no frames; its events must be taken in all the same.
        if (document.hidden) takeIn();
        else if (frame === 0) frame = requestAnimationFrame(takeIn);
      },
      onState: (state) => {
        if (state === 'live') heardAt = Date.now();
        setStream((old) => ({
          ...old,
          connection: state === 'refused' ? 'ended' : state,
          heardAt: state === 'live' ? heardAt : old.heardAt,
        }));
      },
      onClose: () => {
        if (queue.length > 0) takeIn();
      },
    });
    return () => {
      cancelAnimationFrame(frame);
      socket.stop();
    };
  }, [executionId, enabled]);

  return stream;
}
