import { type Execution, type ExecutionEvent, isTerminal, type WaitingReason } from '@agentflow/contracts';

/** What a run tells a door, in order; `ended`, `waits` and `late` are the last. */
export type Moment =
  | { readonly kind: 'event'; readonly event: ExecutionEvent }
  /** Nothing came for a while: time to say that one is still here. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'ended'; readonly status: Extract<Execution['status'], 'completed' | 'failed' | 'cancelled'> }
  /** It has waited for somebody or something for as long as a caller is kept waiting. */
  | { readonly kind: 'waits'; readonly reason: WaitingReason | 'place' }
  /** It has worked for as long as a caller is kept waiting. */
  | { readonly kind: 'late' };

interface Wait {
  readonly reason: WaitingReason | 'place';
  readonly since: number;
}

export interface Patience {
  /** For people, money, places and time: what no work brings nearer. */
  readonly waiting_ms: number;
  readonly working_ms: number;
  readonly quiet_ms: number;
}

/**
 * Something is written this often while nothing happens. It keeps connections open, and it is how a runtime without notice of
 * closed ones finds out.
 */
export const KEEP_ALIVE_MS = 5_000;
export const PATIENCE: Patience = { waiting_ms: 60_000, working_ms: 540_000, quiet_ms: KEEP_ALIVE_MS };

/** A caller may ask for less, by `Prefer: wait=N`, and for at most ten minutes of work. */
export function patienceOf(prefer: string | undefined): Patience {
  const match = prefer === undefined ? null : /(?:^|[,;\s])wait=(\d{1,5})(?:$|[,;\s])/.exec(prefer);
  if (match === null) return PATIENCE;
  const asked = Number(match[1]) * 1000;
  return { ...PATIENCE, waiting_ms: asked, working_ms: Math.min(asked, PATIENCE.working_ms) };
}

/**
 * Follows a run as long as a caller is kept waiting for it.
 *
 * @param events of the run
 * @param stop ends them; where somebody else has stopped them, nothing more is told
 */
export async function* watchRun(
  events: AsyncIterator<ExecutionEvent>,
  stop: AbortController,
  patience: Patience,
): AsyncGenerator<Moment> {
  const began = Date.now();
  let waiting: Wait | null = null;
  let next = events.next();
  // Where it is given up, what comes of it is nobody's business any more.
  next.catch(() => undefined);
  try {
    for (;;) {
      const now = Date.now();
      const left = began + patience.working_ms - now;
      const waits = waiting === null ? Number.POSITIVE_INFINITY : waiting.since + patience.waiting_ms - now;
      const pause = Math.max(0, Math.min(left, waits, patience.quiet_ms));
      const came = await within(next, pause);
      if (came === 'nothing') {
        if (Math.min(left, waits) > pause) {
          yield { kind: 'quiet' };
          continue;
        }
        yield waiting === null ? { kind: 'late' } : { kind: 'waits', reason: waiting.reason };
        return;
      }
      if (stop.signal.aborted) return;
      if (came.done === true) throw new Error('the events of a run ended before it did');
      const event = came.value;
      yield { kind: 'event', event };
      const status = event.type.slice('execution.'.length) as Execution['status'];
      if (event.type.startsWith('execution.') && isTerminal(status)) {
        yield { kind: 'ended', status: status as 'completed' };
        return;
      }
      waiting = waitAfter(event, waiting);
      next = events.next();
      next.catch(() => undefined);
    }
  } finally {
    stop.abort();
  }
}

/** What keeps it from working after an event; `before` where that changes nothing. */
function waitAfter({ type, data }: ExecutionEvent, before: Wait | null): Wait | null {
  switch (type) {
    case 'execution.queued':
      return { reason: 'place', since: Date.now() };
    case 'execution.waiting': {
      const reason = data.reason as WaitingReason;
      // A child works.
      return reason === 'child' ? null : { reason, since: Date.now() };
    }
    case 'execution.started':
    case 'execution.resumed':
      return null;
    default:
      return before;
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'nothing'> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const nothing = new Promise<'nothing'>((resolve) => {
    timer = setTimeout(() => resolve('nothing'), ms);
  });
  return Promise.race([promise, nothing]).finally(() => clearTimeout(timer));
}
