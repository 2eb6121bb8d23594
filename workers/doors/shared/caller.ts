import type { Approval, Execution, ExecutionEvent, JsonValue } from '@agentflow/contracts';
import type { JsonObject } from './json.ts';

/** An agent that a caller may start, as a door offers it. */
export interface OfferedAgent {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Of its live version; null where it takes anything. */
  readonly input_schema: JsonObject | null;
}

export interface DoorCall {
  readonly agent: { readonly id: string } | { readonly name: string };
  readonly input: JsonValue;
  /** The same key within 24 hours is the same call. */
  readonly idempotency: { readonly key: string; readonly body_hash: string } | null;
}

export interface StartedCall {
  readonly execution: Execution;
  readonly invocation_id: string;
  /** Of rates and budgets. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A question of a run, as whoever may answer it is shown. */
export type Question = Omit<Approval, 'may_decide'>;

export interface Answer {
  readonly decision: 'approve' | 'deny';
  readonly comment: string;
  readonly form: JsonValue;
  readonly action_hash: string;
}

/**
 * All that a door may do for its caller: what is theirs, through the same admission as every other door. Refusals are
 * thrown as `ApiError`; executions of others are `not_found`.
 */
export interface DoorCaller {
  /** Of the external agent. */
  readonly id: string;
  /** Whether the people behind it may decide what its runs ask. */
  readonly mayApprove: boolean;
  agents(): Promise<readonly OfferedAgent[]>;
  /** By id or name; null for one that it may not call. */
  agent(idOrName: string): Promise<OfferedAgent | null>;
  start(call: DoorCall): Promise<StartedCall>;
  /** The node whose streamed text is the run's output; null where there is none. */
  answeringNode(execution: Execution): Promise<string | null>;
  follow(executionId: string, after: number, signal: AbortSignal): AsyncGenerator<ExecutionEvent>;
  /** Of a run that is being answered. */
  result(executionId: string): Promise<Execution>;
  /** Of a run from before, which takes the operation `read`. */
  read(executionId: string): Promise<Execution>;
  /** null for a question that is not there. */
  question(executionId: string, approvalId: string): Promise<Question | null>;
  answer(executionId: string, approvalId: string, answer: Answer): Promise<void>;
  /** Its caller has gone away and nobody would get the answer. Nothing happens to one that has ended. */
  abandon(executionId: string): Promise<void>;
  /** Takes the operation `cancel`; throws `execution_finished`. */
  cancel(executionId: string): Promise<Execution>;
  /** The execution that a call with this idempotency key began; null where there is none. */
  startedWith(idempotencyKey: string): Promise<string | null>;
}
