import type { ChatPlatform, DeliveryStatus } from '@agentflow/contracts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { PlatformAttempts } from '../organization/client.ts';
import { type Attempted, tellsInvocations } from './aftermath.ts';
import { deliveryIdOf } from './client.ts';
import type { DeliveryRow, DeliveryStore } from './store/deliveries.ts';
import type { Disabling, TargetState, TargetStore } from './store/target.ts';

const PAGE = 20;
/** From the arrival of a delivery until its state is told although no attempt has ended. */
const FIRST_MS = 5000;
/** What is being told is not told beside it, unless it takes this long. */
const UNDER_WAY_MS = 30_000;
const LONGEST_WAIT_MS = 10 * 60_000;
/** An invocation that D1 does not have by then never gets there. */
const GIVEN_UP_MS = 24 * 3_600_000;

/** How far a call's result is on its way, for the invocation's row. */
export interface InvocationNote {
  readonly invocation_id: string;
  readonly delivery_id: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly error: string | null;
}

/** Where it is told, as wiring.ts binds it. */
export interface Listeners {
  disabled(state: TargetState, disabling: Disabling): Promise<void>;
  /** False where the row is not there yet. */
  invocation(state: TargetState, note: InvocationNote): Promise<boolean>;
  attempts(state: TargetState, attempts: PlatformAttempts): Promise<void>;
}

/** What others have to know of a target: rows tell what they have not confirmed yet. */
export class Telling {
  private failures = 0;
  private retryAt = 0;
  private counted: PlatformAttempts | null = null;
  private running: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly target: TargetStore,
    private readonly deliveries: DeliveryStore,
    private readonly listeners: Listeners,
    private readonly logger: () => Logger,
  ) {}

  /** Counts attempts on a chat platform: for its health alone, so that what an eviction forgets is no loss. */
  note({ subscription: { settings } }: TargetState, results: readonly Attempted[]): void {
    if (settings.kind === 'webhook') return;
    const platform: ChatPlatform = settings.config.platform;
    const failures = results.filter(({ outcome }) => outcome === 'failed');
    const delivered = results.filter(({ outcome }) => outcome === 'delivered').length;
    this.counted = {
      platform,
      delivered: (this.counted?.delivered ?? 0) + delivered,
      failed: (this.counted?.failed ?? 0) + failures.length,
      last_error: failures.at(-1)?.error ?? this.counted?.last_error ?? null,
    };
  }

  /** Tells what there is to tell. Never rejects. */
  tell(): Promise<void> {
    this.again = true;
    this.running ??= this.rounds().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** When it is to be tried again; null where nothing is left. */
  nextAt(now: number): number | null {
    const state = this.target.read();
    if (state === null) return null;
    if (state.disabling !== null) return Math.max(this.retryAt, now);
    if (!tellsInvocations(state.subscription)) return null;
    const [first] = this.deliveries.untold(1);
    return first === undefined ? null : Math.max(this.retryAt, first.created_at + FIRST_MS);
  }

  private async rounds(): Promise<void> {
    while (this.again) {
      this.again = false;
      this.retryAt = Date.now() + UNDER_WAY_MS;
      try {
        const whole = await this.round();
        this.failures = whole ? 0 : this.failures + 1;
      } catch (error) {
        this.failures++;
        this.logger().log('warn', 'target.telling_failed', describeError(error));
      }
      const wait = this.failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.failures);
      this.retryAt = Date.now() + wait;
    }
  }

  /** Whether everything was confirmed. */
  private async round(): Promise<boolean> {
    const state = this.target.read();
    if (state === null) return true;
    const { counted } = this;
    this.counted = null;
    if (counted !== null) await this.listeners.attempts(state, counted);
    if (state.disabling !== null) await this.tellDisabled(state, state.disabling);
    return tellsInvocations(state.subscription) ? this.tellInvocations(state) : true;
  }

  /** Until the desk's record comes with the next pull, this target knows by itself that it is switched off. */
  private async tellDisabled(state: TargetState, disabling: Disabling): Promise<void> {
    await this.listeners.disabled(state, disabling);
    const after = this.target.read();
    if (after?.disabling !== disabling) return;
    this.target.write({ disabling: null, subscription: { ...after.subscription, is_active: false } });
  }

  private async tellInvocations(state: TargetState): Promise<boolean> {
    let whole = true;
    const page = this.deliveries.untold(PAGE);
    for (const row of page) {
      const note = noteOf(state.target_id, row);
      const known = note === null || (await this.listeners.invocation(state, note));
      if (this.target.read() === null) return true;
      if (known || row.created_at < Date.now() - GIVEN_UP_MS) this.deliveries.told(row);
      else whole = false;
    }
    if (whole && page.length === PAGE) this.again = true;
    return whole;
  }
}

function noteOf(targetId: string, row: DeliveryRow): InvocationNote | null {
  const { invocation_id } = JSON.parse(row.data) as { invocation_id?: unknown };
  if (typeof invocation_id !== 'string') return null;
  return {
    invocation_id,
    delivery_id: deliveryIdOf(targetId, row.event_id),
    status: row.status,
    attempts: row.attempts,
    error: row.last_error,
  };
}
