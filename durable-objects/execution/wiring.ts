import type { ExecutionSummary } from '@agentflow/contracts';
import type { EnginePorts, HttpResult } from '@agentflow/engine';
import { projectApprovals } from '../../workers/domains/approvals/index.ts';
import { projectExecution } from '../../workers/domains/executions/index.ts';
import { priceOverride } from '../../workers/domains/models/index.ts';
import { createModels } from '../../workers/models/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { OutboundError, outboundFetch, readBounded } from '../../workers/platform/outbound.ts';
import { organizationDesk } from '../organization/client.ts';
import type { ApprovalProjection } from './client.ts';
import type { CostRow, Facts } from './store.ts';

/** The engine's ports bound to the platform: models through the router, HTTP through the guarded way out. */
export function enginePorts(env: Env, ctx: DurableObjectState, facts: Facts): EnginePorts {
  const outbound = outboundFetch(ctx.exports.Outbound);
  return {
    models: createModels({
      config: env,
      fetch: outbound,
      clock: Date.now,
      priceOf: (ref) => priceOverride(env, facts.organization_id, ref),
    }),
    http: {
      async request(request, { signal }): Promise<HttpResult> {
        try {
          const response = await outbound(request.url, {
            method: request.method,
            headers: { ...request.headers, 'Idempotency-Key': request.idempotency_key, traceparent: facts.traceparent },
            body: request.body,
            signal,
          });
          const { text, truncated } = await readBounded(response);
          return {
            ok: true,
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: text,
            truncated,
          };
        } catch (error) {
          return { ok: false, error: httpFailure(error, signal) };
        }
      },
    },
  };
}

function httpFailure(error: unknown, signal: AbortSignal): { code: string; message: string; retryable: boolean } {
  if (signal.aborted) return { code: 'http_cancelled', message: 'The request was cancelled.', retryable: false };
  if (error instanceof OutboundError) return { code: error.code, message: error.message, retryable: error.retryable };
  // Bad header values and the like: what `fetch` itself refuses before anything is sent.
  const message = error instanceof TypeError ? error.message : 'The request failed.';
  return { code: 'http_failed', message, retryable: !(error instanceof TypeError) };
}

/** The row that lists show, and one cost record per model attempt: one D1 batch. */
export async function tellLists(
  env: Env,
  summary: ExecutionSummary,
  revision: number,
  costMicrousd: number,
  costs: readonly CostRow[],
): Promise<void> {
  await projectExecution(env, { summary, revision, cost_microusd: costMicrousd, costs });
}

/** Questions to people, with the audit rows of their decisions: one D1 batch. */
export function tellApprovals(env: Env, approvals: readonly ApprovalProjection[]): Promise<void> {
  return projectApprovals(env, approvals);
}

/** Ends the lease with the real cost; settling twice changes nothing. */
export async function tellDesk(env: Env, facts: Facts, costMicrousd: number): Promise<void> {
  await organizationDesk(env.ORGANIZATION, facts.organization_id).settle({
    lease_id: facts.lease_id,
    cost_microusd: costMicrousd,
  });
}
