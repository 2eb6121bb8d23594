import { DurableObject } from 'cloudflare:workers';
import {
  admitProbe,
  type Circuit,
  type CircuitReport,
  type CircuitView,
  CLOSED,
  isQuiet,
  record,
  viewOf,
} from '../../workers/platform/circuit.ts';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger } from '../../workers/platform/telemetry.ts';

export interface CircuitExchange {
  readonly name: string;
  /** The caller's clock, so that refusals and states are told by one and the same. */
  readonly now: number;
  readonly report: CircuitReport;
  /** Whether the caller wants to make a call, and so may be the probe. */
  readonly enter: boolean;
}

export interface CircuitAnswer {
  readonly view: CircuitView;
  /** The probe that the caller's call is; 0 for none. */
  readonly probe: number;
}

interface Kept {
  readonly circuit: Circuit;
  /** By this object's clock. */
  readonly at: number;
}

const KEY = 'circuit';
/** A circuit that nobody has told anything for this long is forgotten. */
const FORGET_MS = 3_600_000;

/**
 * The shared state of one circuit: of a model provider, or of a host that one organization calls. Storage is one value,
 * kept only while there is something to remember (a failure among the last calls, an open circuit, a pause), so that a
 * healthy peer leaves nothing; an alarm deletes it when it is old. What healthy calls told is lost with an eviction.
 */
export class CircuitObject extends DurableObject<Env> {
  private circuit: Circuit | null = null;
  private kept = false;

  /** Takes a report in, lets the caller's call be the probe where one is due, and tells how things stand. */
  async exchange({ name, now, report, enter }: CircuitExchange): Promise<CircuitAnswer> {
    const before = this.load();
    const recorded = record(before, report, now);
    const { circuit, probe } = enter ? admitProbe(recorded, now) : { circuit: recorded, probe: 0 };
    this.circuit = circuit;
    if (circuit !== before) await this.keep(circuit, now);
    if (circuit.phase !== before.phase && circuit.phase !== 'half_open') {
      const fields = { circuit: name, until: circuit.phase === 'open' ? new Date(circuit.until).toISOString() : null };
      const logger = createLogger({ object: 'circuit' }, { level: this.env.LOG_LEVEL });
      logger.log(
        circuit.phase === 'open' ? 'warn' : 'info',
        circuit.phase === 'open' ? 'circuit.opened' : 'circuit.closed',
        fields,
      );
    }
    return { view: viewOf(circuit), probe };
  }

  override async alarm(): Promise<void> {
    const kept = this.ctx.storage.kv.get<Kept>(KEY);
    if (kept !== undefined && kept.at + FORGET_MS > Date.now()) {
      await this.ctx.storage.setAlarm(kept.at + FORGET_MS);
      return;
    }
    await this.forget();
    this.circuit = null;
  }

  private load(): Circuit {
    if (this.circuit === null) {
      const kept = this.ctx.storage.kv.get<Kept>(KEY);
      this.kept = kept !== undefined;
      this.circuit = kept?.circuit ?? CLOSED;
    }
    return this.circuit;
  }

  private async keep(circuit: Circuit, now: number): Promise<void> {
    if (isQuiet(circuit, now)) {
      if (this.kept) await this.forget();
      return;
    }
    const at = Date.now();
    this.ctx.storage.kv.put(KEY, { circuit, at } satisfies Kept);
    if (this.kept) return;
    this.kept = true;
    await this.ctx.storage.setAlarm(at + FORGET_MS);
  }

  private async forget(): Promise<void> {
    this.kept = false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}
