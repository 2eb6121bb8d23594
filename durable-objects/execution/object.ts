import { DurableObject } from 'cloudflare:workers';
import type { Execution, ExecutionEvent } from '@agentflow/contracts';
import { isTerminal } from '@agentflow/contracts';
import {
  type Change,
  checkLoopCondition,
  ENGINE_VERSION,
  type EnginePorts,
  type PlanNode,
  reusableSteps,
  type Signal,
  type StepResult,
  type StepState,
} from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger, traceIdOf } from '../../workers/platform/telemetry.ts';
import type { RetentionRule } from '../organization/client.ts';
import { projectionOf } from './approvals.ts';
import {
  type CallEnd,
  type CancelResult,
  type DecideRequest,
  type DecideResult,
  type EventPage,
  type ExecutionRpc,
  type LogPage,
  ORGANIZATION_HEADER,
  type RetrySource,
  type StartRequest,
  type StepPage,
} from './client.ts';
import { decideOn, type TellEngine, timeIsOver } from './decisions.ts';
import { expiryOf } from './expiry.ts';
import { Family } from './family.ts';
import { LargeValues } from './large-values.ts';
import { LiveText } from './live-text.ts';
import { givenItem, performStep, scopeOf } from './perform-step.ts';
import { planOf } from './plan-cache.ts';
import { presentExecution, presentSummary } from './present.ts';
import { RemoteValues } from './remote-values.ts';
import { MAX_RESULTS_CHARACTERS } from './rounds.ts';
import { ExecutionRun, hasEnded, type Outcome, type StepRecord } from './run.ts';
import { type Markers, newMarkers } from './secrets/markers.ts';
import { contextFor } from './shared-context.ts';
import { type ExecutionRow, ExecutionStore, type Facts } from './store.ts';
import { ExecutionStreams } from './streams.ts';
import { bury, exhume } from './tombstone.ts';
import {
  enginePorts,
  forgetRow,
  isErased,
  type PortsFor,
  retentionOf,
  tellApprovals,
  tellDesk,
  tellLists,
  tellParked,
} from './wiring.ts';

/** An execution that still runs after this long shows up in lists; one that ended sooner is written once, at its end. */
const FIRST_PROJECTION_MS = 1000;
/** While steps run, an alarm this often finds them again after an eviction. */
const HEARTBEAT_MS = 30_000;
const TELL_RETRY_MS = [1000, 5000, 30_000, 120_000, 600_000];
/** After the end, in-flight calls get this long to stop, so that what they used is booked before the lease is settled. */
const ABORT_GRACE_MS = 5000;
/** All results that one execution gives to another: an RPC carries 32 MiB. */
const MAX_GIVEN_CHARACTERS = 12 * 1024 * 1024;
/** How long a decision waits for the lists to know of it. */
const DECISION_TELL_MS = 2000;
const APPROVALS_PER_BATCH = 5;
/** An execution that goes on by itself within this time keeps its place. */
const PARK_AFTER_MS = 5000;
const MAX_LOG_LINES = 2000;
const MAX_LOG_CHARACTERS = 2000;

interface RunningStep {
  readonly attempt: number;
  readonly controller: AbortController;
  readonly work: Promise<void>;
}

/**
 * One execution. The engine decides (`advance`), this object performs: it writes each signal's changes in one
 * transaction, starts the steps that became ready under `waitUntil`, and keeps an alarm as long as anything is left to
 * do, so that a crash at any point loses no finished step. Fields are a cache of the rows in store.ts; after an eviction
 * `load` rebuilds them and runs again what was in flight. Concurrency: everything between two awaits is atomic.
 */
export class ExecutionObject extends DurableObject<Env> implements ExecutionRpc {
  private readonly store: ExecutionStore;
  private readonly streams: ExecutionStreams;
  private readonly family: Family;
  private readonly running = new Map<string, RunningStep>();
  private run: ExecutionRun | null = null;
  /** Whether the execution began before this object woke. */
  private reloaded = false;
  private live: LiveText | null = null;
  private largeValues: LargeValues | null = null;
  private ports: PortsFor | null = null;
  private armedAt: number | null = null;
  private telling: Promise<void> | null = null;
  private tellFailures = 0;
  private logLines = 0;
  private waiters: (() => void)[] = [];
  /** Of this instance: what is still under way in it must not set an alarm or write again. */
  private erased = false;
  private readonly tellEngine: TellEngine = (signal, outcome, before) => this.signal(signal, outcome, before);

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new ExecutionStore(ctx.storage.sql);
    this.streams = new ExecutionStreams(ctx);
    this.family = new Family(env, ctx.storage.sql, this.store, {
      run: () => this.run,
      recall: (run) => run.recall(this.large(run).read),
      signal: (signal) => this.signal(signal),
      settle: (step, result) => this.settleWaiting(step, result),
      isRunning: (key) => this.running.has(key),
      log: (level, message) => {
        if (this.run !== null) this.appendLog(this.run, level, null, message);
      },
      arm: () => this.arm(),
      logger: () => this.logger(),
    });
  }

  /** Answers readiness probes; leaves no storage. */
  async ping(): Promise<'ok'> {
    return 'ok';
  }

  /** Starts the execution; a second start of the same id answers with what is there. null for an erased one. */
  async start(request: StartRequest): Promise<Execution | null> {
    const state = this.run === null ? this.state() : 'started';
    if (state === 'erased') return null;
    if (state === 'none') this.create(request);
    else this.load();
    if (request.wait_seconds > 0) await this.ended(request.wait_seconds);
    return this.get(request.organization_id);
  }

  /** null for an unknown execution and for another organization's. */
  async get(organizationId: string): Promise<Execution | null> {
    return this.open(organizationId) === null ? null : this.present();
  }

  async waitForEnd(organizationId: string, seconds: number): Promise<Execution | null> {
    if (this.open(organizationId) === null) return null;
    await this.ended(seconds);
    return this.get(organizationId);
  }

  async steps(organizationId: string, after: number, limit: number): Promise<StepPage | null> {
    const run = this.open(organizationId);
    if (run === null) return null;
    const describe = (nodeId: string) => {
      const node = run.plan.byId.get(nodeId);
      return { name: node?.name ?? nodeId, type: node?.type ?? '' };
    };
    const rows = await this.store.steps(after, limit + 1, describe, this.large(run).read);
    const page = rows.slice(0, limit).map((row) => row.step);
    const children = this.family.childrenOf(page.map((step) => step.id));
    const data = page.map((step) => ({ ...step, child_execution_id: children.get(step.id) ?? null }));
    return { data, next: nextOf(rows, limit, (row) => row.ord) };
  }

  async events(organizationId: string, after: number, limit: number): Promise<EventPage | null> {
    const run = this.open(organizationId);
    if (run === null) return null;
    const rows = this.store.events(run.row.facts.execution_id, after, limit + 1);
    return { data: rows.slice(0, limit), next: nextOf(rows, limit, (row) => row.seq) };
  }

  async logs(organizationId: string, after: number, limit: number): Promise<LogPage | null> {
    if (this.open(organizationId) === null) return null;
    const rows = this.store.logs(after, limit + 1);
    return { data: rows.slice(0, limit), next: nextOf(rows, limit, (row) => row.seq) };
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
    if (!hasEnded(run)) return { outcome: 'running' };
    if (fromNode !== null && !run.plan.byId.has(fromNode)) return { outcome: 'unknown_node' };
    const { agent_id, version, mode, project_id } = run.row.facts;
    const keys = results ? new Set(reusableSteps(run.plan, this.store.allStates(), fromNode)) : new Set<string>();
    const definition = this.store.definition();
    const { read } = this.large(run);
    const taken = await this.store.results(keys, MAX_GIVEN_CHARACTERS, read);
    if (taken === null) return { outcome: 'too_large' };
    await run.recall(read);
    return { outcome: 'found', agent_id, version, mode, project_id, definition, input: run.input(), results: taken };
  }

  async callEnded(end: CallEnd): Promise<boolean> {
    if (this.open(end.organization_id) === null) return true;
    // A fast one ends before its start has been answered: then the step does not wait yet.
    await this.running.get(end.step)?.work;
    const run = this.open(end.organization_id);
    return run === null || this.family.ended(run, end);
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
    await Promise.race([this.tell(), enough]).finally(() => clearTimeout(timer));
    return result;
  }

  /** Asked by the desk before it lets a lease expire. */
  async leaseState(leaseId: string): Promise<'alive' | 'ended' | 'unknown'> {
    const run = this.load();
    if (run === null || run.row.facts.lease_id !== leaseId) return 'unknown';
    if (hasEnded(run)) return 'ended';
    // The sweep: whatever became of its alarm, a live execution has one for the next thing that is due.
    if ((await this.ctx.storage.getAlarm()) === null) {
      this.armedAt = null;
      this.arm();
    }
    return 'alive';
  }

  /**
   * Stops what is in flight and leaves no storage; nothing that comes back later finds a run to write to. An execution that
   * was admitted but not started refuses its start when that arrives.
   */
  async erase(organizationId: string, startMayCome: boolean): Promise<void> {
    // Of the rows: an erasure that failed half-way has to be done again.
    const state = this.store.state();
    if (state === 'none' && startMayCome && !this.erased) await bury(this.ctx.storage, Date.now());
    if (state !== 'started') return;
    // Not `load`: what was in flight must not run again.
    const row = this.run?.row ?? this.store.read();
    if (row.facts.organization_id === organizationId) await this.eraseAll(row);
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
    const run = this.open(request.headers.get(ORGANIZATION_HEADER) ?? '');
    if (run === null) return new Response(null, { status: 404 });
    const after = Number(new URL(request.url).searchParams.get('after') ?? '0');
    const source = {
      events: (from: number, limit: number) => this.store.events(run.row.facts.execution_id, from, limit),
      snapshots: () => this.live?.snapshots() ?? [],
      ended: () => hasEnded(run),
    };
    return request.headers.get('upgrade') === 'websocket'
      ? this.streams.acceptSocket(source, after)
      : this.streams.serverSentEvents(source, after);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.streams.acknowledge(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // Codes outside these ranges may be received but not sent (RFC 6455, 7.4).
    socket.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000);
  }

  /** Dispatches what is due and arms the next alarm; never throws, since an alarm that failed six times is gone. */
  override async alarm(): Promise<void> {
    this.armedAt = null;
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
      }
      this.ctx.waitUntil(this.tell());
      if (hasEnded(run)) this.ctx.waitUntil(this.moveValues(null));
      const owes = this.untold() || this.family.pending();
      if (run.row.expires_at !== null && run.row.expires_at <= now && !owes) await this.expire(run.row);
      if (this.family.pending()) this.ctx.waitUntil(this.family.deliver());
    } catch (error) {
      this.run = null;
      this.logger().log('error', 'execution.alarm_failed', describeError(error));
    }
    this.arm();
  }

  private create(request: StartRequest): void {
    const now = Date.now();
    const { given } = request;
    const facts: Facts = {
      organization_id: request.organization_id,
      execution_id: request.execution_id,
      agent_id: request.agent_id,
      agent_name: request.agent_name,
      version: request.version,
      mode: request.mode,
      trigger: request.trigger,
      triggered_by: request.triggered_by,
      project_id: request.project_id,
      lineage: request.lineage,
      lease_id: request.lease_id,
      traceparent: request.traceparent,
      request_id: request.request_id,
      engine_version: ENGINE_VERSION,
      ...(given === undefined ? {} : { given: { from: given.from, only: given.only, configs: given.configs } }),
    };
    const plan = planOf(request.agent_id, request.version, () => request.definition);
    const row: ExecutionRow = {
      facts,
      status: 'running',
      waiting_reason: null,
      error: null,
      created_at: now,
      started_at: now,
      finished_at: null,
      deadline_at: now + plan.timeout_ms,
      remaining_ms: null,
      revision: 1,
      projected_revision: 0,
      settled: false,
      told: false,
      parked: false,
      expires_at: null,
    };
    this.ctx.storage.transactionSync(() => {
      this.store.create(row, request.definition, request.input);
      if (given !== undefined) this.store.writeGiven(given.results);
    });
    const run = ExecutionRun.begin(row, plan, request.input, this.store);
    this.adopt(run);
    this.armAt(now + FIRST_PROJECTION_MS);
    this.signal({ type: 'start' });
    this.logger().log('info', 'execution.started', { agent_id: facts.agent_id, mode: facts.mode });
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
    const run = ExecutionRun.load(this.store);
    this.reloaded = true;
    this.logLines = this.store.logCount();
    this.adopt(run);
    if (!hasEnded(run)) {
      this.signal({ type: 'interrupted' });
      this.arm();
    }
    return run;
  }

  private state(): 'none' | 'started' | 'erased' {
    return this.erased ? 'erased' : this.store.state();
  }

  private open(organizationId: string): ExecutionRun | null {
    const run = this.load();
    return run?.row.facts.organization_id === organizationId ? run : null;
  }

  private async present(): Promise<Execution> {
    const run = this.load();
    if (run === null) throw new Error('the execution was not started');
    if (hasEnded(run)) await run.recall(this.large(run).read);
    return presentExecution(run.row, run.totals, run.input(), run.result());
  }

  private large({ row }: Pick<ExecutionRun, 'row'>): LargeValues {
    this.largeValues ??= new LargeValues(this.store, this.ctx.storage, new RemoteValues(this.env.VALUES, row.facts));
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
    for (const change of committed.changes) this.perform(run, change);
    if (committed.changes.length > 0 && this.run === run && this.family.pending()) {
      this.armAt(Date.now() + FIRST_PROJECTION_MS);
      this.ctx.waitUntil(this.family.deliver());
    }
    if (ended && committed.changes.length > 0) this.ctx.waitUntil(this.finish());
    else if (run.approvals.hasUntold()) this.ctx.waitUntil(this.tell());
    if (!ended && run.released.length > 0) this.ctx.waitUntil(this.moveValues(run.released.splice(0)));
  }

  private perform(run: ExecutionRun, change: Change): void {
    // What was asked of the run before this one; memory has been rebuilt since.
    if (this.run !== run) return;
    switch (change.type) {
      case 'step_started':
        this.launch(run, change.step, change.attempt);
        return;
      case 'step_cancelled':
        this.running.get(change.step.key)?.controller.abort(new Error('cancelled'));
        return;
      case 'step_retrying':
        this.armAt(change.at);
        return;
      case 'step_waiting':
        if (change.step.wake_at !== null) this.armAt(change.step.wake_at);
        return;
      case 'check_loop':
        this.ctx.waitUntil(this.checkLoop(run, change.step, change.index));
        return;
      case 'collect_loop':
        this.collectLoop(run, change.step);
        return;
      case 'continue_step':
        this.launch(run, change.step, change.step.attempt);
        return;
      case 'step_due':
        if (change.step.waiting_reason === 'child') this.ctx.waitUntil(this.checkChild(run, change.step));
        else if (!timeIsOver(run, change.step, Date.now(), this.tellEngine)) {
          throw new Error('no node of this release waits without knowing what for');
        }
    }
  }

  /** Before each round of a `while` loop. */
  private async checkLoop(run: ExecutionRun, step: StepState, index: number): Promise<void> {
    const node = run.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    const { key, attempt, path } = step;
    const round = run.round(node, path === '' ? String(index) : `${path}.${index}`);
    // The item is the output of the round before, not that of a loop around this one.
    const shared = await this.contextOf(run, node)?.catch(() => null);
    if (this.run !== run) return;
    if (shared === null) {
      const error = { code: 'context_unavailable', message: 'The shared context could not be read.', retryable: false };
      this.signal({ type: 'step_failed', key, attempt, error, now: Date.now(), random: 0 });
      return;
    }
    const { item: _around, ...outside } = scopeOf(run, node, path, shared ?? {});
    const scope = { ...outside, ...givenItem(round.item) };
    const check = await checkLoopCondition(node.node.config, index, scope);
    if (this.run !== run) return;
    if (check.ok) this.signal({ type: 'loop_checked', key, index, holds: check.holds });
    else this.signal({ type: 'step_failed', key, attempt, error: check.error, now: Date.now(), random: 0 });
  }

  private contextOf(run: ExecutionRun, node: PlanNode) {
    return contextFor(this.env, run.row.facts, node);
  }

  /** A child that can't be asked now is asked again when the step is due next. */
  private async checkChild(run: ExecutionRun, step: StepState): Promise<void> {
    try {
      if (this.run === run) await this.family.check(step);
    } catch (error) {
      this.logger().log('warn', 'execution.child_unreachable', describeError(error));
    }
  }

  private collectLoop(run: ExecutionRun, step: StepState): void {
    const { key, attempt } = step;
    const output = run.collected(step);
    if (output !== null) {
      const result: StepResult = { kind: 'completed', input: null, output, handle: 'out', blocked: false, calls: [] };
      this.signal({ type: 'step_completed', key, attempt, handle: 'out' }, { key, attempt, result });
      return;
    }
    const message = `The outputs of the rounds have more than ${MAX_RESULTS_CHARACTERS} characters together.`;
    const error = { code: 'output_too_large', message, retryable: false };
    this.signal({ type: 'step_failed', key, attempt, error, now: Date.now(), random: 0 });
  }

  private launch(run: ExecutionRun, step: StepState, attempt: number): void {
    const node = run.plan.byId.get(step.node_id);
    if (node === undefined) throw new Error(`step ${step.key} belongs to no node`);
    const controller = new AbortController();
    const record = run.recordOf(step);
    const markers = newMarkers(run.plan.envNames(node));
    const work = performStep(run, node, step, controller, {
      ports: this.enginePorts(run, markers),
      markers,
      onDelta: (text) => this.live?.append(step, attempt, text),
      log: (level, message) => this.appendLog(run, level, step.node_id, message),
      readContext: (each) => this.contextOf(run, each),
      reportBug: (error) => this.logger().log('error', 'step.bug', { node_id: step.node_id, ...describeError(error) }),
    }).then((result) => this.settleStep(run, step, record, attempt, result));
    this.running.set(step.key, { attempt, controller, work });
    this.ctx.waitUntil(work);
  }

  private settleStep(
    run: ExecutionRun,
    step: StepState,
    record: StepRecord,
    attempt: number,
    result: StepResult,
  ): void {
    // A run that was abandoned after a failed transaction has been rebuilt: this step runs again there.
    if (this.run !== run) return;
    if (this.running.get(step.key)?.attempt === attempt) this.running.delete(step.key);
    this.live?.finish(step.key);
    const outcome: Outcome = { key: step.key, attempt, result };
    if (step.status !== 'running' || step.attempt !== attempt) {
      this.ctx.storage.transactionSync(() => run.bookLate(step, record, outcome, Date.now()));
      // What the step started meanwhile can be reached now.
      if (this.family.pending()) this.ctx.waitUntil(this.family.deliver());
      this.arm();
      return;
    }
    this.signal(signalOf(step.key, attempt, result), outcome);
  }

  /** What a step waited for has come. */
  private settleWaiting({ key, attempt }: StepState, result: StepResult): void {
    this.signal(signalOf(key, attempt, result), { key, attempt, result });
  }

  private appendLog(
    run: ExecutionRun,
    level: 'info' | 'warning' | 'error',
    nodeId: string | null,
    message: string,
  ): void {
    if (this.run !== run || this.logLines > MAX_LOG_LINES) return;
    this.logLines++;
    const text =
      this.logLines > MAX_LOG_LINES
        ? `The log of an execution ends after ${MAX_LOG_LINES} lines; later lines are not kept.`
        : message.length > MAX_LOG_CHARACTERS
          ? `${message.slice(0, MAX_LOG_CHARACTERS)}… (${message.length} characters)`
          : message;
    this.store.appendLog(Date.now(), level, nodeId, text);
  }

  private enginePorts(run: ExecutionRun, markers: Markers): EnginePorts {
    this.ports ??= enginePorts(this.env, this.ctx, run.row.facts, {
      sentBefore: this.reloaded ? run.plan.nodes.flatMap((node) => run.plan.envNames(node)) : [],
      logger: () => this.logger(),
    });
    return { ...this.ports(markers), agents: this.family };
  }

  /** After the end: lets aborted calls book what they used, then settles the lease and writes the lists' row. */
  private async finish(): Promise<void> {
    for (const wake of this.waiters.splice(0)) wake();
    if (this.running.size > 0) {
      const grace = new Promise<void>((resolve) => setTimeout(resolve, ABORT_GRACE_MS));
      await Promise.race([Promise.allSettled([...this.running.values()].map((step) => step.work)), grace]);
    }
    await this.tell();
    await this.moveValues(null);
    const run = this.run;
    if (run === null) return;
    const { cost_usd, duration_ms, status } = presentSummary(run.row, run.totals);
    this.logger().log('info', 'execution.ended', { status, duration_ms, cost_usd, steps: run.totals.step_count });
  }

  /** Out of the object into R2 what nothing that runs reads any more; what fails is moved by the alarm after the end. */
  private async moveValues(names: readonly string[] | null): Promise<void> {
    const run = this.run;
    if (run === null || !this.store.hasLargeValues()) return;
    try {
      await this.large(run).move(names, () => this.erased);
    } catch (error) {
      this.logger().log('warn', 'execution.values_not_moved', describeError(error));
    }
    if (!this.erased) this.arm();
  }

  /** Tells D1 and the desk until both have confirmed; a failure is told again by the alarm. */
  private tell(): Promise<void> {
    this.telling ??= this.tellOnce().finally(() => {
      this.telling = null;
    });
    return this.telling;
  }

  private async tellOnce(): Promise<void> {
    const run = this.run;
    if (run === null) return;
    const { row } = run;
    const revision = row.revision;
    const ended = isTerminal(row.status);
    const costs = this.store.unprojectedCosts(200);
    const asked = run.approvals.toTell(APPROVALS_PER_BATCH);
    const parks = this.shouldPark(run);
    const results = await Promise.allSettled([
      row.projected_revision < revision || costs.length > 0
        ? tellLists(this.env, presentSummary(row, run.totals), revision, run.totals.cost_microusd, costs)
        : null,
      ended && !row.settled ? tellDesk(this.env, row.facts, run.totals.cost_microusd) : null,
      asked.length > 0
        ? tellApprovals(
            this.env,
            asked.map((each) => projectionOf(each, row.facts, run.plan.byId.get(each.node_id))),
          )
        : null,
      parks !== row.parked ? tellParked(this.env, row.facts, parks) : null,
    ]);
    // Erased meanwhile: there is no row left to write what was confirmed to.
    if (this.erased) return;
    const [lists, desk, approvals, park] = results;
    if (lists.status === 'fulfilled') row.projected_revision = Math.max(row.projected_revision, revision);
    if (ended && desk.status === 'fulfilled' && desk.value !== null) {
      row.settled = true;
      row.expires_at = expiryOf(desk.value, row.finished_at ?? Date.now());
    }
    this.ctx.storage.transactionSync(() => {
      this.store.writeConfirmed(row.projected_revision, row.settled, row.expires_at);
      if (approvals.status === 'fulfilled') run.approvals.told(asked);
      if (lists.status === 'fulfilled') this.store.markCostsProjected(costs.map((cost) => cost.id));
      if (park.status === 'fulfilled' && parks !== row.parked) {
        row.parked = parks;
        this.store.writeParked(parks);
      }
    });
    const failed = results.find((result) => result.status === 'rejected');
    this.tellFailures = failed === undefined ? 0 : this.tellFailures + 1;
    if (failed !== undefined) {
      this.logger().log('warn', 'execution.tell_failed', describeError(failed.reason));
      if (await isErased(this.env, row.facts).catch(() => false)) return this.eraseAll(row);
    }
    if (this.untold() && this.tellFailures === 0) return this.tellOnce();
    this.arm();
  }

  /** Short waits are not worth telling. An execution that has ended is settled, parked or not. */
  private shouldPark(run: ExecutionRun): boolean {
    const { row, state } = run;
    if (hasEnded(run)) return row.parked;
    if (row.status !== 'waiting') return false;
    if (row.parked) return true;
    const soon = Date.now() + PARK_AFTER_MS;
    return [...state.steps.values()].every((step) => step.wake_at === null || step.wake_at > soon);
  }

  private untold(): boolean {
    const run = this.run;
    if (run === null) return false;
    if (run.approvals.hasUntold() || this.shouldPark(run) !== run.row.parked) return true;
    return run.row.projected_revision < run.row.revision || (isTerminal(run.row.status) && !run.row.settled);
  }

  /** Sets the alarm to the earliest thing that is left to do, or takes it away when nothing is. */
  private arm(): void {
    const run = this.run;
    const now = Date.now();
    if (run === null) {
      this.armAt(now + HEARTBEAT_MS);
      return;
    }
    const times: number[] = [];
    if (!hasEnded(run)) {
      // An execution that waits is woken by what it waits for, and by nothing else.
      if (run.row.remaining_ms === null) times.push(run.row.deadline_at, now + HEARTBEAT_MS);
      for (const step of run.state.steps.values()) if (step.wake_at !== null) times.push(step.wake_at);
    }
    if (hasEnded(run) && this.store.movableValues(null).length > 0) times.push(now + HEARTBEAT_MS);
    if (hasEnded(run) && run.row.expires_at !== null) times.push(run.row.expires_at);
    if (this.untold()) times.push(now + (TELL_RETRY_MS[Math.min(this.tellFailures, TELL_RETRY_MS.length - 1)] ?? 0));
    const family = this.family.nextAt(now);
    if (family !== null) times.push(family);
    if (times.length > 0) this.armAt(Math.min(...times));
    else if (this.armedAt !== null) {
      this.armedAt = null;
      this.ctx.waitUntil(this.ctx.storage.deleteAlarm());
    }
  }

  /** Only ever moves the alarm forward: what is due later is armed when the earlier one has rung. */
  private armAt(at: number): void {
    if (this.erased || (this.armedAt !== null && this.armedAt <= at)) return;
    this.armedAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  private abandon(): void {
    this.run = null;
    this.live = null;
    this.store.forgetTables();
    for (const step of this.running.values()) step.controller.abort(new Error('abandoned'));
    this.running.clear();
  }

  /** The alarm stays until all values are gone from R2: should that fail, it is done again. */
  private async eraseAll(row: ExecutionRow, elsewhere: () => Promise<void> = async () => undefined): Promise<void> {
    this.erased = true;
    this.abandon();
    this.streams.closeAll();
    if (this.store.hasLargeValues()) {
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
    const rule = await retentionOf(this.env, row.facts);
    if (this.erased) return;
    row.expires_at = expiryOf(rule, row.finished_at ?? Date.now());
    this.store.writeExpiry(row.expires_at);
    if (row.expires_at === null || row.expires_at > Date.now()) return;
    this.logger().log('info', 'execution.expired', { days: rule.days });
    try {
      await this.eraseAll(row, () => forgetRow(this.env, row.facts));
    } catch (error) {
      this.erased = false;
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

function signalOf(key: string, attempt: number, result: StepResult): Signal {
  switch (result.kind) {
    case 'completed':
      return { type: 'step_completed', key, attempt, handle: result.handle };
    case 'failed':
      return { type: 'step_failed', key, attempt, error: result.error, now: Date.now(), random: Math.random() };
    case 'waiting': {
      const { reason, wake_at, due } = result;
      return { type: 'step_waiting', key, attempt, reason, wake_at, due };
    }
    case 'opened': {
      const { total, concurrency, on_item_error } = result.loop;
      return { type: 'loop_opened', key, attempt, total, concurrency, on_item_error };
    }
    case 'calls':
      return { type: 'calls_opened', key, attempt, calls: result.made.map(({ id }) => id) };
    case 'stopped':
      return {
        type: 'step_stopped',
        key,
        attempt,
        error: result.status === 'failed' ? { code: 'stopped', message: result.message } : null,
      };
  }
}

function nextOf<Row>(rows: readonly Row[], limit: number, position: (row: Row) => number): number | null {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? position(last) : null;
}
