import type { Actor, ExecutionMode, ExecutionStatus, JsonValue, Role, WaitingReason } from '@agentflow/contracts';
import type { DeepContext, WorkspaceChange } from './workspace.ts';

/**
 * What the engine needs from outside, as arguments: clock, models, outbound HTTP. The engine itself sees no binding, no
 * `fetch`, no `Date.now()`, so the same code runs in an execution object and in a unit test with a fake clock.
 */

/** Why a step failed. `retryable` says whether the same call may succeed later; `retry_after_ms` is what the peer asked for. */
export interface StepError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
}

/** A tool as a model is told of it. `parameters` is a JSON Schema. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, JsonValue>;
}

export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** The text that the model wrote, where it is not JSON. */
  readonly arguments: JsonValue;
  /** What the provider wants back with the call, as it gave it. */
  readonly metadata?: JsonValue;
}

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly tool_calls?: readonly ModelToolCall[] }
  /** What a tool gave; every call of the message before it has one. */
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly call_id: string;
      readonly tool: string;
      readonly is_error: boolean;
    };

export interface ModelLabel {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
}

/** What is asked, in a form that a model without language understanding (`builtin/…`) can serve. */
export type ModelTask =
  | { readonly kind: 'chat'; readonly text: string }
  | { readonly kind: 'summarize'; readonly text: string; readonly max_sentences: number }
  | { readonly kind: 'classify'; readonly text: string; readonly labels: readonly ModelLabel[] }
  | { readonly kind: 'extract'; readonly text: string; readonly schema: Record<string, JsonValue> };

export interface ModelRequest {
  /** `provider/name`. */
  readonly model: string;
  readonly task: ModelTask;
  /** The ready prompt for language models. */
  readonly messages: readonly ModelMessage[];
  /** JSON Schema that the answer must fit; the result's `data` then holds it. */
  readonly schema?: Record<string, JsonValue>;
  readonly temperature?: number;
  readonly max_tokens?: number;
  /** Models that are asked in this order where the first can't answer; absent: the organization's. */
  readonly fallback?: readonly string[];
  /** Not together with `schema`: providers differ in what both would mean. */
  readonly tools?: readonly ModelTool[];
  /** `none`: the tools stand in the messages only, and the model must answer. */
  readonly tool_choice?: 'auto' | 'none';
}

/** Money that was reserved for one call of a step. */
export interface HeldMoney {
  readonly step: string;
  readonly number: number;
}

/** One call of one model: becomes one cost record, whether it succeeded or not. */
export interface ModelCall {
  readonly provider: string;
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Integer micro-dollars. */
  readonly cost_microusd: number;
  readonly latency_ms: number;
  /** True where the provider reported no usage and tokens were counted by length. */
  readonly estimated: boolean;
  readonly outcome: 'ok' | 'error' | 'cancelled';
  /** Absent of calls without a price. */
  readonly held?: HeldMoney;
}

export type ModelResult =
  | {
      readonly ok: true;
      readonly text: string;
      readonly data: JsonValue | null;
      readonly confidence: number | null;
      readonly finish_reason: string;
      /** Tools that the model wants to use; absent where it was offered none. */
      readonly tool_calls?: readonly ModelToolCall[];
      readonly calls: readonly ModelCall[];
    }
  | { readonly ok: false; readonly error: StepError; readonly calls: readonly ModelCall[] };

export interface ModelCallOptions {
  readonly signal: AbortSignal;
  /** Pieces of the answer as they come; absent where nobody can see them. */
  readonly onDelta?: (text: string) => void;
  /** What is left of the step's time limit; absent: as long as the signal says. */
  readonly timeout_ms?: number;
  /** Whether the engine will not ask again. */
  readonly last_attempt?: boolean;
  /** Told when another model is asked because one could not answer. */
  readonly onFallback?: (model: string, error: StepError, next: string) => void;
}

export interface ModelPort {
  /** Never throws for what a provider can do wrong: refusals, time-outs and bad answers are `ok: false`. */
  generate(request: ModelRequest, options: ModelCallOptions): Promise<ModelResult>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Sent as `Idempotency-Key`, the same for every attempt of one step. */
  readonly idempotency_key: string;
  /**
   * Signs the body as Standard Webhooks do (https://www.standardwebhooks.com) where it leaves: the secret is a marker
   * until then. `timestamp` in seconds since the epoch.
   */
  readonly sign?: { readonly secret: string; readonly id: string; readonly timestamp: number };
}

export type HttpResult =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** At most 1 MiB; `truncated` tells when more was there. */
      readonly body: string;
      readonly truncated: boolean;
    }
  | { readonly ok: false; readonly error: StepError };

export interface HttpOptions {
  readonly signal: AbortSignal;
  /** Whether the body so far is all that is wanted: for streams that their server leaves open. */
  readonly enough?: (body: string) => boolean;
}

export interface HttpPort {
  request(request: HttpRequest, options: HttpOptions): Promise<HttpResult>;
}

/** The step on whose behalf another agent is started: the same step always starts the same execution. */
export interface CallingStep {
  readonly key: string;
  /** When the step began, in milliseconds; the same for all its attempts. */
  readonly began_at: number;
}

export interface AgentCallRequest {
  readonly step: CallingStep;
  readonly agent_id: string;
  readonly input: JsonValue;
  /** null: the live version. */
  readonly version: number | null;
  /** Whether the step ends when the called execution has ended. */
  readonly wait: boolean;
}

/** An execution that a step started, as it was last seen. */
export interface CalledExecution {
  readonly execution_id: string;
  readonly agent_name: string;
  readonly status: ExecutionStatus;
  readonly output: JsonValue;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface HandoffRequest {
  readonly step: CallingStep;
  readonly to_agent_id: string;
  readonly instructions: string;
  readonly context: JsonValue;
  readonly start: boolean;
}

type Refused = { readonly ok: false; readonly error: StepError };

/** The organization's other agents. Doing the same twice for one step has one effect. */
export interface AgentPort {
  call(request: AgentCallRequest): Promise<{ readonly ok: true; readonly called: CalledExecution } | Refused>;
  handOff(
    request: HandoffRequest,
  ): Promise<{ readonly ok: true; readonly handoff_id: string; readonly execution_id: string | null } | Refused>;
}

/** Something wrong with files that are to be the draft of an agent. */
export interface AgentFileProblem {
  readonly path: string;
  readonly line: number | null;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export interface AgentFilesPort {
  /** What is wrong with these files as an agent's draft; the agent is the one that runs where none is named. */
  check(files: Readonly<Record<string, string>>, agentId: string | null): Promise<readonly AgentFileProblem[]>;
}

export interface EnginePorts {
  readonly models: ModelPort;
  readonly http: HttpPort;
  readonly agents: AgentPort;
  readonly agentFiles?: AgentFilesPort;
}

/** An upstream step that reached this one over a live edge, in the order of the definition's edges. */
export interface StepInput {
  readonly node_id: string;
  readonly output: JsonValue;
}

/** What expressions see: `{{trigger.x}}`, `{{context.key}}`, `{{env.NAME}}`, `{{item}}`, `{{node.output.field}}`, `{{event.data.x}}`. */
export interface Scope {
  readonly trigger: JsonValue;
  readonly context: Record<string, JsonValue>;
  /** Name → marker that only the outbound adapter can turn into the secret. */
  readonly env: Readonly<Record<string, string>>;
  readonly item?: JsonValue;
  /** What the node's handler gave: in its `output_mapping` alone. */
  readonly result?: JsonValue;
  /** What a message tells: in the templates of messages alone. */
  readonly event?: JsonValue;
  /** Every completed upstream node with its output, by node id; the loops around with their current item and index. */
  readonly nodes: ReadonlyMap<string, NodeInScope>;
}

export type NodeInScope = { readonly output: JsonValue } | { readonly item: JsonValue; readonly index: number };

/** What a waiting step becomes when its time comes. */
export type Due =
  | { readonly kind: 'complete'; readonly handle: string; readonly output: JsonValue }
  | { readonly kind: 'fail'; readonly error: StepError };

/** What a person is asked before a step goes on. */
export interface ApprovalAsk {
  readonly kind: 'approval' | 'form';
  /** In a few words; the node's name where there is none. */
  readonly title?: string;
  readonly message: string;
  /** What will be done, exactly: its hash is what is approved. */
  readonly payload: JsonValue;
  /** Who may decide; all empty: whoever has the permission. */
  readonly approvers: {
    readonly users: readonly string[];
    readonly roles: readonly Role[];
    readonly teams: readonly string[];
  };
  /** Whether whoever started the execution may decide. */
  readonly self_approval: boolean;
  /** JSON Schema of what is to be filled in. */
  readonly form_schema: Record<string, JsonValue> | null;
  /** What happens at the step's `wake_at`, as whoever is asked reads it; with `resume` and no `due` it is also done. */
  readonly on_timeout?: 'approve' | 'deny' | 'fail' | 'continue';
  /** After a decision: `complete` ends the step with it, `resume` runs the step again with it. */
  readonly then: 'complete' | 'resume';
}

export interface Decision {
  readonly decision: 'approve' | 'deny';
  readonly comment: string;
  readonly form: JsonValue;
  /** What was decided on, as it was stored when it was asked: nothing else may be done. */
  readonly payload: JsonValue;
  /** null where time decided. */
  readonly decided_by: Actor | null;
  /** Milliseconds since the epoch. */
  readonly decided_at: number;
}

/** The rounds of a loop that has been evaluated. */
export interface OpenedLoop {
  /** Rounds; null while a condition decides. */
  readonly total: number | null;
  /** The items, in their order; null where the index is the item, or the output of the round before. */
  readonly items: readonly JsonValue[] | null;
  readonly concurrency: number;
  readonly on_item_error: 'stop' | 'collect';
}

/** A call that a step makes as a step of its own: one turn of a model, one tool. `id` is unique within the step. */
export interface StepCall {
  readonly id: string;
  /** All that the call needs, stored before it runs. */
  readonly request: JsonValue;
}

/** A call that has ended; `error` is null where it ended well. */
export interface EndedCall extends StepCall {
  readonly output: JsonValue;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface StepContext {
  readonly node: {
    readonly id: string;
    readonly type: string;
    readonly config: Record<string, JsonValue>;
    /** The config is a resolved one that a person has edited: `{{…}}` in it is text, since it may come from anybody. */
    readonly literal?: boolean;
    /** Bare JSONata over `result` that makes the step's output; null for the output as it is. */
    readonly output_mapping?: string | null;
  };
  readonly scope: Scope;
  readonly step: CallingStep;
  readonly inputs: readonly StepInput[];
  readonly mode: ExecutionMode;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The call that is to be run; null for the step itself. */
  readonly call: StepCall | null;
  /**
   * The step's calls that have ended, in the order in which they were made; of a call those beside it, where it `seesCalls`.
   * Lists of tools, which a node makes first, are there for the calls of its calls too.
   */
  readonly calls: readonly EndedCall[];
  /** What a person decided on the step's question; null before, and where nothing was asked. */
  readonly decision: Decision | null;
  /** Of a node that is a deep agent. */
  readonly deep?: DeepContext;
  /**
   * Of a shadow run, which repeats an execution: what the step answered there, null where nothing is recorded of it. With
   * the same input it answers so again, and is not run.
   */
  readonly shadow?: { readonly recorded: RecordedStep | null };
  readonly idempotency_key: string;
  /** The step's time limit; the signal aborts when it has passed. */
  readonly timeout_ms?: number;
  /** Whether a failure of this attempt is the step's. */
  readonly last_attempt?: boolean;
  readonly signal: AbortSignal;
  readonly onDelta?: (text: string) => void;
  readonly log: (level: 'info' | 'warning' | 'error', message: string) => void;
}

/** How a step ended in the execution that is repeated, and the input that it had. */
export interface RecordedStep {
  readonly input: JsonValue;
  readonly output: JsonValue;
  readonly handle: string;
  /** null where it ended well. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface StepEvent {
  readonly type: 'agent.handoff';
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** What a handler gives back. `input` is the config with its expressions resolved, as the step page shows it. */
export type StepResult =
  | {
      readonly kind: 'completed';
      readonly input: JsonValue;
      readonly output: JsonValue;
      /** Exit taken; `out` where the type has one exit. */
      readonly handle: string;
      /** True where a test run did not perform the side effect. */
      readonly blocked: boolean;
      readonly calls: readonly ModelCall[];
      /** Told in the execution's log beside the step's end. */
      readonly event?: StepEvent;
      /** True where it was not run: the answer is the recorded one. */
      readonly recorded?: boolean;
      readonly workspace?: WorkspaceChange;
    }
  | {
      readonly kind: 'failed';
      readonly input: JsonValue;
      readonly error: StepError;
      readonly calls: readonly ModelCall[];
      readonly recorded?: boolean;
    }
  /** Goes on at `wake_at`, or when what it waits for is told. */
  | {
      readonly kind: 'waiting';
      readonly input: JsonValue;
      readonly reason: WaitingReason;
      readonly wake_at: number | null;
      readonly due: Due | null;
      readonly ask: ApprovalAsk | null;
      /** Calls that were made before it had to wait. */
      readonly calls?: readonly ModelCall[];
    }
  | { readonly kind: 'opened'; readonly input: JsonValue; readonly loop: OpenedLoop }
  /** The step goes on when these calls have ended. */
  | {
      readonly kind: 'calls';
      readonly input: JsonValue;
      readonly made: readonly StepCall[];
      readonly workspace?: WorkspaceChange;
    }
  | {
      readonly kind: 'stopped';
      readonly input: JsonValue;
      readonly status: 'completed' | 'failed';
      readonly output: JsonValue;
      readonly message: string;
    };
