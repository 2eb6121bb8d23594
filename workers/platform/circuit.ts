/**
 * A circuit breaker as a pure function of what was reported to it: closed it lets calls through, open it refuses them,
 * half open it lets one through that decides. Every time is an argument, in milliseconds since the epoch.
 */

/** Failures in a row that open a circuit. */
export const FAILURES_IN_A_ROW = 5;
/** Calls that are looked back on; half of them failed open a circuit too, once there are as many. */
export const WINDOW = 20;
const FAILURES_IN_WINDOW = WINDOW / 2;
/** The first rest of an open circuit; each probe that fails doubles it. */
export const COOL_DOWN_MS = 10_000;
export const LONGEST_COOL_DOWN_MS = 300_000;
/** A probe that has not come back by then is given up, and another call may be one. */
export const PROBE_MS = 60_000;
/** What a call that meets a probe on its way is told to wait. */
const PROBE_WAIT_MS = 5000;
/** The longest that a peer's wish to be left alone is followed. */
export const LONGEST_PAUSE_MS = 3_600_000;
/** Who was told to wait comes back up to this share later, so that they do not all come at once. */
const SPREAD = 0.2;
/** An answer that a caller with less patience did not get tells nothing of the other side. */
export const PATIENCE_MS = 30_000;

export interface Circuit {
  readonly phase: 'closed' | 'open' | 'half_open';
  /** The last calls, true where one failed; while closed. */
  readonly recent: readonly boolean[];
  readonly in_a_row: number;
  readonly failed_at: number;
  /** How often it has opened since it was last closed. */
  readonly opened: number;
  /** Open: when a probe may begin. Half open: when the one on its way is given up. */
  readonly until: number;
  /** The probe on its way, or the last one. */
  readonly probe: number;
  /** Until then the other side asked to be left alone. */
  readonly paused_until: number;
}

/** What callers have to know. */
export interface CircuitView {
  readonly phase: Circuit['phase'];
  readonly until: number;
  readonly paused_until: number;
  /** Whether the last call that counted failed: the next success is news. */
  readonly failing: boolean;
}

/** How one call ended, with the probe that it was (0 for none). */
export interface CircuitEnd {
  readonly outcome: 'ok' | 'failed' | 'neither';
  readonly probe: number;
  /** 0 where nothing was asked for. */
  readonly paused_until: number;
}

/** What a caller tells: successes that it kept to itself so far, the newest at `succeeded_at`, and the end of a call. */
export interface CircuitReport {
  readonly successes: number;
  readonly succeeded_at: number;
  readonly end: CircuitEnd | null;
}

export interface CircuitRefusal {
  readonly reason: 'open' | 'paused';
  readonly retry_after_ms: number;
}

/** How a call went as its caller sees it. `timed_out` is the caller's own limit; `neither` what tells nothing, such as a cancelled call. */
export interface CallOutcome {
  readonly verdict: 'ok' | 'failed' | 'timed_out' | 'neither';
  /** How long the other side asks to be left alone. */
  readonly pause_ms?: number;
}

export type CircuitEntry =
  | { readonly allowed: true; readonly end: (outcome: CallOutcome) => Promise<void> }
  | { readonly allowed: false; readonly refusal: CircuitRefusal };

/** What stands before calls to one peer. Every entry that is allowed is ended once. Never rejects. */
export interface CircuitGate {
  enter(): Promise<CircuitEntry>;
}

export const CLOSED: Circuit = {
  phase: 'closed',
  recent: [],
  in_a_row: 0,
  failed_at: 0,
  opened: 0,
  until: 0,
  probe: 0,
  paused_until: 0,
};

export function viewOf({ phase, until, paused_until, in_a_row }: Circuit): CircuitView {
  return { phase, until, paused_until, failing: in_a_row > 0 };
}

/** Whether there is nothing to remember. */
export function isQuiet(circuit: Circuit, now: number): boolean {
  return circuit.phase === 'closed' && circuit.paused_until <= now && !circuit.recent.includes(true);
}

/** Whether a call may ask to be the probe. */
export function probeIsDue(view: CircuitView, now: number): boolean {
  return view.phase !== 'closed' && view.until <= now && view.paused_until <= now;
}

/** Lets a call be the probe where one is due; `probe` is its number, 0 where it is none. */
export function admitProbe(circuit: Circuit, now: number): { circuit: Circuit; probe: number } {
  if (!probeIsDue(viewOf(circuit), now)) return { circuit, probe: 0 };
  const probe = circuit.probe + 1;
  return { circuit: { ...circuit, phase: 'half_open', until: now + PROBE_MS, probe }, probe };
}

/**
 * Why a call that is no probe may not be made; null where it may, which includes a probe that is due and that nobody
 * can be asked for. `random` is from 0 to 1.
 */
export function refusalOf(view: CircuitView, now: number, random: number): CircuitRefusal | null {
  const spread = (wait: number) => Math.ceil(wait * (1 + SPREAD * random));
  if (view.paused_until > now) return { reason: 'paused', retry_after_ms: spread(view.paused_until - now) };
  if (view.phase === 'closed' || view.until <= now) return null;
  const wait = view.phase === 'half_open' ? PROBE_WAIT_MS : view.until - now;
  return { reason: 'open', retry_after_ms: spread(wait) };
}

/** Takes a report in. What calls tell that began before the circuit opened changes nothing. */
export function record(circuit: Circuit, report: CircuitReport, now: number): Circuit {
  const counted = withSuccesses(circuit, report);
  const { end } = report;
  if (end === null) return counted;
  const paused_until = Math.max(counted.paused_until, Math.min(end.paused_until, now + LONGEST_PAUSE_MS));
  const next = { ...counted, paused_until };
  if (next.phase === 'closed') return afterCall(next, end.outcome, now);
  return next.phase === 'half_open' && end.probe === next.probe ? afterProbe(next, end.outcome, now) : next;
}

/** Successes come late. Those from before the last failure do not end a row of failures, but count among the last calls. */
function withSuccesses(circuit: Circuit, { successes, succeeded_at }: CircuitReport): Circuit {
  if (circuit.phase !== 'closed' || successes === 0) return circuit;
  const good = Array.from({ length: Math.min(successes, WINDOW) }, () => false);
  return succeeded_at < circuit.failed_at
    ? { ...circuit, recent: [...good, ...circuit.recent].slice(-WINDOW) }
    : { ...circuit, recent: [...circuit.recent, ...good].slice(-WINDOW), in_a_row: 0 };
}

function afterCall(circuit: Circuit, outcome: CircuitEnd['outcome'], now: number): Circuit {
  if (outcome === 'neither') return circuit;
  const failed = outcome === 'failed';
  const recent = [...circuit.recent, failed].slice(-WINDOW);
  if (!failed) return { ...circuit, recent, in_a_row: 0 };
  const in_a_row = circuit.in_a_row + 1;
  const failures = recent.filter((each) => each).length;
  const next = { ...circuit, recent, in_a_row, failed_at: now };
  const opens = in_a_row >= FAILURES_IN_A_ROW || (recent.length === WINDOW && failures >= FAILURES_IN_WINDOW);
  return opens ? open(next, now) : next;
}

function afterProbe(circuit: Circuit, outcome: CircuitEnd['outcome'], now: number): Circuit {
  if (outcome === 'ok') return { ...CLOSED, probe: circuit.probe, paused_until: circuit.paused_until };
  // A probe that tells nothing is given back: the next call may be one.
  return outcome === 'neither' ? { ...circuit, phase: 'open', until: now } : open(circuit, now);
}

function open(circuit: Circuit, now: number): Circuit {
  const rest = Math.min(LONGEST_COOL_DOWN_MS, COOL_DOWN_MS * 2 ** circuit.opened);
  return { ...circuit, phase: 'open', recent: [], opened: circuit.opened + 1, until: now + rest };
}
