import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, traceIdOf } from '../../workers/platform/telemetry.ts';
import type { ShadowJob, ShadowRunRpc } from './client.ts';
import { advanceComparison, finishShadowRun, openComparisons } from './wiring.ts';

const KEY = 'job';
const SIDE_BY_SIDE = 3;
/** Should a turn die, the next one begins this long after it began. */
const HEARTBEAT_MS = 30_000;
/** An alarm may run for fifteen minutes. */
const TURN_MS = 5 * 60_000;

/**
 * Works off one shadow run: a few of its executions side by side, turn by turn under its alarm. What there is to do stands
 * in D1, and executions have derived ids, so that a turn which died is done again without starting anything twice. Storage
 * is the job alone, and goes with the last comparison; an erased organization has no rows, which ends the job too.
 */
export class ShadowRunObject extends DurableObject<Env> implements ShadowRunRpc {
  async expect(job: ShadowJob): Promise<void> {
    await this.arm(job, Date.now() + HEARTBEAT_MS);
  }

  async begin(job: ShadowJob): Promise<void> {
    await this.arm(job, Date.now());
  }

  /** Never throws, since an alarm that failed six times is gone. */
  override async alarm(): Promise<void> {
    const job = this.ctx.storage.kv.get<ShadowJob>(KEY);
    if (job === undefined) return;
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    try {
      const next = await this.turn(job);
      if (next === null) {
        await this.ctx.storage.deleteAlarm();
        await this.ctx.storage.deleteAll();
      } else await this.ctx.storage.setAlarm(Date.now() + next);
    } catch (error) {
      const { organization_id, shadow_run_id, request_id, traceparent } = job;
      const fields = { object: 'shadow_run', organization_id, shadow_run_id, request_id };
      createLogger({ ...fields, trace_id: traceIdOf(traceparent) }, { level: this.env.LOG_LEVEL }).log(
        'error',
        'shadow_run.turn_failed',
        describeError(error),
      );
    }
  }

  private async arm(job: ShadowJob, at: number): Promise<void> {
    this.ctx.storage.kv.put(KEY, job);
    await this.ctx.storage.setAlarm(at);
  }

  /** Milliseconds until the next turn; null when nothing is left to do. */
  private async turn(job: ShadowJob): Promise<number | null> {
    const endsAt = Date.now() + TURN_MS;
    const open = await openComparisons(this.env, job);
    const queue = [...open];
    const later: number[] = [];
    const lane = async () => {
      for (let each = queue.shift(); each !== undefined && Date.now() < endsAt; each = queue.shift()) {
        for (let again = true; again && Date.now() < endsAt; ) {
          const step = await advanceComparison(this.env, job, each);
          again = step === 'again';
          if (typeof step === 'number') later.push(step);
        }
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    const left = open.length === 0 ? [] : await openComparisons(this.env, job);
    if (left.length > 0) return later.length === 0 ? 0 : Math.min(...later);
    await finishShadowRun(this.env, job);
    return null;
  }
}
