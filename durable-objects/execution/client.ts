import type {
  Actor,
  Approval,
  Decider,
  DecisionBarrier,
  Execution,
  ExecutionError,
  ExecutionEvent,
  ExecutionLog,
  ExecutionMode,
  ExecutionStatus,
  ExecutionStep,
  ExecutionSummary,
  ExecutionTrigger,
  JsonValue,
  Todo,
  WorkspaceFile,
} from '@agentflow/contracts';
import type { AuditOrigin, ExternalCall, ExternalOrigin, LeaseNotice, RetentionRule } from '../organization/client.ts';
import type { InvocationProjection } from './invocation.ts';
import type { ExecutionObject } from './object.ts';
import type { GivenFile } from './store/files.ts';
import type { Touches } from './touches.ts';

export type { Touch, Touches } from './touches.ts';

/** Where an execution stands among those that started each other. */
export interface Lineage {
  readonly parent_execution_id: string;
  readonly root_execution_id: string;
  /** The parent's step that started it; null where the parent's failure did. */
  readonly parent_step: string | null;
  /** Whether that step waits to be told the end. */
  readonly waits: boolean;
  readonly depth: number;
  /** Agents of the executions above it that call each other, the first one first. */
  readonly callers: readonly string[];
  /** Started by a failure, or by what a failure started: its own failures start nothing more. */
  readonly handles_failure: boolean;
}

/** The end of a called execution, as it tells its caller. */
export interface CallEnd {
  readonly organization_id: string;
  readonly execution_id: string;
  readonly agent_name: string;
  readonly step: string;
  readonly status: ExecutionStatus;
  readonly output: JsonValue;
  readonly error: ExecutionError | null;
}

/** All that an execution needs for its whole life: nothing is looked up later. */
export interface StartRequest {
  readonly organization_id: string;
  readonly execution_id: string;
  readonly agent_id: string;
  readonly agent_name: string;
  /** null for a test run of the draft. */
  readonly version: number | null;
  /** The definition in JSON: it is stored as it is, and a version's plan is made once per isolate. */
  readonly definition: string;
  readonly mode: ExecutionMode;
  readonly trigger: ExecutionTrigger;
  readonly triggered_by: Actor;
  readonly input: JsonValue;
  readonly project_id: string | null;
  /** The execution whose own budget holds for this one, and for all that it starts. */
  readonly budget_of?: string | null;
  /** null for an execution that no other one started. */
  readonly lineage: Lineage | null;
  readonly lease_id: string;
  /** Later it is not made; in milliseconds, see `Admission`. */
  readonly start_by: number;
  /** It waits for a place, and begins when the desk tells it. */
  readonly queued?: boolean;
  /** Somebody wants to be told that it has begun. */
  readonly announce?: boolean;
  readonly traceparent: string;
  readonly request_id: string;
  /** The external agent on whose behalf it runs; of the execution that it called itself, with what is recorded of the call. */
  readonly external?: ExternalOrigin | ExternalCall;
  /** Steps whose results are there already; see `Given`. */
  readonly given?: Given;
  /** Of a shadow run: what it repeats; see `Recording`. */
  readonly recorded?: Recording;
  /** Answer only when the execution has ended or this many seconds have passed; 0 answers at once. */
  readonly wait_seconds: number;
}

/** Why an execution was not made: its organization is being erased, it was stopped, or the start came after `start_by`. */
export type StartRefusal = 'erased' | 'stopped' | 'late';

/** A step's result, from another execution or from the person who tests. */
export interface GivenResult {
  readonly key: string;
  readonly handle: string;
  /** In JSON, as the step page shows it; null where there was none. */
  readonly input: string | null;
  /** In JSON. */
  readonly output: string | null;
  /** What it wrote to the workspace. */
  readonly files?: readonly GivenFile[];
}

/** What an execution begins with instead of running it. */
export interface Given {
  /** The execution that the results are from, or `pinned`. */
  readonly from: string;
  readonly results: readonly GivenResult[];
  /** Nodes that may run, null for all: the others are skipped where nothing was given. */
  readonly only: readonly string[] | null;
  /** Resolved configurations that a person has edited, by node: taken as they stand. */
  readonly configs: Readonly<Record<string, Record<string, JsonValue>>>;
}

/** How a step ended, and the input that it had, in JSON. */
export interface RecordedResult {
  readonly key: string;
  readonly node_id: string;
  readonly handle: string;
  readonly input: string;
  readonly output: string | null;
  readonly error: ExecutionError | null;
  readonly files?: readonly GivenFile[];
}

/** Answers that steps of a shadow run give without being run, where they have the same input again. */
export interface Recording {
  /** The execution that is repeated. */
  readonly from: string;
  readonly results: readonly RecordedResult[];
}

/** An execution that has ended, as a shadow run repeats it. */
export type RecordingSource =
  | {
      readonly outcome: 'found';
      readonly agent_id: string;
      readonly project_id: string | null;
      readonly definition: string;
      readonly input: JsonValue;
      readonly results: readonly RecordedResult[];
    }
  | { readonly outcome: 'not_found' | 'running' | 'too_large' };

/** What a retry needs of the execution that it repeats. */
export type RetrySource =
  | {
      readonly outcome: 'found';
      readonly agent_id: string;
      readonly version: number | null;
      readonly mode: ExecutionMode;
      readonly project_id: string | null;
      readonly definition: string;
      readonly input: JsonValue;
      readonly results: readonly GivenResult[];
    }
  | { readonly outcome: 'not_found' | 'running' | 'unknown_node' | 'too_large' };

export type CancelResult =
  | { readonly outcome: 'cancelled'; readonly execution: Execution }
  | { readonly outcome: 'finished'; readonly execution: Execution }
  | { readonly outcome: 'not_found' };

/** A person's or a program's decision on what a step asks. */
export interface DecideRequest {
  /** With `step_id` null: the only step that waits. */
  readonly target: { readonly approval_id: string } | { readonly step_id: string | null };
  readonly decider: Decider;
  readonly decision: 'approve' | 'deny';
  readonly comment: string;
  readonly form: JsonValue;
  /** null: whatever waits. */
  readonly action_hash: string | null;
  readonly origin: AuditOrigin;
}

/** What became of a word to the deep agents of an execution. */
export type SayResult = 'said' | 'ended' | 'not_deep' | 'not_found';

/** The files and the plan of deep agents as they are now. */
export interface WorkspaceView {
  /** Contents by path. */
  readonly files: Record<string, string>;
  readonly todos: Todo[];
}

export type ApprovalView = Omit<Approval, 'may_decide'>;

export type DecideRefusal =
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'nothing_asked' }
  | { readonly outcome: 'ambiguous'; readonly steps: readonly string[] }
  | { readonly outcome: 'not_allowed'; readonly barrier: DecisionBarrier }
  | { readonly outcome: 'decided_before'; readonly status: Approval['status']; readonly decided_by: string | null }
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'invalid'; readonly errors: readonly { readonly path: string; readonly message: string }[] };

export type DecideResult = { readonly outcome: 'decided'; readonly approval: ApprovalView } | DecideRefusal;

/** The audit row of a decision. */
export interface ApprovalAudit {
  readonly id: string;
  readonly origin: AuditOrigin;
}

/** What the object tells D1 of a question; one with an older revision changes nothing there. */
export interface ApprovalProjection {
  readonly organization_id: string;
  readonly approval: ApprovalView;
  readonly revision: number;
  readonly audit: ApprovalAudit | null;
}

/** What D1 would be told now: for reading one execution while lists lag. */
export interface ExecutionRecord {
  readonly summary: ExecutionSummary;
  readonly cost_microusd: number;
  /** null where no external agent called it itself. */
  readonly invocation: InvocationProjection | null;
  readonly touches: Touches;
  /** Ids of executions that it started, the first 50. */
  readonly started: readonly string[];
}

export interface StepPage {
  readonly data: ExecutionStep[];
  /** Order number of the page's last step; null on the last page. */
  readonly next: number | null;
}
export interface EventPage {
  readonly data: ExecutionEvent[];
  readonly next: number | null;
}
export interface LogPage {
  readonly data: ExecutionLog[];
  readonly next: number | null;
}

/**
 * What callers may ask of an execution's object. Written out because the runtime's RPC types recurse without end over
 * JSON values; the object implements it.
 */
export interface ExecutionRpc {
  ping(): Promise<'ok'>;
  /** Answers with the execution that is there when it was made before. */
  start(request: StartRequest): Promise<Execution | StartRefusal>;
  get(organizationId: string): Promise<Execution | null>;
  record(organizationId: string): Promise<ExecutionRecord | null>;
  waitForEnd(organizationId: string, seconds: number): Promise<Execution | null>;
  /** JSON of the definition that it runs. */
  definition(organizationId: string): Promise<string | null>;
  steps(organizationId: string, after: number, limit: number): Promise<StepPage | null>;
  events(organizationId: string, after: number, limit: number): Promise<EventPage | null>;
  logs(organizationId: string, after: number, limit: number): Promise<LogPage | null>;
  cancel(organizationId: string): Promise<CancelResult>;
  /** `fromNode` null: what did not end well runs again; `results` false: nothing is taken over. */
  retrySource(organizationId: string, fromNode: string | null, results: boolean): Promise<RetrySource>;
  /** What its steps answered, for a shadow run. */
  recording(organizationId: string): Promise<RecordingSource>;
  /** Told by a called execution; true when it needs not be told again. */
  callEnded(end: CallEnd): Promise<boolean>;
  /** What a step asked; null where it asked no such thing. */
  approval(organizationId: string, approvalId: string): Promise<ApprovalView | null>;
  decide(organizationId: string, request: DecideRequest): Promise<DecideResult>;
  /** `ended` also where other nodes go on, but no deep agent is left to hear. */
  say(organizationId: string, word: { readonly text: string; readonly by: Actor }): Promise<SayResult>;
  /** null for an unknown execution; empty where nothing was ever written. */
  workspace(organizationId: string): Promise<WorkspaceView | null>;
  /** Every version of every file, in the order in which they were written. */
  workspaceFiles(organizationId: string): Promise<WorkspaceFile[] | null>;
  /** `version` null: the newest, which may be a deletion. */
  workspaceFile(
    organizationId: string,
    path: string,
    version: number | null,
  ): Promise<(WorkspaceFile & { readonly content: string }) | null>;
  /** Its lease, and the execution whose own budget holds for it; null for an unknown one. */
  lease(organizationId: string): Promise<{ readonly lease_id: string; readonly budget_of: string | null } | null>;
  leaseState(leaseId: string): Promise<'alive' | 'ended' | 'unknown'>;
  /** Told by the desk; `taken` when it needs not be told again, `unknown` where no execution of this lease is there. */
  heed(leaseId: string, notice: LeaseNotice): Promise<'taken' | 'buried' | 'unknown'>;
  /** `startMayCome`: whether a start of it was admitted that may not have arrived. */
  erase(organizationId: string, startMayCome: boolean): Promise<void>;
  /** Ends it where it runs and erases it before its time; what it cost stays in the books. */
  forget(organizationId: string): Promise<void>;
  /** How long it is kept, after a change of that; means nothing to one that has not ended. */
  retain(organizationId: string, rule: RetentionRule): Promise<void>;
  forgetActor(organizationId: string, actorId: string, name: string): Promise<'forgotten' | 'unknown'>;
}

/** Whoever is on a socket of the runtime's protocol, with what the Worker found that they may do through it. */
export interface FrameWatcher {
  readonly organization_id: string;
  readonly actor: Actor;
  readonly may_steer: boolean;
  readonly may_stop: boolean;
  /** As decisions judge them; null for who only watches. */
  readonly decider: Decider | null;
  readonly origin: AuditOrigin;
  /** The platform itself, which checks each frame before it passes it on. */
  readonly vouched?: true;
}

export interface ExecutionStub extends ExecutionRpc {
  /** Streams only: see STREAM_URL. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The object of one execution. Ids are minted here alone, so that a residency can fix the jurisdiction later. */
export function executionObject(
  namespace: DurableObjectNamespace<ExecutionObject>,
  executionId: string,
): ExecutionStub {
  return namespace.get(namespace.idFromName(executionId)) as unknown as ExecutionStub;
}

/** Path and headers by which the Worker hands a checked stream request to the object. */
export const STREAM_URL = 'https://execution.internal/stream';
export const ORGANIZATION_HEADER = 'x-agentflow-organization';
/** JSON of a FrameWatcher as a URI component: the socket speaks the runtime's protocol, and `?after=` is a frame. */
export const FRAMES_HEADER = 'x-agentflow-frames';
