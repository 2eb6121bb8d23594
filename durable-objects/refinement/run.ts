import {
  type ClientFrame,
  charactersOf,
  type ExecutionError,
  isTerminal,
  type JsonValue,
  MAX_GENERATED_BYTES,
  type StreamFrame,
  type ThreadState,
  todos as todoList,
} from '@agentflow/contracts';
import type { StepError } from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { RefinementJob, RunEnd } from './client.ts';
import type { FrameLog } from './frames.ts';
import { errorOf, mayPass, summaryOf } from './outcomes.ts';
import type { RefinementStore, RunState } from './store.ts';
import type { Passed, Watchers } from './watchers.ts';
import { noteRunOf, readFrame, refinerJob, rulesAnswer, runBasis, runtimeFor, settleRefinement } from './wiring.ts';

/** A run that failed for a reason that may pass is begun again so long after each failure, and then no more. */
const RETRY_MS = [2000, 8000, 32_000] as const;
/** Connections to a stream that bring nothing, one after the other, before the runtime counts as gone. */
const FRUITLESS_CONNECTIONS = 5;
const FIRST_PAUSE_MS = 100;
/** A stream that says nothing for so long is not believed: the runtime is asked. */
const SILENCE_MS = 60_000;
/** Frames of one thread; text is not counted. */
const MAX_FRAMES = 20_000;
/** D1 that does not answer is told again so long after. */
export const SETTLE_AGAIN_MS = 2000;
/** How often a thread that waits for a decision sees whether its proposal is there and undecided. */
export const LOOK_MS = 86_400_000;
/** What a runtime answers for a thread that it does not have. */
const UNKNOWN_THREAD = 'runtime_thread_unknown';

interface RunHost {
  armAt(at: number): void;
  waitUntil(work: Promise<unknown>): void;
  logger(): Logger;
}

/** How one connection to a stream ended. */
interface Connection {
  readonly frames: number;
  readonly error: StepError | null;
}

/**
 * The run of one thread: begun, followed to its end whatever happens to the connection or to this object, begun again where
 * that may help, and told to D1 at last. Everything between two awaits is atomic, and each step can be done again: the
 * runtime takes the same `job_id` twice, frames have numbers, and D1 takes an end once.
 */
export class RefinementRun {
  private socket: WebSocket | null = null;
  private hangUp: () => void = () => undefined;
  private following = false;
  private settling = false;
  private heardAt = 0;

  constructor(
    private readonly env: Env,
    private readonly ctx: DurableObjectState,
    private readonly store: RefinementStore,
    private readonly frames: FrameLog,
    private readonly watchers: Watchers,
    private readonly host: RunHost,
  ) {}

  /** Does what is due. May be called at any time, and again. */
  async turn(job: RefinementJob): Promise<void> {
    const { phase, due_at } = this.store.run();
    if (phase === 'due' && due_at <= Date.now()) await this.begin(job);
    else if (phase === 'running') await this.watchOver(job);
    else if (phase === 'settling') await this.settle(job);
  }

  /** Passes on what somebody who watches says to the run. */
  pass(frame: ClientFrame): Passed {
    const { phase } = this.store.run();
    if (phase === 'settling' || phase === 'settled' || phase === 'clearing') {
      return { ok: false, code: 'execution_finished', message: 'The run has ended.' };
    }
    if (this.socket === null) {
      return { ok: false, code: 'upstream_unavailable', message: 'The run can’t be reached just now. Try again.' };
    }
    this.socket.send(JSON.stringify(frame));
    return { ok: true };
  }

  /** Something threw on the way to the next run: nothing is tried again and again at once. */
  crashed(job: RefinementJob, again: number): void {
    const state = this.store.run();
    if (state.phase === 'due') {
      this.failed(job, { code: 'internal', message: 'The run could not be begun.', retryable: true }, state);
    } else this.store.writeRun({ ...state, due_at: Math.max(state.due_at, again) });
  }

  /** Nothing of this run is wanted any more. */
  drop(): void {
    this.disconnect();
  }

  private async begin(job: RefinementJob): Promise<void> {
    const { run_id } = this.store.run();
    if (job.runtime === 'rules') return this.answerByRules(job);
    // It is not known what became of it: it may work on.
    if (run_id !== null) return this.ask(job, run_id);
    const basis = await runBasis(this.env, job);
    const before = this.store.run();
    if (basis === null || before.phase !== 'due') return;
    const attempts = before.attempts + 1;
    const invoked = await runtimeFor(this.env, this.ctx, job).invoke({
      job_id: `${job.thread_id}.${attempts}`,
      ...refinerJob(job, basis.files),
    });
    const state = this.store.run();
    if (state.phase !== 'due') return;
    if (!invoked.ok) return this.failed(job, invoked.error, { ...state, attempts });
    this.store.transaction(() => {
      this.store.clearWorkspace();
      this.store.writeRun({ ...state, phase: 'running', attempts, run_id: invoked.thread_id, run_seq: 0 });
    });
    this.follow(job);
    await noteRunOf(this.env, job, { run_id: invoked.thread_id, attempts });
  }

  private async answerByRules(job: RefinementJob): Promise<void> {
    const basis = await runBasis(this.env, job);
    const state = this.store.run();
    if (basis === null || state.phase !== 'due') return;
    const answer = rulesAnswer(job, basis.files);
    this.store.writeRun({ ...state, attempts: state.attempts + 1 });
    if (answer.ok) {
      const { files, todos, summary } = answer;
      this.watchers.publish(this.frames.appendState({ todos: [...todos], status: 'completed' }, files, todos));
      const end = { status: 'completed', result: summary, error: null, cost_usd: 0 };
      return this.ended(job, end);
    }
    const error = { code: 'not_understood', message: answer.message };
    return this.ended(job, { status: 'failed', result: null, error, cost_usd: 0 });
  }

  /** A heartbeat while the run is followed: an evicted object connects again, and a silent stream is asked. */
  private async watchOver(job: RefinementJob): Promise<void> {
    const { run_id } = this.store.run();
    if (!this.following) return this.follow(job);
    if (run_id === null || Date.now() - this.heardAt < SILENCE_MS) return;
    this.heardAt = Date.now();
    const asked = await runtimeFor(this.env, this.ctx, job).state(run_id);
    if (asked.ok && isTerminal(asked.state.status)) await this.takeState(job, asked.state);
  }

  private follow(job: RefinementJob): void {
    if (this.following) return;
    this.following = true;
    this.heardAt = Date.now();
    const work = this.keepFollowing(job)
      .catch((error: unknown) => this.host.logger().log('error', 'refinement.follow_failed', describeError(error)))
      .finally(() => {
        this.following = false;
      });
    this.host.waitUntil(work);
  }

  private async keepFollowing(job: RefinementJob): Promise<void> {
    for (let fruitless = 0; ; ) {
      const { phase, run_id, run_seq } = this.store.run();
      if (phase !== 'running' || run_id === null) return;
      const { frames, error } = await this.connection(job, run_id, run_seq);
      if (this.isOver(run_id)) return;
      fruitless = frames > 0 ? 0 : fruitless + 1;
      const gone =
        error ?? (fruitless > FRUITLESS_CONNECTIONS ? away('The stream of the run breaks again and again.') : null);
      const asked = await runtimeFor(this.env, this.ctx, job).state(run_id);
      if (this.isOver(run_id)) return;
      if (asked.ok && isTerminal(asked.state.status)) return this.takeState(job, asked.state);
      if (!asked.ok) return this.lost(job, asked.error);
      if (gone !== null && (fruitless > FRUITLESS_CONNECTIONS || !gone.retryable)) return this.lost(job, gone);
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** fruitless));
    }
  }

  private isOver(run_id: string): boolean {
    if (this.store.job() === null) return true;
    const state = this.store.run();
    return state.phase !== 'running' || state.run_id !== run_id;
  }

  /** One connection to the stream; ends with the run, or when it breaks. */
  private async connection(job: RefinementJob, run_id: string, after: number): Promise<Connection> {
    const opened = await runtimeFor(this.env, this.ctx, job).open(run_id, after);
    if (!opened.ok) return { frames: 0, error: opened.error };
    if (this.isOver(run_id)) return { frames: 0, error: null };
    const { socket } = opened;
    let frames = 0;
    const closed = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        if (this.socket !== socket) return;
        frames++;
        this.receive(job, run_id, data as string | ArrayBuffer);
      });
      socket.addEventListener('close', () => resolve());
      socket.addEventListener('error', () => resolve());
      this.hangUp = resolve;
    });
    this.socket = socket;
    socket.accept();
    await closed;
    if (this.socket === socket) this.disconnect();
    return { frames, error: null };
  }

  private receive(job: RefinementJob, run_id: string, message: string | ArrayBuffer): void {
    if (this.isOver(run_id)) return;
    this.heardAt = Date.now();
    const read = readFrame(message);
    if (!read.ok) this.giveUp(job, read.error);
    else if (read.frame.event_type === 'on_llm_stream') this.receiveText(run_id, read.frame);
    else if (read.frame.event_type !== 'error') this.receiveNumbered(job, read.frame, this.store.run());
  }

  /** Passed on before anything is written: no one waits for the storage. */
  private receiveText(run_id: string, { data }: StreamFrame): void {
    this.watchers.publish(this.frames.text(data));
    this.frames.keepText(run_id, data, Date.now());
  }

  private receiveNumbered(job: RefinementJob, frame: StreamFrame, state: RunState): void {
    // Sent again by a runtime that does not know `after`; 0 is that of one that does not number its frames.
    if (frame.seq !== 0 && frame.seq <= state.run_seq) return;
    const { event_type, data } = frame;
    if (event_type === 'end') this.host.waitUntil(this.ended(job, data));
    else if (event_type === 'on_state_update') this.receiveState(job, frame, state);
    else if (this.frames.last() >= MAX_FRAMES) this.giveUp(job, tooMuch(`more than ${MAX_FRAMES} frames`));
    else {
      this.store.writeRun({ ...state, run_seq: frame.seq });
      this.watchers.publish(this.frames.append(event_type, data));
    }
  }

  private receiveState(job: RefinementJob, frame: StreamFrame, state: RunState): void {
    const files = filesIn(frame.data.files);
    if (files === null || isTooLarge(files)) {
      const large = tooMuch(`files of more than ${MAX_GENERATED_BYTES} bytes`);
      this.giveUp(job, files === null ? garbage('an update of the state without files') : large);
      return;
    }
    const todos = todoList.safeParse(frame.data.todos ?? []);
    this.store.writeRun({ ...state, run_seq: frame.seq });
    this.watchers.publish(this.frames.appendState(frame.data, files, todos.success ? todos.data : []));
  }

  /** The runtime's state in place of a stream that did not bring the end. */
  private async takeState(job: RefinementJob, state: ThreadState): Promise<void> {
    if (isTooLarge(state.files)) return this.giveUp(job, tooMuch(`files of more than ${MAX_GENERATED_BYTES} bytes`));
    const { files, todos, status, result, error, cost_usd = 0 } = state;
    this.watchers.publish(this.frames.appendState({ todos, status }, files, todos));
    const why = error === null ? null : { code: error.code, message: error.message };
    await this.ended(job, { status, result, error: why, cost_usd });
  }

  /** Its outcome is not known: it is asked for before anything is begun again. */
  private async ask(job: RefinementJob, run_id: string): Promise<void> {
    const asked = await runtimeFor(this.env, this.ctx, job).state(run_id);
    const state = this.store.run();
    if (state.phase !== 'due' || state.run_id !== run_id) return;
    if (asked.ok) {
      this.store.writeRun({ ...state, phase: 'running' });
      if (isTerminal(asked.state.status)) return this.takeState(job, asked.state);
      return this.follow(job);
    }
    if (asked.error.code !== UNKNOWN_THREAD) return this.failed(job, asked.error, state);
    // It is gone for good, and so is what it did.
    this.store.writeRun({ ...state, run_id: null, run_seq: 0 });
    return this.begin(job);
  }

  private lost(job: RefinementJob, error: StepError): void {
    const state = this.store.run();
    const unknown = error.code === UNKNOWN_THREAD;
    this.failed(job, unknown ? { ...error, retryable: true } : error, unknown ? { ...state, run_id: null } : state);
  }

  /** The run sends what is no use; another one would, too. */
  private giveUp(job: RefinementJob, error: StepError): void {
    this.disconnect();
    const state = this.store.run();
    if (state.run_id !== null) this.host.waitUntil(this.forget(job, state.run_id));
    this.failed(job, { ...error, retryable: false }, { ...state, run_id: null });
  }

  private async forget(job: RefinementJob, run_id: string): Promise<void> {
    await runtimeFor(this.env, this.ctx, job)
      .forget(run_id)
      .catch((error: unknown) => this.host.logger().log('warn', 'refinement.not_forgotten', describeError(error)));
  }

  /** It failed before its end: tried again later where that may help. */
  private failed(job: RefinementJob, error: StepError, state: RunState): void {
    const { code, message, retryable, retry_after_ms = 0 } = error;
    const wait = RETRY_MS[state.failures];
    if (!retryable || wait === undefined) {
      const end = { status: 'failed', result: null, error: { code, message }, cost_usd: 0 };
      this.store.writeRun(state);
      this.host.waitUntil(this.settleWith(job, end, { code, message }));
      return;
    }
    this.retryLater({ ...state, failures: state.failures + 1 }, { code, message }, Math.max(wait, retry_after_ms));
  }

  private retryLater(state: RunState, error: ExecutionError, wait: number): void {
    const due_at = Date.now() + wait;
    this.store.writeRun({ ...state, phase: 'due', due_at });
    const data = { attempt: state.attempts + 1, wait_ms: wait, error: { code: error.code, message: error.message } };
    this.watchers.publish(this.frames.append('on_retry', data));
    this.host.logger().log('warn', 'refinement.retried', { attempts: state.attempts, code: error.code, wait_ms: wait });
    this.host.armAt(due_at);
  }

  /** What the run itself said of its end. */
  private async ended(job: RefinementJob, data: Readonly<Record<string, JsonValue>>): Promise<void> {
    const error = errorOf(data);
    const state = { ...this.store.run(), cost_microusd: this.store.run().cost_microusd + costOf(data) };
    this.disconnect();
    const wait = RETRY_MS[state.failures];
    if (error !== null && mayPass(error) && wait !== undefined) {
      const { run_id } = state;
      this.retryLater({ ...state, failures: state.failures + 1, run_id: null, run_seq: 0 }, error, wait);
      if (run_id !== null) await this.forget(job, run_id);
      return;
    }
    this.store.writeRun(state);
    await this.settleWith(job, data, error);
  }

  private async settleWith(
    job: RefinementJob,
    end: Readonly<Record<string, JsonValue>>,
    error: ExecutionError | null,
  ): Promise<void> {
    const state = this.store.run();
    const now = Date.now();
    this.store.writeRun({
      ...state,
      phase: 'settling',
      due_at: now,
      error,
      summary: error === null ? summaryOf(end.result ?? null) : '',
      ended_at: now,
      end,
    });
    this.host.armAt(now + SETTLE_AGAIN_MS);
    await this.settle(job);
  }

  private async settle(job: RefinementJob): Promise<void> {
    if (this.settling) return;
    this.settling = true;
    try {
      await this.tell(job);
    } finally {
      this.settling = false;
    }
  }

  private async tell(job: RefinementJob): Promise<void> {
    const { error, summary, cost_microusd, attempts, ended_at, end } = this.store.run();
    const workspace = this.store.workspace();
    const run: RunEnd = {
      files: error === null ? (workspace?.files ?? null) : null,
      todos: workspace?.todos ?? [],
      summary,
      error,
      cost_microusd,
      attempts,
      ended_at: ended_at ?? Date.now(),
    };
    const status = await settleRefinement(this.env, (work) => this.host.waitUntil(work), job, run);
    if (this.store.job() === null || this.store.run().phase !== 'settling') return;
    const known = status ?? 'expired';
    const next = known === 'ready' || known === 'failed' ? 'settled' : 'clearing';
    const due_at = Date.now() + (next === 'settled' ? LOOK_MS : 0);
    this.store.writeRun({ ...this.store.run(), phase: next, due_at });
    this.watchers.publish(this.frames.append('end', { ...end, proposal_status: known }));
    this.watchers.closeAll('ended');
    const duration_ms = run.ended_at - job.created_at;
    const { model, runtime } = job;
    this.host.logger().log('info', 'refinement.ended', { status: known, duration_ms, attempts, runtime, model });
    this.host.armAt(due_at);
  }

  private disconnect(): void {
    const { socket } = this;
    this.socket = null;
    // The other side may take its time to answer a close.
    this.hangUp();
    try {
      socket?.close(1000, 'ended');
    } catch {
      // Closed already.
    }
  }
}

function filesIn(value: JsonValue | undefined): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  return entries.every(([, content]) => typeof content === 'string') ? (value as Record<string, string>) : null;
}

function isTooLarge(files: Readonly<Record<string, string>>): boolean {
  if (charactersOf(files) > MAX_GENERATED_BYTES) return true;
  return new TextEncoder().encode(JSON.stringify(files)).byteLength > MAX_GENERATED_BYTES;
}

function costOf({ cost_usd }: Readonly<Record<string, JsonValue>>): number {
  return typeof cost_usd === 'number' && cost_usd > 0 ? Math.round(cost_usd * 1_000_000) : 0;
}

function away(message: string): StepError {
  return { code: 'runtime_unavailable', message, retryable: true };
}

function garbage(what: string): StepError {
  return { code: 'runtime_answer_invalid', message: `The runtime sent ${what}.`, retryable: false };
}

function tooMuch(what: string): StepError {
  return { code: 'files_too_large', message: `The run made ${what}.`, retryable: false };
}
