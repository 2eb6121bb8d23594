import { DurableObject } from 'cloudflare:workers';
import { DELIVERIES_KEPT_DAYS } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { Attempted } from './aftermath.ts';
import type { Wakeup } from './client.ts';
import { Intake } from './intake.ts';
import { Sender } from './sender.ts';
import { DeliveryStore } from './store/deliveries.ts';
import { type TargetState, TargetStore } from './store/target.ts';
import { Telling } from './telling.ts';
import { pullFrom, senderOf, tellingOf } from './wiring.ts';

const KEPT_MS = DELIVERIES_KEPT_DAYS * 86_400_000;
/** Old deliveries are deleted at most this often, so many at a time. */
const RETENTION_MS = 3_600_000;
const RETENTION_PAGE = 500;
/** What is due sooner is waited for in memory; the alarm stands behind it. */
const SOON_MS = 1000;
const BEHIND_MS = 2000;
/** The alarm is never set closer than this after it rang. */
const REST_MS = 100;

/**
 * The rooms of one target and its one alarm. What can be asked of a target stands in object.ts. Fields are a cache of the
 * rows in store/; nothing is stored for a target that the desk does not know.
 */
export abstract class Target extends DurableObject<Env> {
  protected readonly target: TargetStore;
  protected readonly rows: DeliveryStore;
  protected readonly sender: Sender;
  protected readonly intake: Intake;
  private readonly telling: Telling;
  private armedAt: number | null = null;
  /** When the oldest delivery is to go, as it was when it was asked for. */
  private kept: number | null = null;
  private soon: ReturnType<typeof setTimeout> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { storage } = ctx;
    this.target = new TargetStore(storage.sql);
    this.rows = new DeliveryStore(storage.sql);
    const { target, rows: deliveries } = this;
    const logger = () => this.logger();
    this.telling = new Telling(target, deliveries, tellingOf(env), logger);
    this.sender = new Sender({
      ctx,
      target,
      deliveries,
      send: senderOf(env, ctx, logger),
      logger,
      written: (results) => this.afterResults(results),
    });
    this.intake = new Intake({
      storage,
      target,
      deliveries,
      pull: (organizationId, request) => pullFrom(env, organizationId, request),
      look: (wakeup) => this.ctx.waitUntil(this.look(wakeup)),
      stored: () => this.go(),
    });
  }

  /** The next alarm is set whatever happens: one that failed six times is gone for good. */
  override async alarm(): Promise<void> {
    this.armedAt = null;
    try {
      if (this.state() === null) return;
      const now = Date.now();
      this.sender.recover(now);
      this.sender.pump();
      const until = this.keptUntil();
      if (until !== null && until <= now) {
        this.rows.deleteUntil(now - KEPT_MS, RETENTION_PAGE);
        this.kept = null;
      }
      this.tell();
    } catch (error) {
      this.logger().log('error', 'target.alarm_failed', describeError(error));
    }
    this.arm(REST_MS);
  }

  /** The target's row. A new instance takes over what the one before it had under way. */
  protected state(): TargetState | null {
    if (!this.target.isRead && this.target.read() !== null) {
      this.sender.recover(null);
      this.go();
    }
    return this.target.read();
  }

  /** Sends what may go, and sees to it that somebody looks again. */
  protected go(): void {
    this.sender.pump();
  }

  /** Has pulled what there is; a target that is no more has nothing afterwards. */
  protected async pull(wakeup: Wakeup): Promise<TargetState | null> {
    const before = this.state();
    if (before !== null && before.organization_id !== wakeup.organization_id) return null;
    if ((await this.intake.pull(wakeup)) === 'gone') await this.forgetAll();
    return this.target.read();
  }

  /** The same. Never rejects: who was woken and has not pulled is woken again by the desk. */
  protected async look(target: Wakeup): Promise<void> {
    try {
      await this.pull(target);
    } catch (error) {
      this.logger().log('warn', 'target.pull_failed', describeError(error));
    }
  }

  protected async forgetAll(): Promise<void> {
    this.sender.forget();
    this.intake.forget();
    if (this.soon !== null) clearTimeout(this.soon);
    this.soon = null;
    this.armedAt = null;
    this.kept = null;
    if (this.target.read() === null) return;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.target.forget();
  }

  protected logger(): Logger {
    const known = this.target.isRead ? this.target.read() : null;
    return createLogger(
      { object: 'webhook_target', organization_id: known?.organization_id, target_id: known?.target_id },
      { level: this.env.LOG_LEVEL },
    );
  }

  private afterResults(results: readonly Attempted[]): void {
    this.arm();
    const state = this.target.read();
    if (state === null || results.length === 0) return;
    this.telling.note(state, results);
    if (state.disabling !== null || state.subscription.settings.kind !== 'webhook') {
      this.tell();
    }
  }

  private tell(): void {
    this.ctx.waitUntil(this.telling.tell().then(() => this.arm()));
  }

  /** Derived from the rows, and only ever moved forward: what is due later is armed when the earlier one has rung. */
  private arm(rest = 0): void {
    const now = Date.now();
    const at = this.nextAt(now);
    if (at === null) return;
    if (rest === 0 && at - now < SOON_MS) this.waitFor(at - now);
    const behind = rest === 0 && at - now < SOON_MS ? at + BEHIND_MS : Math.max(at, now + rest);
    if (this.armedAt !== null && this.armedAt <= behind) return;
    this.armedAt = behind;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(behind));
  }

  private nextAt(now: number): number | null {
    if (this.target.read() === null) return null;
    const times = [this.sender.nextAt(now), this.telling.nextAt(now), this.keptUntil()];
    const given = times.filter((at) => at !== null);
    return given.length === 0 ? null : Math.min(...given);
  }

  private waitFor(ms: number): void {
    if (this.soon !== null) return;
    const waited = new Promise<void>((resolve) => {
      this.soon = setTimeout(
        () => {
          this.soon = null;
          resolve();
          this.go();
        },
        Math.max(0, ms),
      );
    });
    this.ctx.waitUntil(waited);
  }

  /** Until when the oldest delivery is kept, in hours. */
  private keptUntil(): number | null {
    if (this.kept !== null) return this.kept;
    const oldest = this.rows.oldest();
    this.kept = oldest === null ? null : Math.ceil((oldest + KEPT_MS) / RETENTION_MS) * RETENTION_MS;
    return this.kept;
  }
}
