import { type ExecutionEvent, isTerminal } from '@agentflow/contracts';
import { executionObject, ORGANIZATION_HEADER, STREAM_URL } from '../../../durable-objects/execution/client.ts';
import type { Env } from '../../platform/env.ts';
import { notFound } from '../../platform/errors.ts';

/** Connections that bring nothing, one after the other, before the execution is given up. */
const FRUITLESS_CONNECTIONS = 6;
const FIRST_PAUSE_MS = 50;

/**
 * The events of an execution after a sequence number and to its end: each logged one once and in order, over any number of
 * connections to its object, and `step.delta` as it comes. Ends early when `signal` is aborted. Throws `not_found` for
 * another organization's execution.
 */
export async function* followExecution(
  env: Pick<Env, 'EXECUTION'>,
  organizationId: string,
  id: string,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<ExecutionEvent> {
  let last = after;
  let fruitless = 0;
  while (!signal.aborted) {
    const before = last;
    for await (const event of connection(env, organizationId, id, last, signal)) {
      if (event.type !== 'step.delta') last = event.seq;
      yield event;
      if (endsIt(event)) return;
    }
    fruitless = last === before ? fruitless + 1 : 0;
    if (fruitless === FRUITLESS_CONNECTIONS) throw new Error(`the events of ${id} broke off ${fruitless} times`);
    // Its object is starting again.
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** fruitless));
  }
}

function endsIt({ type }: ExecutionEvent): boolean {
  const [subject, status] = type.split('.');
  return subject === 'execution' && isTerminal(status as Parameters<typeof isTerminal>[0]);
}

/** What one connection brings; it ends without an error when the object goes away. */
async function* connection(
  env: Pick<Env, 'EXECUTION'>,
  organizationId: string,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ExecutionEvent> {
  const headers = { [ORGANIZATION_HEADER]: organizationId };
  const response = await executionObject(env.EXECUTION, id).fetch(`${STREAM_URL}?after=${after}`, { headers });
  if (response.status === 404) throw notFound('execution', id);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  let rest = '';
  try {
    if (signal.aborted) return;
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true as const, value: undefined }));
      if (done) return;
      rest += value;
      const frames = rest.split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const data = frame.split('\n').find((line) => line.startsWith('data: '));
        if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as ExecutionEvent;
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
