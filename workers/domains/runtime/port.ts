import type { ExecutionTrigger, JobRequest, ThreadState } from '@agentflow/contracts';
import type { StepError } from '@agentflow/engine';
import type { AdmissionCaller } from '../../../durable-objects/organization/client.ts';

export type RuntimeFailure = { readonly ok: false; readonly error: StepError };

/**
 * A runtime of deep agents as whoever hands work to it sees it: this installation's own, or one elsewhere. What goes wrong
 * is a value: `retryable` tells whether asking again may help.
 */
export interface RuntimeClient {
  /** The same `job_id` is the same thread, however often it is asked. */
  invoke(
    job: JobRequest & { job_id: string },
  ): Promise<{ readonly ok: true; readonly thread_id: string } | RuntimeFailure>;
  state(threadId: string): Promise<{ readonly ok: true; readonly state: ThreadState } | RuntimeFailure>;
  /**
   * A socket on the frames of a thread after `after`, not accepted yet: the caller adds its listeners and calls `accept()`.
   * Each text message is one frame; what comes is read by `readFrame`.
   */
  open(threadId: string, after: number): Promise<{ readonly ok: true; readonly socket: WebSocket } | RuntimeFailure>;
  /** Erases what the runtime keeps of a thread, which is stopped where it still runs. Nothing happens for an unknown one. */
  forget(threadId: string): Promise<void>;
}

/** On whose behalf, and under which agent, this installation's own runtime works. */
export interface OwnRuntimeContext {
  readonly organization_id: string;
  readonly caller: AdmissionCaller;
  /** The agent that the run is listed and paid under. */
  readonly agent_id: string;
  readonly agent_name: string;
  readonly ip: string;
  readonly traceparent: string;
  readonly request_id: string;
  readonly trigger: ExecutionTrigger;
  /** When whatever asks for it was made, in milliseconds: ids of its threads are derived from it and must not change. */
  readonly created_at: number;
}
