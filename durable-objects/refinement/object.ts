import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger, traceIdOf } from '../../workers/platform/telemetry.ts';
import { type RefinementJob, type RefinementRpc, WATCHER_HEADER, type Watcher } from './client.ts';
import { FrameLog } from './frames.ts';
import { LOOK_MS, RefinementRun, SETTLE_AGAIN_MS } from './run.ts';
import { NONE, RefinementStore } from './store.ts';
import { Watchers } from './watchers.ts';
import { expireProposal, proposalStatus, runtimeFor } from './wiring.ts';

const DAY_MS = 86_400_000;
/** Rows that are not there so long after they were expected will not come. */
const FIRST_LOOK_MS = 60_000;
/** While a run is followed, an alarm this often finds it again after an eviction. */
const HEARTBEAT_MS = 10_000;
/** A run that has not ended by then never will. */
const MAX_RUN_MS = DAY_MS;
/** A proposal that nobody decided expires. */
const KEPT_MS = 30 * DAY_MS;
/** After a turn that threw. */
const CRASH_MS = 5000;
const CLEAR_AGAIN_MS = 60_000;
/** A runtime that can't be told to forget within this time keeps what it keeps. */
const CLEAR_GIVEN_UP_MS = DAY_MS;

/**
 * One thread of a refinement: its run, its frames, those who watch. Its rows are all that it knows; fields are caches of
 * them. An alarm is set for as long as anything is left to do, and a turn may die anywhere: the next one finds in the rows
 * what is due.
 */
export class RefinementObject extends DurableObject<Env> implements RefinementRpc {
  private readonly store: RefinementStore;
  private readonly frames: FrameLog;
  private readonly watchers: Watchers;
  private readonly work: RefinementRun;
  private turning = false;
  private again = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new RefinementStore(ctx.storage);
    this.frames = new FrameLog(this.store);
    this.watchers = new Watchers(ctx, this.frames);
    this.work = new RefinementRun(env, ctx, this.store, this.frames, this.watchers, {
      armAt: (at) => this.armAt(at),
      waitUntil: (work) => ctx.waitUntil(work.catch((error: unknown) => this.report('refinement.failed', error))),
      logger: () => this.logger(),
    });
  }

  async expect(job: RefinementJob): Promise<void> {
    const due_at = Date.now() + FIRST_LOOK_MS;
    this.store.create(job, { ...NONE, phase: 'expected', due_at });
    await this.ctx.storage.setAlarm(due_at);
  }

  async begin(job: RefinementJob): Promise<void> {
    if (this.store.job() === null) await this.expect(job);
    this.due();
    const { runtime, model } = job;
    this.logger().log('info', 'refinement.started', { runtime, model });
    this.ctx.waitUntil(this.turn());
  }

  async decided(organizationId: string, status: string): Promise<void> {
    if (this.own(organizationId) === null) return;
    this.clear(status);
    this.ctx.waitUntil(this.turn());
  }

  async renewWatchers(organizationId: string): Promise<void> {
    if (this.own(organizationId) !== null) this.watchers.closeAll('renew');
  }

  async forgetPerson(organizationId: string, personId: string, name: string): Promise<void> {
    const job = this.own(organizationId);
    if (job === null || job.created_by.id !== personId) return;
    const caller = job.caller.kind === 'user' ? { ...job.caller, name } : job.caller;
    this.store.writeJob({ ...job, caller, created_by: { ...job.created_by, name }, ip: '' });
  }

  async erase(organizationId: string): Promise<void> {
    const job = this.own(organizationId);
    if (job === null) return;
    this.watchers.closeAll('erased');
    await this.forgetRun(job);
    await this.deleteEverything();
  }

  /** Sockets only, already authorized by the Worker. */
  override async fetch(request: Request): Promise<Response> {
    const watcher = JSON.parse(decodeURIComponent(request.headers.get(WATCHER_HEADER) ?? 'null')) as Watcher | null;
    if (watcher === null || this.own(watcher.organization_id) === null) return new Response(null, { status: 404 });
    const after = Number(new URL(request.url).searchParams.get('after') ?? '0');
    const { phase } = this.store.run();
    const ended = phase === 'settled' || phase === 'clearing';
    const response = this.watchers.accept(watcher, after, ended);
    this.logger().log('info', 'refinement.watchers', { open: this.watchers.count() });
    // After an eviction nobody follows the run before the next heartbeat.
    if (phase === 'running') this.ctx.waitUntil(this.turn());
    return response;
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (this.store.job() !== null) this.watchers.receive(socket, message, (frame) => this.work.pass(frame));
  }

  override webSocketClose(): void {
    if (this.store.job() !== null) this.logger().log('info', 'refinement.watchers', { open: this.watchers.count() });
  }

  /** Never throws, since an alarm that failed six times is gone. */
  override async alarm(): Promise<void> {
    if (this.store.job() === null) return;
    await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
    await this.turn();
  }

  /** One at a time: what is asked for meanwhile is looked at after it. */
  private async turn(): Promise<void> {
    this.again = this.turning;
    if (this.turning) return;
    this.turning = true;
    try {
      do {
        this.again = false;
        await this.oneTurn();
      } while (this.again);
    } finally {
      this.turning = false;
    }
  }

  /** Does what is due, and sets the alarm for what is due next. */
  private async oneTurn(): Promise<void> {
    const job = this.store.job();
    if (job === null) return;
    try {
      await this.look(job);
      if (this.store.job() !== null) await this.work.turn(job);
    } catch (error) {
      this.report('refinement.turn_failed', error);
      if (this.store.job() !== null) this.work.crashed(job, Date.now() + CRASH_MS);
    }
    if (this.store.job() !== null) await this.ctx.storage.setAlarm(this.nextAt(job));
  }

  private async look(job: RefinementJob): Promise<void> {
    const { phase, due_at } = this.store.run();
    const now = Date.now();
    if (phase === 'expected' && due_at <= now) {
      if ((await proposalStatus(this.env, job)) === 'generating') this.due();
      else await this.deleteEverything();
    } else if ((phase === 'due' || phase === 'running') && job.created_at + MAX_RUN_MS <= now) {
      await this.expire(job, 'generating');
    } else if (phase === 'settled' && due_at <= now) await this.lookAtDecision(job);
    else if (phase === 'clearing') await this.finishClearing(job, now);
  }

  private due(): void {
    const state = this.store.run();
    if (state.phase === 'expected') this.store.writeRun({ ...state, phase: 'due', due_at: Date.now() });
  }

  /** Decisions are told; this is for those that could not be, and for what nobody decides. */
  private async lookAtDecision(job: RefinementJob): Promise<void> {
    const status = await proposalStatus(this.env, job);
    if (status !== 'ready' && status !== 'failed') return this.clear(status ?? 'gone');
    const { ended_at } = this.store.run();
    const now = Date.now();
    if (now < (ended_at ?? job.created_at) + KEPT_MS)
      this.store.writeRun({ ...this.store.run(), due_at: now + LOOK_MS });
    else if (status === 'ready') await this.expire(job, 'ready');
    else this.clear('failed');
  }

  private async expire(job: RefinementJob, from: 'generating' | 'ready'): Promise<void> {
    const status = await expireProposal(this.env, job, from);
    this.clear(status ?? 'gone');
  }

  /** Nothing of the thread is wanted any more: those who watch are told, and what is kept goes. */
  private clear(status: string): void {
    const state = this.store.run();
    if (state.phase === 'clearing') return;
    this.work.drop();
    const told = state.phase === 'settled' ? [] : [{ ...state.end, status: 'cancelled', proposal_status: status }];
    for (const data of told) this.watchers.publish(this.frames.append('end', data));
    this.watchers.closeAll('ended');
    this.store.writeRun({ ...state, phase: 'clearing', due_at: Date.now() });
  }

  private async finishClearing(job: RefinementJob, now: number): Promise<void> {
    try {
      await this.forgetRun(job);
    } catch (error) {
      if (now < this.store.run().due_at + CLEAR_GIVEN_UP_MS) throw error;
    }
    await this.deleteEverything();
  }

  private async forgetRun(job: RefinementJob): Promise<void> {
    this.work.drop();
    const { run_id } = this.store.run();
    if (run_id !== null) await runtimeFor(this.env, this.ctx, job).forget(run_id);
  }

  private async deleteEverything(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  private nextAt(job: RefinementJob): number {
    const now = Date.now();
    const { phase, due_at } = this.store.run();
    const soonest = { running: HEARTBEAT_MS, settling: SETTLE_AGAIN_MS, clearing: CLEAR_AGAIN_MS };
    if (phase === 'expected' || phase === 'due') return Math.min(due_at, job.created_at + MAX_RUN_MS);
    if (phase !== 'settled') return now + soonest[phase];
    return due_at > now ? due_at : now + LOOK_MS;
  }

  private armAt(at: number): void {
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  private own(organizationId: string): RefinementJob | null {
    const job = this.store.job();
    return job?.organization_id === organizationId ? job : null;
  }

  private report(event: string, error: unknown): void {
    this.logger().log('error', event, describeError(error));
  }

  private logger(): Logger {
    const job = this.store.job();
    const fields =
      job === null
        ? {}
        : {
            organization_id: job.organization_id,
            thread_id: job.thread_id,
            proposal_id: job.proposal_id,
            request_id: job.request_id,
            trace_id: traceIdOf(job.traceparent),
          };
    return createLogger({ object: 'refinement', ...fields }, { level: this.env.LOG_LEVEL });
  }
}
