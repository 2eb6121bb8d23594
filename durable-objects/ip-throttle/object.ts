import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../workers/platform/env.ts';
import type { AttemptAdmission, FailureLimit } from './client.ts';

/** An attempt whose Worker died is given up after this long; a password check takes a few seconds at most. */
const ATTEMPT_MS = 30_000;

/**
 * Counts the failed attempts of one key in a sliding window. Storage is one table, `failures`, a row per failure within
 * the window (never more than the limit and what ran at once); it is made by the first failure and deleted as a whole by
 * the alarm once the window has passed, or by a success. Attempts that are still running are held in memory and count
 * as failures, so that a burst gets no more guesses than the limit: an eviction forgets them, which gives back at most
 * one burst. Every `admit` that allows is followed by exactly one of `fail`, `clear` and `release`.
 */
export class IpThrottleObject extends DurableObject<Env> {
  private ready = false;
  private running: number[] = [];

  /** Allows an attempt, or tells when the next one will be. Leaves no storage. */
  async admit(limit: FailureLimit): Promise<AttemptAdmission> {
    const now = Date.now();
    this.running = this.running.filter((started) => started > now - ATTEMPT_MS && started <= now);
    const failures = this.failuresSince(now - limit.window_ms);
    if (failures.length + this.running.length < limit.failures) {
      this.running.push(now);
      return { allowed: true };
    }
    // With room once the oldest have left the window; without stored failures it is running attempts that fill it.
    const leaving = failures[failures.length - limit.failures];
    const wait = leaving === undefined ? 1000 : leaving + limit.window_ms - now;
    return { allowed: false, retry_after_seconds: Math.max(1, Math.ceil(wait / 1000)) };
  }

  /** The attempt failed. */
  async fail(limit: FailureLimit): Promise<void> {
    const now = Date.now();
    this.running.shift();
    if (!this.exists()) {
      this.ctx.storage.sql.exec('CREATE TABLE failures (at INTEGER NOT NULL)');
      this.ready = true;
    }
    this.ctx.storage.sql.exec('DELETE FROM failures WHERE at <= ?', now - limit.window_ms);
    this.ctx.storage.sql.exec('INSERT INTO failures (at) VALUES (?)', now);
    await this.ctx.storage.setAlarm(now + limit.window_ms);
  }

  /** The attempt succeeded: what failed before is forgotten. */
  async clear(): Promise<void> {
    this.running.shift();
    if (this.exists()) await this.forget();
  }

  /** The attempt came to no end that counts. */
  async release(): Promise<void> {
    this.running.shift();
  }

  /** Each failure moves the alarm, so that it rings when the last one has left the window. */
  override async alarm(): Promise<void> {
    await this.forget();
  }

  private async forget(): Promise<void> {
    this.ready = false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  private failuresSince(after: number): number[] {
    if (!this.exists()) return [];
    return this.ctx.storage.sql
      .exec<{ at: number }>('SELECT at FROM failures WHERE at > ? ORDER BY at', after)
      .toArray()
      .map(({ at }) => at);
  }

  private exists(): boolean {
    this.ready ||=
      this.ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'failures'").toArray()
        .length > 0;
    return this.ready;
  }
}
