import type { Signal } from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { LeaseNotice } from '../organization/client.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import { noticeOf } from './wiring.ts';

/** The desk tells by itself whose turn it is; this often it is asked, should that have been lost. */
const ASK_MS = 5 * 60_000;

interface QueuedHost {
  run(): ExecutionRun | null;
  signal(signal: Signal): void;
  arm(): void;
  logger(): Logger;
}

/** An execution that waits for a place: it does nothing until the desk says that it may begin, or that it may not. */
export class Queued {
  private askedAt = 0;

  constructor(
    private readonly env: Env,
    private readonly host: QueuedHost,
  ) {}

  /** When the desk is asked next; null for an execution that is not queued. */
  nextAt(run: ExecutionRun): number | null {
    return run.row.status === 'queued' ? Math.max(run.row.created_at, this.askedAt) + ASK_MS : null;
  }

  /** Does what the desk has decided. Told again, it changes nothing. */
  heed(run: ExecutionRun, notice: LeaseNotice): void {
    if (hasEnded(run)) return;
    if (notice.kind === 'cancel') this.host.signal({ type: 'cancel', reason: notice.reason });
    else if (notice.kind === 'begin' && run.row.status === 'queued') this.host.signal({ type: 'start' });
    this.host.arm();
  }

  /** Asks the desk, when it is time to. */
  async ask(now: number): Promise<void> {
    const run = this.host.run();
    const at = run === null ? null : this.nextAt(run);
    if (run === null || at === null || at > now) return;
    this.askedAt = now;
    try {
      const notice = await noticeOf(this.env, run.row.facts);
      if (notice !== null && this.host.run() === run && run.row.status === 'queued') this.heed(run, notice);
    } catch (error) {
      this.host.logger().log('warn', 'execution.desk_not_asked', describeError(error));
    }
    this.host.arm();
  }
}
