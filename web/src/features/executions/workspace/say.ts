import type { ClientFrame, StreamFrame } from '@agentflow/contracts';
import { api } from '@/lib/api.ts';

/** An answer that does not come by then will not come. */
const PATIENCE_MS = 15_000;

/**
 * Says something to the deep agents of an execution, through the stream of their runtime, and settles when it is written
 * down. `after` is the last event that is known, so that little comes before the answer. Throws what speaks against it.
 */
export async function sayToExecution(executionId: string, text: string, after: number): Promise<void> {
  const { ticket } = await api<{ ticket: string }>(`/executions/${executionId}/stream-ticket`, { method: 'POST' });
  const address = new URL(`/deepagents-runtime/stream/${executionId}`, location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  address.searchParams.set('after', String(after));
  address.searchParams.set('ticket', ticket);
  const socket = new WebSocket(address);
  const frame: ClientFrame = { event_type: 'steer', data: { text } };
  const timer = setTimeout(() => socket.close(4000), PATIENCE_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify(frame));
      socket.onclose = () => reject(new Error('It could not be told. Try again in a moment.'));
      socket.onmessage = ({ data }) => {
        const told = JSON.parse(String(data)) as StreamFrame;
        if (told.event_type === 'on_message' && told.data.text === text) resolve();
        if (told.event_type === 'error') reject(new Error(String(told.data.message)));
        if (told.event_type === 'end') reject(new Error('It has ended: nobody is there to hear it.'));
      };
    });
  } finally {
    clearTimeout(timer);
    socket.onclose = null;
    socket.close(1000);
  }
}
