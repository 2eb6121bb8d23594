import type { Actor, ExecutionError, Todo } from '@agentflow/contracts';
import type { AdmissionCaller } from '../organization/client.ts';
import type { RefinementObject } from './object.ts';

/** All that a thread needs until its proposal is decided. */
export interface RefinementJob {
  readonly organization_id: string;
  readonly thread_id: string;
  readonly proposal_id: string;
  readonly agent_id: string;
  readonly agent_name: string;
  /** Who asked: the run is admitted as theirs. */
  readonly caller: AdmissionCaller;
  readonly created_by: Actor;
  readonly ip: string;
  readonly traceparent: string;
  readonly request_id: string;
  readonly user_prompt: string;
  /** What else the run is told: notes, names of nodes. */
  readonly notes: string;
  /** `builtin/rules` for the rules. */
  readonly model: string;
  readonly runtime: 'own' | 'remote' | 'rules';
  readonly created_at: number;
}

/** What a run came to, for good. Times in milliseconds. */
export interface RunEnd {
  /** All files at its end; null where it failed. */
  readonly files: Readonly<Record<string, string>> | null;
  readonly todos: readonly Todo[];
  /** What it said at its end. */
  readonly summary: string;
  readonly error: ExecutionError | null;
  readonly cost_microusd: number;
  readonly attempts: number;
  readonly ended_at: number;
}

/** Who watches a thread, as the Worker has authorized them. */
export interface Watcher {
  readonly organization_id: string;
  readonly caller: Actor;
  /** Whether what they send is passed on. */
  readonly may_steer: boolean;
}

export interface RefinementRpc {
  /** Before the proposal's rows are written: should the caller die before `begin`, the alarm finds in D1 whether they are there. */
  expect(job: RefinementJob): Promise<void>;
  begin(job: RefinementJob): Promise<void>;
  /** The proposal was decided or superseded: the run's data is erased, and those who watch are told. */
  decided(organizationId: string, status: string): Promise<void>;
  /** Who may watch has changed: those who do come again and are checked. */
  renewWatchers(organizationId: string): Promise<void>;
  /** The person who asked for it is called `name` from now on. */
  forgetPerson(organizationId: string, personId: string, name: string): Promise<void>;
  erase(organizationId: string): Promise<void>;
}

export interface RefinementStub extends RefinementRpc {
  /** A WebSocket, already authorized: see WATCHER_HEADER. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export function refinementObject(
  namespace: DurableObjectNamespace<RefinementObject>,
  threadId: string,
): RefinementStub {
  return namespace.get(namespace.idFromName(threadId)) as unknown as RefinementStub;
}

/** JSON of a Watcher, percent-encoded (headers hold no other letters), by which the Worker hands over a checked socket. `?after=` names the last frame that the client has. */
export const WATCHER_HEADER = 'x-agentflow-watcher';
export const REFINEMENT_STREAM_URL = 'https://refinement.internal/stream';
