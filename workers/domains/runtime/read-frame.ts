import { type StreamFrame, streamFrame } from '@agentflow/contracts';
import type { RuntimeFailure } from './port.ts';
import { MAX_RUNTIME_BYTES } from './remote.ts';

/** Reads a message of a thread's stream. A runtime that does not number its frames is taken to begin at 0 each time. */
export function readFrame(
  message: string | ArrayBuffer,
): { readonly ok: true; readonly frame: StreamFrame } | RuntimeFailure {
  if (typeof message !== 'string') return broken('is binary');
  if (message.length > MAX_RUNTIME_BYTES) return broken(`is larger than ${MAX_RUNTIME_BYTES} characters`);
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return broken('is not JSON');
  }
  const parsed = streamFrame.safeParse(withNumber(value));
  if (parsed.success) return { ok: true, frame: parsed.data };
  const [issue] = parsed.error.issues;
  return broken(`is none of the protocol (${issue?.path.join('.')}: ${issue?.message})`);
}

function withNumber(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('seq' in value)
    ? { ...value, seq: 0 }
    : value;
}

function broken(what: string): RuntimeFailure {
  const message = `A frame of the runtime's stream ${what}.`;
  return { ok: false, error: { code: 'runtime_answer_invalid', message, retryable: false } };
}
