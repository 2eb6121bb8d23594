import { agentId, type Execution, isTerminal, type JsonValue, MAX_CALL_DEPTH } from '@agentflow/contracts';
import {
  type AgentPort,
  CALL_CHECK_MS,
  type CalledExecution,
  type Change,
  outcomeOfCall,
  type Signal,
  type StepError,
  type StepResult,
  type StepState,
} from '@agentflow/engine';
import type { Env } from '../../workers/platform/env.ts';
import { derivedId } from '../../workers/platform/ids.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { ExternalOrigin } from '../organization/client.ts';
import { ChildStore } from './children.ts';
import { type CallEnd, executionObject, type Lineage } from './client.ts';
import { withinLimits } from './outcomes.ts';
import type { ExecutionRun } from './run.ts';
import type { ExecutionStore } from './store/execution.ts';
import type { Facts } from './store/rows.ts';
import { handOff, startRelated } from './wiring.ts';

const TELL_RETRY_MS = [1000, 5000, 30_000, 120_000, 600_000];
/** A start that was under way when its execution was cancelled may still arrive: that long a child is looked for. */
const START_MAY_ARRIVE_MS = 60_000;

type Started =
  | { readonly ok: true; readonly execution: Execution }
  /** `unstarted`: it is known not to run. */
  | { readonly ok: false; readonly error: StepError; readonly unstarted: boolean };

/** What the family needs of the object that it belongs to. */
export interface FamilyHost {
  run(): ExecutionRun | null;
  /** After the end: what `input` and `result` of the run give is at hand. */
  recall(run: ExecutionRun): Promise<void>;
  signal(signal: Signal): void;
  /** The result of a step that waited. */
  settle(step: StepState, result: StepResult): void;
  isRunning(key: string): boolean;
  log(level: 'warning' | 'error', message: string): void;
  arm(): void;
  logger(): Logger;
}

/**
 * An execution among those that it starts and that started it. Ids of what a step starts are derived from the step, so
 * asking again finds what is there. What others must be told (a child that it is cancelled, a caller that this one has
 * ended, a failure handler that it is needed) follows from stored rows and is told until it is confirmed.
 */
export class Family implements AgentPort {
  private readonly children: ChildStore;
  private delivering: Promise<void> | null = null;
  private again = false;
  private failures = 0;
  /** A refusal may ask for more patience than the usual delays have. */
  private patience = 0;

  constructor(
    private readonly env: Env,
    sql: SqlStorage,
    private readonly store: ExecutionStore,
    private readonly host: FamilyHost,
  ) {
    this.children = new ChildStore(sql, store.tables);
  }

  async call(request: Parameters<AgentPort['call']>[0]): ReturnType<AgentPort['call']> {
    const run = this.host.run();
    if (run === null) return refused('interrupted', 'The execution is being read again.', true);
    const { facts } = run.row;
    const { step, wait } = request;
    const refusal = checkCall(facts, request.agent_id);
    if (refusal !== null) return { ok: false, error: refusal };
    const executionId = await derivedId('execution', `${facts.execution_id} ${step.key}`, step.began_at);
    if (!this.isOpen(run, step.key)) return refused('call_cancelled', 'The step was cancelled.', false);
    const child = { execution_id: executionId, step_key: step.key, waits: wait, noted_at: Date.now() };
    this.children.note(child, 'open');
    const started = await this.start(facts, {
      execution_id: executionId,
      agent_id: request.agent_id,
      version: request.version,
      trigger: 'agent',
      input: request.input,
      lineage: {
        ...below(facts),
        parent_step: step.key,
        waits: wait,
        callers: [...(facts.lineage?.callers ?? []), facts.agent_id],
      },
    });
    if (started.ok) return { ok: true, called: calledOf(started.execution) };
    if (started.unstarted) this.children.forget(step.key);
    return { ok: false, error: started.error };
  }

  async handOff(request: Parameters<AgentPort['handOff']>[0]): ReturnType<AgentPort['handOff']> {
    const run = this.host.run();
    if (run === null) return refused('interrupted', 'The execution is being read again.', true);
    const { facts } = run.row;
    const { step, to_agent_id, instructions, context, start } = request;
    const known = agentId.safeParse(to_agent_id);
    if (!known.success) return { ok: false, error: unknownAgent(to_agent_id) };
    const of = `${facts.execution_id} ${step.key}`;
    const id = await derivedId('handoff', of, step.began_at);
    let executionId: string | null = null;
    if (start) {
      const depth = checkDepth(facts);
      if (depth !== null) return { ok: false, error: depth };
      executionId = await derivedId('execution', of, step.began_at);
      const input = {
        handoff: { handoff_id: id, from: facts.agent_id, instructions, context, execution_id: facts.execution_id },
      };
      const lineage = { ...below(facts), parent_step: step.key, waits: false, callers: [] };
      const started = await this.start(facts, {
        execution_id: executionId,
        agent_id: to_agent_id,
        version: null,
        trigger: 'handoff',
        input,
        lineage,
      });
      if (!started.ok) return { ok: false, error: started.error };
      // Handed over is not ours any more: a cancel does not follow it.
      this.children.note({ execution_id: executionId, step_key: step.key, waits: false, noted_at: Date.now() }, 'left');
    }
    try {
      const { organization_id, execution_id, agent_id, project_id } = facts;
      const handoff = {
        id,
        organization_id,
        project_id,
        from_agent_id: agent_id,
        to_agent_id,
        instructions,
        context,
        from_execution_id: execution_id,
        execution_id: executionId,
        created_by: facts.triggered_by.id,
      };
      if (!(await handOff(this.env, handoff, Date.now()))) return { ok: false, error: unknownAgent(to_agent_id) };
      return { ok: true, handoff_id: id, execution_id: executionId };
    } catch (error) {
      this.host.logger().log('warn', 'execution.handoff_failed', describeError(error));
      return refused('handoff_unavailable', 'The handoff could not be recorded.', true);
    }
  }

  /** Notes whom the changes of a commit concern. Inside its transaction. */
  note(changes: readonly Change[]): void {
    if (!this.children.any()) return;
    for (const change of changes) {
      if (change.type === 'step_cancelled') this.children.cancelOf(change.step.key);
      else if (change.type === 'execution_cancelled') this.children.cancelAll();
    }
  }

  /** Whether somebody is still to be told something. */
  pending(): boolean {
    const run = this.host.run();
    return run !== null && (this.owesEnd(run) || this.children.toCancel().length > 0);
  }

  /** When what was not confirmed is told again. */
  nextAt(now: number): number | null {
    if (!this.pending()) return null;
    const delay = TELL_RETRY_MS[Math.min(this.failures, TELL_RETRY_MS.length - 1)] ?? 0;
    return now + Math.max(delay, this.patience);
  }

  /** Tells everybody once; what was not confirmed is told again by the alarm. */
  deliver(): Promise<void> {
    if (this.delivering !== null) {
      this.again = true;
      return this.delivering;
    }
    this.delivering = this.deliverOnce().finally(() => {
      this.delivering = null;
      this.host.arm();
      // Others may have come meanwhile, or there were more than are told at once.
      const more = this.again || (this.failures === 0 && this.pending());
      this.again = false;
      return more ? this.deliver() : undefined;
    });
    return this.delivering;
  }

  /** Told by a called execution. False while the step that called it is not yet waiting, or no longer. */
  ended(run: ExecutionRun, end: CallEnd): boolean {
    const step = run.state.steps.get(end.step);
    const child = this.children.ofStep(end.step);
    if (child?.execution_id !== end.execution_id) return true;
    if (step?.status === 'running' || (step?.status === 'waiting' && step.progress === null)) return false;
    this.children.leave(end.step);
    if (step?.status === 'waiting') this.settle(step, end);
    return true;
  }

  /** Asks the child of a step that has waited for long: its telling may have been lost. */
  async check(step: StepState): Promise<void> {
    const { key, attempt } = step;
    const run = this.host.run();
    const child = this.children.ofStep(key);
    if (run === null) return;
    const wake_at = Date.now() + CALL_CHECK_MS;
    this.host.signal({ type: 'step_waiting', key, attempt, reason: 'child', wake_at, due: null });
    const found =
      child === null
        ? null
        : await executionObject(this.env.EXECUTION, child.execution_id).get(run.row.facts.organization_id);
    if (this.host.run() !== run || step.status !== 'waiting' || step.attempt !== attempt) return;
    // One that is not there was never started: the step starts it as its next attempt.
    if (found === null) this.host.signal({ type: 'step_resumed', key, attempt });
    else this.settle(step, calledOf(found));
  }

  /** Executions that this one started, the first ones first. */
  started(limit: number): string[] {
    return this.children.ids(limit);
  }

  childrenOf(keys: readonly string[]): ReadonlyMap<string, string> {
    return this.children.bySteps(keys);
  }

  private isOpen(run: ExecutionRun, key: string): boolean {
    return this.host.run() === run && run.state.steps.get(key)?.status === 'running';
  }

  private settle(step: StepState, called: CalledExecution): void {
    const outcome = outcomeOfCall(called);
    if (outcome?.kind === 'completed') this.host.settle(step, withinLimits({ ...outcome, input: null }));
    else if (outcome?.kind === 'failed') this.host.settle(step, { ...outcome, input: null });
  }

  private async start(
    facts: Facts,
    what: Pick<
      Parameters<typeof startRelated>[1],
      'execution_id' | 'agent_id' | 'version' | 'trigger' | 'input' | 'lineage'
    >,
  ): Promise<Started> {
    try {
      const { organization_id, mode, triggered_by, project_id, traceparent, request_id } = facts;
      // Who handles a failure must be able to, also where the failure is that the budget was used up.
      const budget_of = what.lineage.handles_failure ? null : (facts.budget_of ?? null);
      const from = { organization_id, mode, actor: triggered_by, project_id, budget_of, traceparent, request_id };
      const started = await startRelated(this.env, { ...from, ...what, ...onBehalfOf(facts) });
      return started.ok ? started : { ...started, unstarted: true };
    } catch (error) {
      this.host.logger().log('warn', 'execution.related_start_failed', describeError(error));
      const message = 'The other agent could not be started just now.';
      return { ok: false, error: { code: 'call_unavailable', message, retryable: true }, unstarted: false };
    }
  }

  private async deliverOnce(): Promise<void> {
    const run = this.host.run();
    if (run === null) return;
    this.patience = 0;
    const told = [...this.children.toCancel().map((child) => this.cancel(run, child))];
    if (this.owesEnd(run)) told.push(this.tellEnd(run));
    if (told.length === 0) return;
    const results = await Promise.allSettled(told);
    const failed = results.find((result) => result.status === 'rejected');
    const open = results.some((result) => result.status === 'fulfilled' && !result.value);
    this.failures = failed === undefined && !open ? 0 : this.failures + 1;
    if (failed !== undefined) this.host.logger().log('warn', 'execution.family_untold', describeError(failed.reason));
  }

  private async cancel(run: ExecutionRun, { execution_id, step_key, noted_at }: ReturnType<ChildStore['toCancel']>[0]) {
    const { outcome } = await executionObject(this.env.EXECUTION, execution_id).cancel(run.row.facts.organization_id);
    const mayArrive = this.host.isRunning(step_key) || Date.now() - noted_at < START_MAY_ARRIVE_MS;
    if (outcome === 'not_found' && mayArrive) return false;
    this.children.leave(step_key);
    return true;
  }

  /** What is owed at the end: a caller waits for it, or a failure has a handler. */
  private owesEnd({ row, plan }: ExecutionRun): boolean {
    return isTerminal(row.status) && !row.told && (row.facts.lineage?.waits === true || handlerOf(row, plan) !== null);
  }

  private async tellEnd(run: ExecutionRun): Promise<boolean> {
    const { row } = run;
    const { facts } = row;
    const { lineage } = facts;
    await this.host.recall(run);
    const confirmed = await Promise.all([
      lineage?.waits === true && lineage.parent_step !== null
        ? executionObject(this.env.EXECUTION, lineage.parent_execution_id).callEnded({
            organization_id: facts.organization_id,
            execution_id: facts.execution_id,
            agent_name: facts.agent_name,
            step: lineage.parent_step,
            status: row.status,
            output: run.result(),
            error: row.error,
          })
        : true,
      this.startHandler(run),
    ]);
    if (confirmed.includes(false)) return false;
    row.told = true;
    this.store.writeTold();
    return true;
  }

  /** Starts the agent that handles failures, once. False when it may be possible later. */
  private async startHandler(run: ExecutionRun): Promise<boolean> {
    const { row, plan } = run;
    const { facts, error } = row;
    const agent = handlerOf(row, plan);
    if (agent === null) return true;
    const at = row.finished_at ?? row.created_at;
    const started = await this.start(facts, {
      execution_id: await derivedId('execution', `${facts.execution_id} failure`, at),
      agent_id: agent,
      version: null,
      trigger: 'failure',
      input: {
        execution_id: facts.execution_id,
        agent_id: facts.agent_id,
        agent_name: facts.agent_name,
        error: error as unknown as JsonValue,
        input: run.input(),
      },
      lineage: { ...below(facts), depth: 0, parent_step: null, waits: false, callers: [], handles_failure: true },
    });
    if (started.ok) return true;
    if (started.error.retryable) {
      this.patience = started.error.retry_after_ms ?? 0;
      return false;
    }
    this.host.log('error', `The agent for failures, ${agent}, could not be started: ${started.error.message}`);
    return true;
  }
}

/** Only what was meant to work counts as failed: no test, and no handler of another failure. */
function handlerOf({ status, facts }: ExecutionRun['row'], plan: ExecutionRun['plan']): string | null {
  if (status !== 'failed' || facts.mode === 'test' || facts.lineage?.handles_failure === true) return null;
  return plan.on_failure_agent_id;
}

/** Whatever a call of an external agent leads to runs on its behalf. */
function onBehalfOf({ external }: Facts): { external?: ExternalOrigin } {
  if (external === undefined) return {};
  const { external_agent_id, key_id } = external;
  return { external: { external_agent_id, key_id } };
}

function below(facts: Facts): Pick<Lineage, 'parent_execution_id' | 'root_execution_id' | 'depth' | 'handles_failure'> {
  return {
    parent_execution_id: facts.execution_id,
    root_execution_id: facts.lineage?.root_execution_id ?? facts.execution_id,
    depth: (facts.lineage?.depth ?? 0) + 1,
    handles_failure: facts.lineage?.handles_failure ?? false,
  };
}

function calledOf({ id, agent_name, status, output, error }: Execution): CalledExecution {
  return { execution_id: id, agent_name, status, output, error };
}

function checkDepth(facts: Facts): StepError | null {
  if ((facts.lineage?.depth ?? 0) < MAX_CALL_DEPTH) return null;
  const message = `${MAX_CALL_DEPTH} executions stand above this one; no more are started below it.`;
  return { code: 'call_too_deep', message, retryable: false };
}

function checkCall(facts: Facts, wanted: string): StepError | null {
  if (!agentId.safeParse(wanted).success) return unknownAgent(wanted);
  const chain = [...(facts.lineage?.callers ?? []), facts.agent_id];
  if (chain.includes(wanted)) {
    const message = `The call leads back to an agent that waits for it: ${[...chain, wanted].join(' → ')}.`;
    return { code: 'call_cycle', message, retryable: false };
  }
  return checkDepth(facts);
}

function unknownAgent(wanted: string): StepError {
  return { code: 'not_found', message: `There is no agent ${wanted.slice(0, 80)}.`, retryable: false };
}

function refused(code: string, message: string, retryable: boolean): { ok: false; error: StepError } {
  return { ok: false, error: { code, message, retryable } };
}
