import { type ExecutionEvent, isTerminal } from '@agentflow/contracts';
import { useEffect, useState } from 'react';
import { api, RequestFailure } from '@/lib/api.ts';
import { applyEvent, type LiveExecution, NOTHING_YET } from './live-execution.ts';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'ended';

export interface ExecutionStream {
  readonly live: LiveExecution;
  readonly connection: Connection;
  /** When the last message came, in ms since the epoch. */
  readonly heardAt: number | null;
}

const PING_MS = 25_000;
/** A socket that was silent for longer than this after a ping is dead, whatever the browser thinks. */
const SILENCE_MS = 40_000;
const ACK_EVERY = 100;
const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 15_000;

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
    let socket: WebSocket | null = null;
    let stopped = false;
    let tries = 0;
    let acknowledged = 0;
    let live = NOTHING_YET;
    let heardAt = 0;
    let retryTimer: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    let queue: ExecutionEvent[] = [];

    const takeIn = () => {
      frame = 0;
      const events = queue;
      queue = [];
      let progressed = false;
      for (const event of events) {
        live = applyEvent(live, event);
        progressed ||= /^step\.(completed|failed|skipped)$/.test(event.type);
      }
      if (live.seq - acknowledged >= ACK_EVERY && socket?.readyState === WebSocket.OPEN) {
        acknowledged = live.seq;
        socket.send(JSON.stringify({ type: 'ack', seq: live.seq }));
      }
      const ended = live.status !== null && isTerminal(live.status);
      setStream({ live, connection: ended ? 'ended' : 'live', heardAt });
      if (ended) stop();
      if (ended || progressed) onProgress(ended);
    };

    const stop = () => {
      stopped = true;
      clearTimeout(retryTimer);
      clearInterval(pinger);
      cancelAnimationFrame(frame);
      socket?.close(1000);
    };

    const retry = () => {
      if (stopped) return;
      setStream((old) => ({ ...old, connection: 'reconnecting' }));
      const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** tries) * (0.75 + Math.random() / 2);
      tries++;
      retryTimer = setTimeout(() => void connect(), delay);
    };

    const connect = async () => {
      let ticket: string;
      try {
        ({ ticket } = await api<{ ticket: string }>(`/executions/${executionId}/stream-ticket`, { method: 'POST' }));
      } catch (error) {
        const final =
          error instanceof RequestFailure && error.status >= 400 && error.status < 500 && error.status !== 429;
        if (!final) retry();
        else if (!stopped) setStream((old) => ({ ...old, connection: 'ended' }));
        return;
      }
      if (stopped) return;
      const address = new URL(`/api/v1/executions/${executionId}/stream`, location.href);
      address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
      address.searchParams.set('after', String(live.seq));
      address.searchParams.set('ticket', ticket);
      socket = new WebSocket(address);
      socket.onopen = () => {
        tries = 0;
        heardAt = Date.now();
        setStream((old) => ({ ...old, connection: 'live', heardAt }));
      };
      socket.onmessage = (message) => {
        heardAt = Date.now();
        if (typeof message.data !== 'string' || message.data === 'pong') return;
        queue.push(JSON.parse(message.data) as ExecutionEvent);
        // A hidden tab draws no frames; its events must be taken in all the same.
        if (document.hidden) takeIn();
        else if (frame === 0) frame = requestAnimationFrame(takeIn);
      };
      socket.onclose = () => {
        if (queue.length > 0) takeIn();
        retry();
      };
    };

    const pinger = setInterval(() => {
      if (socket?.readyState !== WebSocket.OPEN) return;
      if (Date.now() - heardAt > SILENCE_MS) socket.close(4000);
      else socket.send('ping');
    }, PING_MS);

    void connect();
    return stop;
  }, [executionId, enabled]);

  return stream;
}
