import type { AdmissionCaller } from '../organization/client.ts';
import type { ShadowRunObject } from './object.ts';

/** What the job of a shadow run needs besides its rows. Times in milliseconds since the epoch. */
export interface ShadowJob {
  readonly organization_id: string;
  readonly shadow_run_id: string;
  readonly agent_id: string;
  /** On whose behalf executions are started; checked anew by every start. */
  readonly caller: AdmissionCaller;
  readonly ip: string;
  readonly traceparent: string;
  readonly request_id: string;
  readonly created_at: number;
}

export interface ShadowRunRpc {
  /**
   * Told before the rows are written: should the request die before `begin`, the work begins by itself half a minute later, or
   * ends at once where there are no rows.
   */
  expect(job: ShadowJob): Promise<void>;
  /** The rows are there. */
  begin(job: ShadowJob): Promise<void>;
}

/** The object that works off one shadow run. */
export function shadowRunObject(namespace: DurableObjectNamespace<ShadowRunObject>, id: string): ShadowRunRpc {
  return namespace.get(namespace.idFromName(id)) as unknown as ShadowRunRpc;
}
