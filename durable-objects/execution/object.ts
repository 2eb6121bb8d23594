import { DurableObject } from 'cloudflare:workers';
import type { Actor, Execution, ExecutionEvent, WorkspaceFile } from '@agentflow/contracts';
import type { Change, Signal } from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger, traceIdOf } from '../../workers/platform/telemetry.ts';
import type { LeaseNotice, RetentionRule } from '../organization/client.ts';
import { AlarmClock } from './alarm-clock.ts';
import { AtWork } from './at-work.ts';
import {
  type ApprovalView,
  type CallEnd,
  type CancelResult,
  type DecideRequest,
  type DecideResult,
  type EventPage,
  type ExecutionRecord,
  type ExecutionRpc,
  FRAMES_HEADER,
  type FrameWatcher,
  type LogPage,
  ORGANIZATION_HEADER,
  type RecordingSource,
  type RetrySource,
  type SayResult,
  type StartRefusal,
  type StartRequest,
  type StepPage,
  type WorkspaceView,
} from './client.ts';
import { ClientFrames } from './client-frames.ts';
import { approvalOf, decideOn, type TellEngine } from './decisions.ts';
import { hasDeepAgents } from './deep-nodes.ts';
import { expiryOf } from './expiry.ts';
import { Family } from './family.ts';
import { keptFrames, liveFrames } from './frame-source.ts';
import { invocationOf } from './invocation.ts';
import { LargeValues } from './large-values.ts';
import { LiveText } from './live-text.ts';
import { newExecution } from './new-execution.ts';
import type { Outcome } from './outcomes.ts';
import { eventPage, logPage, recordingSource, retrySource, stepPage } from './pages.ts';
import { presentExecution, presentSummary } from './present.ts';
import { ExecutionPurse } from './purse.ts';
import { Queued } from './queued.ts';
import { RemoteValues } from './remote-values.ts';
import { ExecutionRun, hasEnded } from './run.ts';
import { ExecutionStore } from './store/execution.ts';
import type { ExecutionRow } from './store/rows.ts';
import { ExecutionStreams } from './streams.ts';
import { Telling } from './telling.ts';
import { buriedFor, bury, exhume } from './tombstone.ts';
import { touchesOf } from './touches.ts';
import { forgetRow, retentionOf } from './wiring.ts';
import { fileVersion, fileVersions, workspaceView } from './workspace-pages.ts';

/** An execution that still runs after this long shows up in lists; one that ended sooner is written once, at its end. */
const FIRST_PROJECTION_MS = 1000;
/** While steps run, an alarm this often finds them again after an eviction. */
const HEARTBEAT_MS = 30_000;
/** After the end, in-flight calls get this long to stop, so that what they used is booked before the lease is settled. */
const ABORT_GRACE_MS = 5000;
/** Executions that it started, as a record of it tells them. */
const STARTED_SHOWN = 50;
/** How long a decision waits for the lists to know of it. */
const DECISION_TELL_MS = 2000;

/**
 * One execution. The engine decides (`advance`), this object performs: it writes each signal's changes in one
 * transaction, starts the steps that became ready under `waitUntil`, and keeps an alarm as long as anything is left to
 * do, so that a crash at any point loses no finished step. Fields are a cache of the rows in store/; after an eviction
 * `load` rebuilds them and runs again what was in flight. Concurrency: everything between two awaits is atomic.
 */
export class ExecutionObject extends DurableObject<Env> implements ExecutionRpc {
  private readonly store: ExecutionStore;
  private readonly streams: ExecutionStreams;
  private readonly clientFrames: ClientFrames;
  private readonly family: Family;
  private readonly purse: ExecutionPurse;
  private readonly work: AtWork;
  private readonly telling: Telling;
  private readonly alarms: AlarmClock;
  private readonly queued: Queued;
  private run: ExecutionRun | null = null;
  /** Whether the execution began before this object woke. */
  private reloaded = false;
  private live: LiveText | null = null;
  private largeValues: LargeValues | null = null;
  private waiters: (() => void)[] = [];
  /** Of this instance: what is still under way in it must not set an alarm or write again. */
  private erased = false;
  private readonly tellEngine: TellEngine = (signal, outcome, before) => this.signal(signal, outcome, before);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new ExecutionStore(ctx.storage.sql);
    this.streams = new ExecutionStreams(ctx, () => liveFrames(this.loaded(), this.store));
    this.clientFrames = new ClientFrames(env, {
      run: () => this.loaded(),
      say: (organizationId, word) => this.say(organizationId, word),
      refuse: (socket, { code, message }) => this.streams.refuse(socket, this.loaded().lastSeq, code, message),
      logger: () => this.logger(),
    });
    this.alarms = new AlarmClock(ctx);
    this.family = new Family(env, ctx.storage.sql, this.store, {
      run: () => this.run,
      recall: (run) => run.recall(this.large(run).read),
      signal: (signal) => this.signal(signal),
      settle: (step, result) => this.work.settleWaiting(step, result),
      isRunning: (key) => this.work.isRunning(key),
      log: (level, message) => {
        if (this.run !== null) this.store.logs.append(Date.now(), level, null, message);
      },
      arm: () => this.arm(),
      logger: () => this.logger(),
    });
    this.purse = new ExecutionPurse(env, this.store, {
      run: () => this.run,
      signal: (signal, before) => this.signal(signal, null, before),
      log: (level, nodeId, message) => {
        if (this.run !== null) this.store.logs.append(Date.now(), level, nodeId, message);
      },
      isIdle: () => this.work.endOfAll() === null,
      logger: () => this.logger(),
    });
    this.work = new AtWork(env, ctx, this.family, this.purse, {
      signal: (signal, outcome, before) => this.signal(signal, outcome, before),
      run: () => this.run,
      live: () => this.live,
      reloaded: () => this.reloaded,
      bookLate: (run, step, record, outcome) => {
        ctx.storage.transactionSync(() => run.bookLate(step, record, outcome, Date.now()));
        // What the step started meanwhile can be reached now.
        if (this.family.pending()) ctx.waitUntil(this.family.deliver());
        this.arm();
      },
      log: (run, level, nodeId, message) => {
        if (this.run === run) this.store.logs.append(Date.now(), level, nodeId, message);
      },
      armAt: (at) => this.alarms.armAt(at),
      logger: () => this.logger(),
    });
    this.queued = new Queued(env, {
      run: () => this.run,
      signal: (signal) => this.signal(signal),
      arm: () => this.arm(),
      logger: () => this.logger(),
    });
    this.telling = new Telling(env, this.store, this.purse, {
      run: () => this.run,
      isErased: () => this.erased,
      eraseAll: (row) => this.eraseAll(row),
      transaction: (write) => ctx.storage.transactionSync(write),
      recall: (run) => run.recall(this.large(run).read),
      arm: () => this.arm(),
      logger: () => this.logger(),
    });
  }

  /** Answers readiness probes; leaves no storage. */
  async ping(): Promise<'ok'> {
    return 'ok';
  }

  /** Starts the execution; a second start of the same id answers with what is there. */
  async start(request: StartRequest): Promise<Execution | StartRefusal> {
    const state = this.run === null ? this.state() : 'started';
    if (state === 'erased') return this.erased ? 'erased' : buriedFor(this.ctx.storage);
    if (state === 'none') {
      if (Date.now() > request.start_by) return 'late';
      this.create(request);
    } else this.load();
    if (request.wait_seconds > 0) await this.ended(request.wait_seconds);
    return (await this.get(request.organization_id)) ?? 'erased';
  }

  /** null for an unknown execution and for another organization's. */
  async get(organizationId: string): Promise<Execution | null> {
    return this.open(organizationId) === null ? null : this.present();
  }

  async record(organizationId: string): Promise<ExecutionRecord | null> {
    const run = this.open(organizationId);
    if (run === null) return null;
    const invocation = await invocationOf(run, (ended) => ended.recall(this.large(ended).read));
    return {
      summary: presentSummary(run.row, run.totals),
      cost_microusd: run.totals.cost_microusd,
      invocation,
      touches: touchesOf(run, this.store.touches),
      started: this.family.started(STARTED_SHOWN),
    };
  }

  async waitForEnd(organizationId: string, seconds: number): Promise<Execution | null> {
    if (this.open(organizationId) === null) return null;
    await this.ended(seconds);
    return this.get(organizationId);
  }

  async definition(organizationId: string): Promise<string | null> {
    return this.open(organizationId) === null ? null : this.store.definition();
  }

  async steps(organizationId: string, after: number, limit: number): Promise<StepPage | null> {
    const run = this.open(organizationId);
    return run === null ? null : stepPage(run, this.store, this.family, this.large(run).read, { after, limit });
  }

  async events(organizationId: string, after: number, limit: number): Promise<EventPage | null> {
    const run = this.open(organizationId);
    return run === null ? null : eventPage(run, this.store, { after, limit });
  }

  async logs(organizationId: string, after: number, limit: number): Promise<LogPage | null> {
    return this.open(organizationId) === null ? null : logPage(this.store, { after, limit });
  }

  async cancel(organizationId: string): Promise<CancelResult> {
    const run = this.open(organizationId);
    if (run === null) return { outcome: 'not_found' };
    if (hasEnded(run)) return { outcome: 'finished', execution: await this.present() };
    this.signal({ type: 'cancel' });
    return { outcome: 'cancelled', execution: await this.present() };
  }

  async retrySource(organizationId: string, fromNode: string | null, results: boolean): Promise<RetrySource> {
    const run = this.open(organizationId);
    if (run === null) return { outcome: 'not_found' };
    return retrySource(run, this.store, this.large(run).read, fromNode, results);
  }

  async recording(organizationId: string): Promise<RecordingSource> {
    const run = this.open(organizationId);
    return run === null ? { outcome: 'not_found' } : recordingSource(run, this.store, this.large(run).read);
  }

  async callEnded(end: CallEnd): Promise<boolean> {
    if (this.open(end.organization_id) === null) return true;
    // A fast one ends before its start has been answered: then the step does not wait yet.
    await this.work.endOf(end.step);
    const run = this.open(end.organization_id);
    return run === null || this.family.ended(run, end);
  }

  async approval(organizationId: string, approvalId: string): Promise<ApprovalView | null> {
    const run = this.open(organizationId);
    return run === null ? null : approvalOf(run, approvalId);
  }

  /** Decides what a step asks: the first decision counts, however many come at once. */
  async decide(organizationId: string, request: DecideRequest): Promise<DecideResult> {
    const run = this.open(organizationId);
    if (run === null) return { outcome: 'not_found' };
    const result = decideOn(run, request, Date.now(), this.tellEngine);
    if (result.outcome !== 'decided') return result;
    this.arm();
    // So that lists show it when this is answered; D1 may also be away, and the answer must not wait for it.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DECISION_TELL_MS);
    });
    await Promise.race([this.telling.tell(), enough]).finally(() => clearTimeout(timer));
    return result;
  }

  async say(organizationId: string, { text, by }: { text: string; by: Actor }): Promise<SayResult> {
    const run = this.open(organizationId);
    if (run === null) return 'not_found';
    if (!hasDeepAgents(run)) return 'not_deep';
    let events: ExecutionEvent[] | null;
    try {
      events = this.ctx.storage.transactionSync(() => run.say(text, by, Date.now()));
    } catch (error) {
      this.abandon();
      throw error;
    }
    if (events === null) return 'ended';
    this.streams.publish(events, false);
    return 'said';
  }

  async workspace(organizationId: string): Promise<WorkspaceView | null> {
    const run = this.open(organizationId);
    return run === null ? null : workspaceView(this.store, this.large(run).read);
  }

  async workspaceFiles(organizationId: string): Promise<WorkspaceFile[] | null> {
    return this.open(organizationId) === null ? null : fileVersions(this.store);
  }

  async workspaceFile(organizationId: string, path: string, version: number | null) {
    const run = this.open(organizationId);
    return run === null ? null : fileVersion(this.store, path, version, this.large(run).read);
  }

  async lease(organizationId: string): Promise<{ lease_id: string; budget_of: string | null } | null> {
    const run = this.open(organizationId);
    if (run === null) return null;
    const { lease_id, budget_of = null } = run.row.facts;
    return { lease_id, budget_of };
  }

  /** Asked by the desk before it lets a lease expire. */
  async leaseState(leaseId: string): Promise<'alive' | 'ended' | 'unknown'> {
    const run = this.load();
    if (run === null || run.row.facts.lease_id !== leaseId) return 'unknown';
    if (hasEnded(run)) return 'ended';
    // The sweep: whatever became of its alarm, a live execution has one for the next thing that is due.
    if ((await this.ctx.storage.getAlarm()) === null) {
      this.alarms.forget();
      this.arm();
    }
    return 'alive';
  }

  /** Told by the desk: the turn of this execution has come, or it has lost its place. */
  async heed(leaseId: string, notice: LeaseNotice): Promise<'taken' | 'buried' | 'unknown'> {
    const run = this.load();
    if (run === null && notice.kind === 'cancel' && notice.bury === true) {
      if (this.state() === 'none') await bury(this.ctx.storage, 'stopped', Date.now());
      return 'buried';
    }
    if (run === null || run.row.facts.lease_id !== leaseId) return 'unknown';
    if (notice.kind === 'resume') return this.purse.heed(run, notice.steps);
    this.queued.heed(run, notice);
    return 'taken';
  }

  /**
   * Stops what is in flight and leaves no storage; nothing that comes back later finds a run to write to. An execution that
   * was admitted but not started refuses its start when that arrives.
   */
  async erase(organizationId: string, startMayCome: boolean): Promise<void> {
    // Of the rows: an erasure that failed half-way has to be done again.
    const state = this.store.state();
    if (state === 'none' && startMayCome && !this.erased) await bury(this.ctx.storage, 'erased', Date.now());
    if (state !== 'started') return;
    // Not `load`: what was in flight must not run again.
    const row = this.run?.row ?? this.store.read();
    if (row.facts.organization_id === organizationId) await this.eraseAll(row);
  }

  /** Ends it where it runs; it is gone for all who ask, and erased as soon as nothing of it is owed to the books. */
  async forget(organizationId: string): Promise<void> {
    const run = this.open(organizationId);
    if (run === null) return;
    if (!hasEnded(run)) this.signal({ type: 'cancel' });
    run.row.facts = { ...run.row.facts, forgotten: true };
    this.store.writeFacts(run.row.facts);
    this.streams.closeAll();
    this.arm();
  }

  /** What its organization keeps has changed. */
  async retain(organizationId: string, rule: RetentionRule): Promise<void> {
    const run = this.open(organizationId);
    if (run === null || run.row.finished_at === null) return;
    run.row.expires_at = expiryOf(rule, run.row.finished_at);
    this.store.writeExpiry(run.row.expires_at);
    this.arm();
  }

  /** The person who started this is called `name` from now on. `unknown` for an execution that was never started. */
  async forgetActor(organizationId: string, actorId: string, name: string): Promise<'forgotten' | 'unknown'> {
    const run = this.open(organizationId);
    if (run === null) return 'unknown';
    const { row } = run;
    const { triggered_by } = row.facts;
    if (triggered_by.type === 'user' && triggered_by.id === actorId) {
      row.facts = { ...row.facts, triggered_by: { ...triggered_by, name } };
      this.store.writeFacts(row.facts);
    }
    return 'forgotten';
  }

  /** Streams only: WebSocket upgrades and server-sent events, already authorized by the Worker. */
  override async fetch(request: Request): Promise<Response> {
    const watcher = watcherOf(request.headers.get(FRAMES_HEADER));
    const run = this.open(watcher?.organization_id ?? request.headers.get(ORGANIZATION_HEADER) ?? '');
    if (run === null) return new Response(null, { status: 404 });
    const after = Number(new URL(request.url).searchParams.get('after') ?? '0');
    const source = {
      events: (from: number, limit: number) => this.store.events.after(from, run.row.facts.execution_id, limit),
      snapshots: () => this.live?.snapshots() ?? [],
      ended: () => hasEnded(run),
    };
    if (watcher !== null) {
      const frames = await keptFrames(run, this.store, this.large(run).read);
      return this.streams.acceptFrames({ ...source, frames }, after, watcher);
    }
    return request.headers.get('upgrade') === 'websocket'
      ? this.streams.acceptSocket(source, after)
      : this.streams.serverSentEvents(source, after);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const heard = this.streams.heard(socket, message);
    if (heard === null || this.open(heard.watcher.organization_id) === null) return;
    await this.clientFrames.take(socket, heard.watcher, heard.text);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // Codes outside these ranges may be received but not sent (RFC 6455, 7.4).
    socket.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000);
  }

  /** Dispatches what is due and arms the next alarm; never throws, since an alarm that failed six times is gone. */
  override async alarm(): Promise<void> {
    this.alarms.forget();
    try {
      const run = this.load();
      const now = Date.now();
      if (run === null) {
        const state = this.store.state();
        if (state === 'erased') await exhume(this.ctx.storage, now);
        // An erasure of this instance that failed half-way.
        else if (state === 'started') await this.eraseAll(this.store.read());
        return;
      }
      if (!hasEnded(run)) {
        if (run.row.remaining_ms === null && run.row.deadline_at <= now) this.signal({ type: 'timeout' });
        else this.signal({ type: 'timer', now });
        this.ctx.waitUntil(this.purse.tell());
      }
      this.ctx.waitUntil(this.queued.ask(now));
      this.ctx.waitUntil(this.telling.tell());
      if (hasEnded(run)) this.ctx.waitUntil(this.moveValues(null));
      const owes = this.telling.pending() || this.family.pending();
      const { expires_at, facts } = run.row;
      const isOver = facts.forgotten === true || (expires_at !== null && expires_at <= now);
      if (isOver && !owes && this.work.endOfAll() === null) await this.expire(run.row);
      if (this.family.pending()) this.ctx.waitUntil(this.family.deliver());
    } catch (error) {
      this.run = null;
      this.logger().log('error', 'execution.alarm_failed', describeError(error));
    }
    this.arm();
  }

  private create(request: StartRequest): void {
    const now = Date.now();
    const { given, recorded, queued = false } = request;
    const { row, plan } = newExecution(request, now);
    this.ctx.storage.transactionSync(() => {
      this.store.create(row, request.definition, request.input);
      if (given !== undefined) this.store.steps.writeGiven(given.results);
      if (recorded !== undefined) this.store.steps.writeRecorded(recorded.results);
      for (const { key, files = [] } of [...(given?.results ?? []), ...(recorded?.results ?? [])]) {
        if (files.length > 0) this.store.files.writeGiven(key, files);
      }
    });
    const run = ExecutionRun.begin(row, plan, request.input, this.store);
    this.adopt(run);
    this.alarms.armAt(now + FIRST_PROJECTION_MS);
    this.signal({ type: queued ? 'queue' : 'start' });
    this.logger().log('info', queued ? 'execution.queued' : 'execution.started', {
      agent_id: request.agent_id,
      mode: request.mode,
    });
  }

  private adopt(run: ExecutionRun): void {
    this.run = run;
    this.live = new LiveText(
      run.row.facts.execution_id,
      () => run.lastSeq,
      (events) => this.streams.publish(events, false),
    );
  }

  /** The execution in memory, rebuilt from its rows after an eviction; null for one that was never started. */
  private load(): ExecutionRun | null {
    if (this.run !== null) return this.run;
    if (this.state() !== 'started') return null;
    this.store.upgrade((write) => this.ctx.storage.transactionSync(write));
    const run = ExecutionRun.load(this.store);
    this.reloaded = true;
    this.adopt(run);
    if (!hasEnded(run)) {
      this.signal({ type: 'interrupted' });
      this.arm();
    }
    return run;
  }

  private loaded(): ExecutionRun {
    const run = this.load();
    if (run === null) throw new Error('no execution is loaded');
    return run;
  }

  private state(): 'none' | 'started' | 'erased' {
    return this.erased ? 'erased' : this.store.state();
  }

  private open(organizationId: string): ExecutionRun | null {
    const run = this.load();
    return run?.row.facts.organization_id === organizationId && run.row.facts.forgotten !== true ? run : null;
  }

  private async present(): Promise<Execution> {
    const run = this.load();
    if (run === null) throw new Error('the execution was not started');
    if (hasEnded(run)) await run.recall(this.large(run).read);
    return presentExecution(run.row, run.totals, run.input(), run.result());
  }

  private large({ row }: Pick<ExecutionRun, 'row'>): LargeValues {
    this.largeValues ??= new LargeValues(
      this.store.values,
      this.ctx.storage,
      new RemoteValues(this.env.VALUES, row.facts),
    );
    return this.largeValues;
  }

  /** One signal: one transaction, in which `before` writes what belongs to it; then the events go out, then the work begins. */
  private signal(signal: Signal, outcome: Outcome | null = null, before?: () => void): void {
    const run = this.run;
    if (run === null) throw new Error('no execution is loaded');
    let committed: { changes: Change[]; events: ExecutionEvent[] };
    try {
      committed = this.ctx.storage.transactionSync(() => {
        before?.();
        const made = run.commit(signal, Date.now(), outcome);
        this.family.note(made.changes);
        return made;
      });
    } catch (error) {
      // Memory is ahead of the rows now: the next call rebuilds it from them.
      this.abandon();
      throw error;
    }
    const ended = hasEnded(run);
    if (committed.events.length > 0) this.streams.publish(committed.events, ended);
    for (const change of committed.changes) this.work.perform(run, change);
    if (committed.changes.length > 0 && this.run === run && this.family.pending()) {
      this.alarms.armAt(Date.now() + FIRST_PROJECTION_MS);
      this.ctx.waitUntil(this.family.deliver());
    }
    if (ended && committed.changes.length > 0) this.ctx.waitUntil(this.finish());
    else if (run.approvals.hasUntold()) this.ctx.waitUntil(this.telling.tell());
    const released = ended ? [] : run.takeReleased();
    if (released.length > 0) this.ctx.waitUntil(this.moveValues(released));
  }

  /** After the end: lets aborted calls book what they used, then settles the lease and writes the lists' row. */
  private async finish(): Promise<void> {
    for (const wake of this.waiters.splice(0)) wake();
    const working = this.work.endOfAll();
    if (working !== null) {
      const grace = new Promise<void>((resolve) => setTimeout(resolve, ABORT_GRACE_MS));
      await Promise.race([working, grace]);
    }
    await this.telling.tell();
    await this.moveValues(null);
    const run = this.run;
    if (run === null) return;
    const { cost_usd, duration_ms, status } = presentSummary(run.row, run.totals);
    this.logger().log('info', 'execution.ended', { status, duration_ms, cost_usd, steps: run.totals.step_count });
  }

  /** Out of the object into R2 what nothing that runs reads any more; what fails is moved by the alarm after the end. */
  private async moveValues(names: readonly string[] | null): Promise<void> {
    const run = this.run;
    if (run === null || !this.store.values.any()) return;
    try {
      await this.large(run).move(names, () => this.erased);
    } catch (error) {
      this.logger().log('warn', 'execution.values_not_moved', describeError(error));
    }
    if (!this.erased) this.arm();
  }

  /** Sets the alarm to the earliest thing that is left to do, or takes it away when nothing is. */
  private arm(): void {
    const run = this.run;
    const now = Date.now();
    if (run === null) {
      this.alarms.armAt(now + HEARTBEAT_MS);
      return;
    }
    const times: number[] = [];
    if (!hasEnded(run)) {
      // An execution that waits is woken by what it waits for, and by nothing else.
      if (run.row.remaining_ms === null) times.push(run.row.deadline_at, now + HEARTBEAT_MS);
      for (const step of run.state.steps.values()) if (step.wake_at !== null) times.push(step.wake_at);
      const asksAt = this.queued.nextAt(run);
      if (asksAt !== null) times.push(asksAt);
    }
    if (hasEnded(run) && this.store.values.movable(null).length > 0) times.push(now + HEARTBEAT_MS);
    if (run.row.facts.forgotten === true) times.push(now + FIRST_PROJECTION_MS);
    else if (hasEnded(run) && run.row.expires_at !== null) times.push(run.row.expires_at);
    for (const owed of [this.telling.nextAt(now), this.family.nextAt(now)]) if (owed !== null) times.push(owed);
    if (times.length > 0) this.alarms.armAt(Math.min(...times));
    else this.alarms.disarm();
  }

  private abandon(): void {
    this.run = null;
    this.live = null;
    this.store.tables.forget();
    this.store.costs.forget();
    this.purse.forget();
    this.work.abandon();
  }

  /** The alarm stays until all values are gone from R2: should that fail, it is done again. */
  private async eraseAll(row: ExecutionRow, elsewhere: () => Promise<void> = async () => undefined): Promise<void> {
    this.erased = true;
    this.alarms.stop();
    this.abandon();
    this.streams.closeAll();
    if (this.store.values.any()) {
      await this.ctx.storage.setAlarm(Date.now() + HEARTBEAT_MS);
      await this.large({ row }).deleteAll();
    }
    await elsewhere();
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    for (const wake of this.waiters.splice(0)) wake();
  }

  /** The end of its retention, which the desk is asked about once more: a longer one may not have been told yet. */
  private async expire(row: ExecutionRow): Promise<void> {
    if (row.facts.forgotten !== true) {
      const rule = await retentionOf(this.env, row.facts);
      if (this.erased) return;
      row.expires_at = expiryOf(rule, row.finished_at ?? Date.now());
      this.store.writeExpiry(row.expires_at);
      if (row.expires_at === null || row.expires_at > Date.now()) return;
    }
    this.logger().log('info', 'execution.expired', { forgotten: row.facts.forgotten === true });
    try {
      await this.eraseAll(row, () => forgetRow(this.env, row.facts));
    } catch (error) {
      this.erased = false;
      this.alarms.resume();
      throw error;
    }
  }

  private async ended(seconds: number): Promise<void> {
    const run = this.run;
    if (run === null || hasEnded(run)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
      this.waiters.push(resolve);
    });
    clearTimeout(timer);
  }

  private logger(): Logger {
    const facts = this.run?.row.facts;
    const fields = {
      object: 'execution',
      execution_id: facts?.execution_id,
      organization_id: facts?.organization_id,
      request_id: facts?.request_id,
      trace_id: facts === undefined ? undefined : traceIdOf(facts.traceparent),
    };
    return createLogger(fields, { level: this.env.LOG_LEVEL });
  }
}

/** Whoever opens a socket in the runtime's protocol; null for all other streams. */
function watcherOf(header: string | null): FrameWatcher | null {
  return header === null ? null : (JSON.parse(decodeURIComponent(header)) as FrameWatcher);
}
