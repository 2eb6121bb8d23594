import { executionError, type JobRequest, jsonValue, type ThreadState, threadState, todos } from '@agentflow/contracts';
import type { StepError } from '@agentflow/engine';
import { z } from 'zod';
import { Circuits } from '../../../durable-objects/circuit/client.ts';
import type { CircuitGate } from '../../platform/circuit.ts';
import type { Env } from '../../platform/env.ts';
import { OutboundError, readBounded } from '../../platform/outbound.ts';
import type { RuntimeClient, RuntimeFailure } from './port.ts';

const PATIENCE: Patience = { request_ms: 10_000, slow_ms: 4000 };
/** More is not read of an answer or a frame. */
export const MAX_RUNTIME_BYTES = 4 * 1024 * 1024;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
/** Whoever wishes for a longer pause is not waited for here: the caller is told when to come again. */
const LONGEST_PAUSE_MS = 5000;
const MAX_THREAD_ID = 200;

/** What the client of a remote runtime stands on; the clock and chance are arguments, so that tests need not wait. */
export interface RemoteRuntimeParts {
  /** The guarded way out. */
  readonly fetch: typeof fetch;
  readonly circuit?: CircuitGate;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly random?: () => number;
  readonly patience?: Patience;
}

interface Patience {
  /** Until the headers of an answer are there, also of a socket's handshake. */
  readonly request_ms: number;
  /** A call that takes longer has failed for the circuit: a peer that hangs is found out before its callers give up. */
  readonly slow_ms: number;
}

export function hasRemoteRuntime(env: Env): env is Env & { readonly DEEPAGENTS_RUNTIME_URL: string } {
  return env.DEEPAGENTS_RUNTIME_URL !== undefined && env.DEEPAGENTS_RUNTIME_URL !== '';
}

const accepted = z.object({
  thread_id: z
    .string()
    .regex(/^[A-Za-z0-9._:-]+$/)
    .max(MAX_THREAD_ID),
});

/** As others speak the protocol: what they leave out is nothing. */
const remoteState = threadState.extend({
  result: jsonValue.nullish().transform((result) => result ?? null),
  todos: todos.nullish().transform((list) => list ?? []),
  files: z
    .record(z.string(), z.string())
    .nullish()
    .transform((files) => files ?? {}),
  error: executionError
    .nullish()
    .catch((issue) => ({ code: 'failed', message: String(JSON.stringify(issue.value)).slice(0, 500) }))
    .transform((error) => error ?? null),
});

type Answer = { readonly ok: true; readonly value: unknown } | RuntimeFailure;

/** Runs jobs on another installation's runtime, by HTTP. Nothing that the other side does makes a call throw. */
export function remoteRuntime(
  env: Env,
  parts: RemoteRuntimeParts,
  { traceparent }: { readonly traceparent: string },
): RuntimeClient {
  const base = (env.DEEPAGENTS_RUNTIME_URL ?? '').replace(/\/+$/, '');
  if (!URL.canParse(base)) return unusable();
  const { host } = new URL(base);
  const circuit = parts.circuit ?? new Circuits(env.CIRCUIT, { clock: Date.now, random: Math.random }).runtime(host);
  const call = new RemoteCall({ ...parts, circuit, host });
  const headers = (more: Record<string, string> = {}) => ({
    ...(env.DEEPAGENTS_RUNTIME_TOKEN === undefined ? {} : { authorization: `Bearer ${env.DEEPAGENTS_RUNTIME_TOKEN}` }),
    traceparent,
    ...more,
  });
  const url = (path: string) => `${base}/deepagents-runtime/${path}`;
  const threadUrl = (kind: 'state' | 'stream', threadId: string) => url(`${kind}/${encodeURIComponent(threadId)}`);
  return {
    async invoke(job: JobRequest & { job_id: string }) {
      const answer = await call.json(url('invoke'), {
        method: 'POST',
        headers: headers({ 'content-type': 'application/json', 'idempotency-key': job.job_id }),
        body: JSON.stringify(job),
      });
      if (!answer.ok) return answer;
      const parsed = accepted.safeParse(answer.value);
      return parsed.success ? { ok: true, thread_id: parsed.data.thread_id } : notOurs(host, 'names no thread');
    },
    async state(threadId) {
      const answer = await call.json(threadUrl('state', threadId), { method: 'GET', headers: headers() });
      return answer.ok ? readState(host, threadId, answer.value) : answer;
    },
    async open(threadId, after) {
      const at = `${threadUrl('stream', threadId)}?after=${after}`;
      return call.socket(at, { method: 'GET', headers: headers({ upgrade: 'websocket' }) });
    },
    async forget(threadId) {
      const answer = await call.json(threadUrl('state', threadId), { method: 'DELETE', headers: headers() });
      // Not every runtime can be asked to forget, and one that has forgotten does not know the thread.
      if (!answer.ok && answer.error.retryable) throw new Error(answer.error.message);
    },
  };
}

function readState(
  host: string,
  threadId: string,
  value: unknown,
): { readonly ok: true; readonly state: ThreadState } | RuntimeFailure {
  const parsed = remoteState.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return notOurs(host, `is no state of a thread (${issue?.path.join('.')}: ${issue?.message})`);
  }
  if (parsed.data.thread_id !== threadId) return notOurs(host, 'is about another thread than was asked for');
  return { ok: true, state: parsed.data };
}

/** One call with its tries, behind the circuit that all isolates share. */
class RemoteCall {
  constructor(private readonly parts: RemoteRuntimeParts & { readonly circuit: CircuitGate; readonly host: string }) {}

  /** Everything that is asked is safe to ask again: an invoke has the id of its job. */
  async json(url: string, init: RequestInit): Promise<Answer> {
    return this.tried(async () => {
      const response = await this.send(url, init);
      if (!('status' in response)) return response;
      if (!response.ok) return this.refused(response);
      const { text, truncated } = await readBounded(response, MAX_RUNTIME_BYTES);
      if (truncated) return notOurs(this.parts.host, `is larger than ${MAX_RUNTIME_BYTES} bytes`);
      if (text === '') return { ok: true, value: null };
      try {
        return { ok: true, value: JSON.parse(text) as unknown };
      } catch {
        return notOurs(this.parts.host, 'is not JSON');
      }
    });
  }

  async socket(
    url: string,
    init: RequestInit,
  ): Promise<{ readonly ok: true; readonly socket: WebSocket } | RuntimeFailure> {
    const answer = await this.tried(async () => {
      const response = await this.send(url, init);
      if (!('status' in response)) return response;
      if (response.webSocket !== null) return { ok: true as const, value: response.webSocket };
      if (!response.ok) return this.refused(response);
      await response.body?.cancel();
      return notOurs(this.parts.host, 'is no WebSocket');
    });
    return answer.ok ? { ok: true, socket: answer.value as WebSocket } : answer;
  }

  private async tried<T extends { readonly ok: true }>(
    ask: () => Promise<T | RuntimeFailure>,
  ): Promise<T | RuntimeFailure> {
    const { sleep = pause, random = Math.random } = this.parts;
    for (let attempt = 1; ; attempt++) {
      const answer = await ask();
      if (answer.ok || !answer.error.retryable || attempt === ATTEMPTS) return answer;
      const wait = answer.error.retry_after_ms ?? FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random());
      if (wait > LONGEST_PAUSE_MS) return answer;
      await sleep(wait);
    }
  }

  private async send(url: string, init: RequestInit): Promise<Response | RuntimeFailure> {
    const { circuit, host, patience = PATIENCE } = this.parts;
    const entry = await circuit.enter();
    if (!entry.allowed) {
      const { retry_after_ms } = entry.refusal;
      const message = `The runtime ${host} has failed too often and is left alone for ${Math.ceil(retry_after_ms / 1000)} s.`;
      return unavailable(message, Math.max(retry_after_ms, LONGEST_PAUSE_MS + 1));
    }
    let told = false;
    const end = (verdict: 'ok' | 'failed' | 'neither', pause_ms = 0) => {
      if (told) return Promise.resolve();
      told = true;
      return entry.end({ verdict, pause_ms });
    };
    const slow = setTimeout(() => void end('failed'), patience.slow_ms);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException('too late', 'TimeoutError')), patience.request_ms);
    try {
      const response = await this.parts.fetch(url, { ...init, signal: late.signal });
      // A stream lasts as long as its run; a body is read within the time of its request.
      if (response.webSocket !== null) clearTimeout(timer);
      await end(response.status >= 500 ? 'failed' : 'ok');
      return response;
    } catch (error) {
      const blocked = error instanceof OutboundError && !error.retryable;
      await end(blocked ? 'neither' : 'failed');
      if (blocked) return { ok: false, error: { code: error.code, message: error.message, retryable: false } };
      const why = isTimeout(error) ? `did not answer within ${patience.request_ms / 1000} s` : 'could not be reached';
      return unavailable(`The runtime ${host} ${why}.`);
    } finally {
      clearTimeout(slow);
    }
  }

  private async refused(response: Response): Promise<RuntimeFailure> {
    const { host } = this.parts;
    const { status } = response;
    const { text } = await readBounded(response, 4096);
    if (status >= 500 || status === 429 || status === 408) {
      return unavailable(`The runtime ${host} answered with status ${status}.`, retryAfter(response.headers));
    }
    if (status === 404) return failure('runtime_thread_unknown', `The runtime ${host} does not know the thread.`);
    if (status === 401 || status === 403) {
      return failure('runtime_refused', `The runtime ${host} refuses this installation’s token (status ${status}).`);
    }
    return failure('runtime_refused', `The runtime ${host} refused with status ${status}${reasonIn(text)}.`);
  }
}

function isTimeout(error: unknown): boolean {
  if (error instanceof OutboundError) return error.code === 'outbound_timeout';
  return error instanceof Error && error.name === 'TimeoutError';
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** What a problem document says, as far as it may be shown: one line. */
function reasonIn(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? `: ${detail.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

function failure(code: string, message: string): RuntimeFailure {
  return { ok: false, error: { code, message, retryable: false } };
}

function unavailable(message: string, retry_after_ms?: number): RuntimeFailure {
  const error: StepError = { code: 'runtime_unavailable', message, retryable: true };
  return { ok: false, error: retry_after_ms === undefined ? error : { ...error, retry_after_ms } };
}

function notOurs(host: string, what: string): RuntimeFailure {
  return failure('runtime_answer_invalid', `What the runtime ${host} answered ${what}.`);
}

/** The operator's mistake, told to whoever hands work to it. */
function unusable(): RuntimeClient {
  const refused = failure('runtime_refused', 'DEEPAGENTS_RUNTIME_URL is no URL.');
  return {
    invoke: async () => refused,
    state: async () => refused,
    open: async () => refused,
    forget: async () => undefined,
  };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
