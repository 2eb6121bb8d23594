import { type ExecutionSummary, isTerminal } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { RetentionRule } from '../organization/client.ts';
import { projectionOf } from './approvals.ts';
import type { ApprovalProjection } from './client.ts';
import { expiryOf } from './expiry.ts';
import { invocationOf } from './invocation.ts';
import { presentSummary } from './present.ts';
import type { ExecutionPurse } from './purse.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import type { ExecutionStore } from './store/execution.ts';
import type { CostRow, ExecutionRow } from './store/rows.ts';
import { approvalEvents, beginEvents, endEvents } from './told-events.ts';
import { touchesOf } from './touches.ts';
import { isErased, tellApprovals, tellBegun, tellDesk, tellLists, tellParked } from './wiring.ts';

const RETRY_MS = [1000, 5000, 30_000, 120_000, 600_000];
const APPROVALS_AT_ONCE = 5;
const COSTS_AT_ONCE = 200;
/** An execution that goes on by itself within this time keeps its place. */
const PARK_AFTER_MS = 5000;

/** What telling needs of the object that it belongs to. */
export interface TellingHost {
  run(): ExecutionRun | null;
  /** Whether this instance was erased: there is no row left to write what was confirmed to. */
  isErased(): boolean;
  /** The organization is gone, and nobody will ever take what there is to tell. */
  eraseAll(row: ExecutionRow): Promise<void>;
  transaction(write: () => void): void;
  arm(): void;
  /** After the end: brings back input and output that have moved away. */
  recall(run: ExecutionRun): Promise<void>;
  logger(): Logger;
}

/** Tells D1 and the desk what they have to know of one execution, until both have confirmed. */
export class Telling {
  private telling: Promise<void> | null = null;
  private failures = 0;
  /** What this instance has told of them, in JSON: the same is not written again. */
  private toldTouches = '';
  /** Whether this instance has told that the execution began: twice is one event. */
  private toldBegin = false;

  constructor(
    private readonly env: Env,
    private readonly store: ExecutionStore,
    private readonly purse: ExecutionPurse,
    private readonly host: TellingHost,
  ) {}

  /** A failure is told again by the alarm. */
  tell(): Promise<void> {
    this.telling ??= this.tellOnce().finally(() => {
      this.telling = null;
    });
    return this.telling;
  }

  pending(): boolean {
    const run = this.host.run();
    if (run === null) return false;
    const { row } = run;
    if (run.approvals.hasUntold() || shouldPark(run) !== row.parked || this.tellsBegin(run)) return true;
    return row.projected_revision < row.revision || (isTerminal(row.status) && !row.settled);
  }

  /** When it is to be tried; null when nothing is untold. */
  nextAt(now: number): number | null {
    if (!this.pending()) return null;
    return now + (RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 0);
  }

  private async tellOnce(): Promise<void> {
    const run = this.host.run();
    if (run === null) return;
    const { row } = run;
    const revision = row.revision;
    const ended = isTerminal(row.status);
    const costs = this.store.costs.unprojected(COSTS_AT_ONCE);
    const asked = run.approvals.toTell(APPROVALS_AT_ONCE);
    const parks = shouldPark(run);
    const owed = this.purse.owed();
    const summary = presentSummary(row, run.totals);
    const lists = row.projected_revision < revision || costs.length > 0;
    const results = await Promise.allSettled([
      lists ? this.tellLists(run, summary, costs) : null,
      ended && !row.settled ? this.settle(run) : null,
      asked.length > 0
        ? this.tellApprovals(
            run,
            asked.map((each) => projectionOf(each, row.facts, run.plan.byId.get(each.node_id))),
          )
        : null,
      parks !== row.parked ? tellParked(this.env, row.facts, parks, summary, owed) : null,
      this.tellsBegin(run) ? this.tellBegin(run, summary) : null,
    ]);
    if (this.host.isErased()) return;
    const [listed, desk, approvals, park] = results;
    if (listed.status === 'fulfilled') row.projected_revision = Math.max(row.projected_revision, revision);
    if (ended && desk.status === 'fulfilled' && desk.value !== null) {
      row.settled = true;
      row.expires_at = expiryOf(desk.value, row.finished_at ?? Date.now());
    }
    this.host.transaction(() => {
      this.store.writeConfirmed(row.projected_revision, row.settled, row.expires_at);
      if (approvals.status === 'fulfilled') run.approvals.told(asked);
      if (listed.status === 'fulfilled') this.store.costs.markProjected(costs.map((cost) => cost.id));
      if (park.status === 'fulfilled' && parks !== row.parked) {
        row.parked = parks;
        this.store.writeParked(parks);
        this.purse.booked(owed);
      }
    });
    const failed = results.find((result) => result.status === 'rejected');
    this.failures = failed === undefined ? 0 : this.failures + 1;
    if (failed !== undefined) {
      this.host.logger().log('warn', 'execution.tell_failed', describeError(failed.reason));
      if (await isErased(this.env, row.facts).catch(() => false)) return this.host.eraseAll(row);
    }
    if (this.pending() && this.failures === 0) return this.tellOnce();
    this.host.arm();
  }

  /** The end of one that has not told its begin tells both, in their order. */
  private tellsBegin({ row }: ExecutionRun): boolean {
    return row.facts.announce === true && row.started_at !== null && !isTerminal(row.status) && !this.toldBegin;
  }

  private async tellBegin(run: ExecutionRun, summary: ExecutionSummary): Promise<void> {
    await tellBegun(this.env, run.row.facts, await beginEvents(run, summary));
    this.toldBegin = true;
  }

  private async tellApprovals(run: ExecutionRun, asked: readonly ApprovalProjection[]): Promise<void> {
    await tellApprovals(this.env, run.row.facts, asked, await approvalEvents(run.row.facts, asked));
  }

  private async settle(run: ExecutionRun): Promise<RetentionRule> {
    const { outcomes } = await this.purse.owedAtEnd(run);
    const costs = { all: run.totals.cost_microusd, unreserved: this.store.costs.unreserved(), outcomes };
    const summary = presentSummary(run.row, run.totals);
    const begin = this.toldBegin ? [] : await beginEvents(run, summary);
    const events = [...begin, ...(await endEvents(run, summary, this.host.recall))];
    return tellDesk(this.env, run.row.facts, costs, summary, events);
  }

  /** The row of the execution; with it that of the call which it is, should an external agent have made it. */
  private async tellLists(run: ExecutionRun, summary: ExecutionSummary, costs: readonly CostRow[]): Promise<void> {
    const { row, totals } = run;
    const projection = { summary, revision: row.revision, cost_microusd: totals.cost_microusd, costs };
    const touches = touchesOf(run, this.store.touches);
    const told = JSON.stringify(touches);
    const invocation = await invocationOf(run, this.host.recall);
    await tellLists(this.env, row.facts, projection, {
      invocation,
      touches: told === this.toldTouches || touches.entries.length === 0 ? null : touches,
    });
    this.toldTouches = told;
  }
}

/** Short waits are not worth telling. An execution that has ended is settled, parked or not. */
function shouldPark(run: ExecutionRun): boolean {
  const { row, state } = run;
  if (hasEnded(run)) return row.parked;
  if (row.status !== 'waiting') return false;
  if (row.parked) return true;
  const soon = Date.now() + PARK_AFTER_MS;
  return [...state.steps.values()].every((step) => step.wake_at === null || step.wake_at > soon);
}
