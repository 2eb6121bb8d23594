import {
  type CallOutcome,
  type CircuitEntry,
  type CircuitGate,
  type CircuitReport,
  type CircuitView,
  CLOSED,
  PATIENCE_MS,
  probeIsDue,
  refusalOf,
  viewOf,
  WINDOW,
} from '../../workers/platform/circuit.ts';
import type { CircuitAnswer, CircuitObject } from './object.ts';

/** What an isolate knows of a circuit, and what it has not told yet. */
interface Known {
  view: CircuitView;
  /** When it was heard from the object; 0 for never. */
  at: number;
  successes: number;
  succeeded_at: number;
}

export type CircuitCache = Map<string, Known>;

/** How old the state may be that a call is let through by. */
const FRESH_MS = 1000;
const MOST_KNOWN = 2000;

/** One of an isolate, shared by its executions. */
const isolateCache: CircuitCache = new Map();

export interface CircuitsOptions {
  readonly clock: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly cache?: CircuitCache;
}

/** An allowed entry asks once; of the calls that waited for the same answer only the first is the probe. */
interface Asked {
  readonly view: CircuitView;
  probe: number;
}

/**
 * The circuits as an isolate meets them. A call costs the object's time at most once a second and circuit: what is known
 * for less lets it through, and successes are told with the next exchange. Failures, pauses, probes and the success that
 * ends a row of failures are told at once. While the object does not answer, calls go by what was known last: a breaker
 * must not be what breaks.
 */
export class Circuits {
  private readonly clock: () => number;
  private readonly random: () => number;
  private readonly cache: CircuitCache;
  private readonly asking = new Map<string, Promise<Asked>>();

  constructor(
    private readonly namespace: DurableObjectNamespace<CircuitObject>,
    { clock, random, cache = isolateCache }: CircuitsOptions,
  ) {
    this.clock = clock;
    this.random = random;
    this.cache = cache;
  }

  /** The circuit of a provider: of an organization with a key of its own, or of the installation's key (null). */
  provider(provider: string, organizationId: string | null): CircuitGate {
    return this.gate(`provider:${provider}:${organizationId ?? ''}`);
  }

  /** The circuit of a host as one organization calls it: what fails for one is not shut for the others. */
  host(organizationId: string, host: string): CircuitGate {
    return this.gate(`host:${organizationId}:${host}`);
  }

  /** The circuit of a runtime for deep agents elsewhere, which the installation calls with one token for all. */
  runtime(host: string): CircuitGate {
    return this.gate(`runtime:${host}`);
  }

  private gate(name: string): CircuitGate {
    return { enter: () => this.enter(name) };
  }

  private async enter(name: string): Promise<CircuitEntry> {
    const now = this.clock();
    const known = this.known(name);
    const isFresh = known.at > 0 && Math.abs(now - known.at) < FRESH_MS;
    let probe = 0;
    let view = known.view;
    if (!isFresh || probeIsDue(view, now)) {
      const asked = await this.ask(name);
      view = asked.view;
      probe = asked.probe;
      asked.probe = 0;
    }
    if (probe === 0) {
      const refusal = refusalOf(view, now, this.random());
      if (refusal !== null) return { allowed: false, refusal };
    }
    return { allowed: true, end: (outcome) => this.end(name, probe, this.clock() - now, outcome) };
  }

  /** One question at a time. Not shared between executions: a promise may die with the request that made it. */
  private ask(name: string): Promise<Asked> {
    const running = this.asking.get(name);
    if (running !== undefined) return running;
    const asked = this.exchange(name, null, true).then(({ view, probe }) => ({ view, probe }));
    this.asking.set(name, asked);
    return asked.finally(() => this.asking.delete(name));
  }

  private async end(name: string, probe: number, lasted: number, { verdict, pause_ms = 0 }: CallOutcome) {
    const known = this.known(name);
    const now = this.clock();
    const outcome = verdict !== 'timed_out' ? verdict : lasted >= PATIENCE_MS ? 'failed' : 'neither';
    const { phase, failing } = known.view;
    if (probe === 0 && pause_ms === 0) {
      if (outcome === 'neither' || phase !== 'closed') return;
      if (outcome === 'ok' && !failing) {
        known.successes = Math.min(known.successes + 1, WINDOW);
        known.succeeded_at = now;
        return;
      }
    }
    await this.exchange(name, { outcome, probe, paused_until: pause_ms > 0 ? now + pause_ms : 0 }, false);
  }

  private async exchange(name: string, end: CircuitReport['end'], enter: boolean): Promise<CircuitAnswer> {
    const known = this.known(name);
    const { successes, succeeded_at } = known;
    known.successes = 0;
    const now = this.clock();
    try {
      const circuit = this.namespace.get(this.namespace.idFromName(name));
      const answer = await circuit.exchange({ name, now, report: { successes, succeeded_at, end }, enter });
      known.view = answer.view;
      known.at = now;
      return answer;
    } catch {
      known.at = now;
      return { view: known.view, probe: 0 };
    }
  }

  private known(name: string): Known {
    let known = this.cache.get(name);
    if (known === undefined) {
      if (this.cache.size >= MOST_KNOWN) this.cache.delete(this.cache.keys().next().value ?? '');
      known = { view: viewOf(CLOSED), at: 0, successes: 0, succeeded_at: 0 };
      this.cache.set(name, known);
    }
    return known;
  }
}
