import { budgetInWords, microusdToUsd } from '@agentflow/contracts';
import type { HeldMoney, Signal, StepError, StepResult, StepState } from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { CallOutcome, MoneyAnswer } from '../organization/client.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import type { ExecutionStore } from './store/execution.ts';
import { type Held, isInLine, type Purse, reserveMoney, tellCosts } from './wiring.ts';

/** The desk tells by itself when there is money; this often it is asked, should that have been lost. */
const CHECK_MS = 3_600_000;
/** A question that has no answer by then is asked again. */
const ANSWER_MS = 5000;
const ASKS = 3;
/** What one message to the desk carries. */
const OUTCOMES_AT_ONCE = 500;

interface PurseHost {
  run(): ExecutionRun | null;
  signal(signal: Signal, before?: () => void): void;
  log(level: 'info' | 'warning', nodeId: string, message: string): void;
  isIdle(): boolean;
  logger(): Logger;
}

/** What has been spent and the desk does not know yet, with the rows that it stands in. */
export interface Owed {
  readonly outcomes: readonly CallOutcome[];
  readonly rows: readonly string[];
  /** The number of the last call that may be under way nowhere any more. */
  readonly up_to: number;
}

/**
 * The money of one execution. Before each call that has a price it asks the desk; what calls did cost is told with the
 * next question, at a wait, or at the end. Costs of finished steps are rows, and told until the desk has booked them; the
 * rest is in memory, and what is lost with it the desk books whole.
 */
export class ExecutionPurse {
  /** Of calls whose step has not been committed, and of questions whose answer was lost. */
  private early: CallOutcome[] = [];
  /** Steps that were told to wait, until they do. */
  private readonly toWait = new Set<string>();
  private last = 0;
  private telling = false;

  constructor(
    private readonly env: Env,
    private readonly store: ExecutionStore,
    private readonly host: PurseHost,
  ) {}

  forStep(run: ExecutionRun, step: StepState): StepPurse {
    return new StepPurse(this, run, step);
  }

  /** Memory is rebuilt from the rows. */
  forget(): void {
    this.early = [];
    this.toWait.clear();
  }

  owed(): Owed {
    const rows: string[] = [];
    const outcomes = this.early.slice(0, OUTCOMES_AT_ONCE);
    for (const [id, outcome] of this.store.costs.unbooked()) {
      if (outcomes.length >= OUTCOMES_AT_ONCE) break;
      rows.push(id);
      if (!outcomes.some(({ step, number }) => step === outcome.step && number === outcome.number)) {
        outcomes.push(outcome);
      }
    }
    // What is reserved later has a higher number, whatever the clock says then.
    if (this.host.isIdle()) this.last = Math.max(this.last, Date.now());
    return { outcomes, rows, up_to: this.host.isIdle() ? this.last : 0 };
  }

  /** The desk knows these. Inside a transaction. */
  booked({ outcomes, rows }: Owed): void {
    this.early = this.early.filter((each) => !outcomes.includes(each));
    this.store.costs.markBooked(rows);
  }

  /** All that was spent, for the end; more than one message takes is told before it. */
  async owedAtEnd(run: ExecutionRun): Promise<Owed> {
    let owed = this.owed();
    while (owed.outcomes.length >= OUTCOMES_AT_ONCE) {
      await tellCosts(this.env, run.row.facts, owed.outcomes);
      this.booked(owed);
      owed = this.owed();
    }
    return owed;
  }

  /** Between two calls that are far apart, so that nothing is held for long. */
  async tell(): Promise<void> {
    const run = this.host.run();
    if (run === null || this.telling || hasEnded(run)) return;
    const owed = this.owed();
    if (owed.outcomes.length === 0) return;
    this.telling = true;
    try {
      await tellCosts(this.env, run.row.facts, owed.outcomes);
      if (this.host.run() === run) this.booked(owed);
    } catch (error) {
      this.host.logger().log('warn', 'execution.costs_untold', describeError(error));
    } finally {
      this.telling = false;
    }
  }

  async ask(run: ExecutionRun, step: StepState, amount: number): Promise<{ answer: MoneyAnswer; held: HeldMoney }> {
    this.last = Math.max(this.last + 1, Date.now());
    const held: HeldMoney = { step: step.key, number: this.last };
    const owed = this.owed();
    // A shadow run waits for nothing.
    const may_wait = run.row.facts.shadow_of === undefined;
    try {
      const answer = await this.reserve(run, { ...held, amount, outcomes: owed.outcomes, may_wait });
      if (this.host.run() === run) this.booked(owed);
      if (answer.outcome !== 'no_money') return { answer, held };
      const on_exceeded = may_wait ? answer.on_exceeded : 'fail';
      if (on_exceeded === 'park') this.toWait.add(step.key);
      return { answer: { ...answer, on_exceeded }, held };
    } catch (error) {
      // It may have been reserved all the same, but no call was made.
      this.spent(held, 0);
      throw error;
    }
  }

  /** Asks again under the same number where no answer comes: the desk may have died after it had decided. */
  private async reserve(run: ExecutionRun, request: Parameters<typeof reserveMoney>[2]): Promise<MoneyAnswer> {
    for (let asked = 1; ; asked++) {
      try {
        return await inTime(reserveMoney(this.env, run.row.facts, request));
      } catch (error) {
        if (asked === ASKS) throw error;
      }
    }
  }

  spent({ step, number }: HeldMoney, cost_microusd: number): void {
    this.early.push({ step, number, cost_microusd });
  }

  logShortage(step: StepState, error: StepError, waits: boolean): void {
    this.host.log('warning', step.node_id, waits ? `Waits for money. ${error.message}` : error.message);
  }

  unavailable(error: unknown): void {
    this.host.logger().log('warn', 'execution.money_not_asked', describeError(error));
  }

  /** A step waits from now on, or came to another end. */
  settled(step: StepState): void {
    this.toWait.delete(step.key);
  }

  /** Told by the desk: there is money for these steps. */
  heed(run: ExecutionRun, keys: readonly string[]): 'taken' | 'unknown' {
    for (const key of keys) {
      const step = run.state.steps.get(key);
      if (step !== undefined && !hasEnded(run)) this.resume(run, step);
    }
    // One that is just about to wait is told again.
    return keys.some((key) => this.toWait.has(key)) ? 'unknown' : 'taken';
  }

  /** A step has waited for long, or a new period has begun. */
  async check(run: ExecutionRun, step: StepState): Promise<void> {
    const { key, attempt } = step;
    this.host.signal({ type: 'step_waiting', key, attempt, reason: 'budget', wake_at: checkAt(null), due: null });
    try {
      const waits = await isInLine(this.env, run.row.facts, key);
      if (!waits && this.host.run() === run && step.attempt === attempt) this.resume(run, step);
    } catch (error) {
      this.unavailable(error);
    }
  }

  private resume(run: ExecutionRun, step: StepState): void {
    if (step.status !== 'waiting' || step.waiting_reason !== 'budget') return;
    const { key, attempt } = step;
    this.host.signal({ type: 'step_resumed', key, attempt }, () => run.endUnpaid(step, Date.now()));
  }
}

/** An object that dies may take its answer with it. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the desk did not answer')), ANSWER_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function checkAt(resumeAt: number | null): number {
  const later = Date.now() + CHECK_MS;
  return resumeAt === null ? later : Math.min(resumeAt, later);
}

/** What pays for one attempt of a step, and what becomes of the attempt where nothing does. */
export class StepPurse implements Purse {
  private refusal: Exclude<MoneyAnswer, { outcome: 'granted' }> | null = null;

  constructor(
    private readonly purse: ExecutionPurse,
    private readonly run: ExecutionRun,
    private readonly step: StepState,
  ) {}

  async reserve(most: number): Promise<Held> {
    let asked: Awaited<ReturnType<ExecutionPurse['ask']>>;
    try {
      asked = await this.purse.ask(this.run, this.step, most);
    } catch (error) {
      this.purse.unavailable(error);
      const message = 'The budgets could not be asked just now.';
      return { ok: false, error: { code: 'budget_unavailable', message, retryable: true } };
    }
    const { answer, held } = asked;
    if (answer.outcome === 'granted') return { ok: true, held };
    this.refusal = answer;
    if (answer.outcome === 'stopped') return { ok: false, error: { ...answer.reason, retryable: false } };
    const error = shortageError(answer, most);
    this.purse.logShortage(this.step, error, answer.on_exceeded === 'park');
    return { ok: false, error };
  }

  spent(held: HeldMoney, costMicrousd: number): void {
    this.purse.spent(held, costMicrousd);
  }

  /** Why the execution must end instead of going on with this attempt's result; null where it need not. */
  get stopped(): Extract<MoneyAnswer, { outcome: 'stopped' }> | null {
    return this.refusal?.outcome === 'stopped' ? this.refusal : null;
  }

  /** The attempt's result: where there was no money the step waits, and makes the call again when there is. */
  resultOf(result: StepResult): StepResult {
    const { refusal } = this;
    if (result.kind !== 'failed' || refusal?.outcome !== 'no_money' || refusal.on_exceeded !== 'park') return result;
    const { input, calls } = result;
    const wake_at = checkAt(refusal.resume_at);
    return { kind: 'waiting', input, reason: 'budget', wake_at, due: null, ask: null, calls };
  }
}

function shortageError({ scope, period }: Extract<MoneyAnswer, { outcome: 'no_money' }>, most: number): StepError {
  const message = `The ${budgetInWords(scope, period)} has not enough left for this model call, which may cost up to $${microusdToUsd(most)}.`;
  return { code: 'budget_exceeded', message, retryable: false };
}
