import type { Door, Execution, JsonValue } from '@agentflow/contracts';
import type { LimitState } from '../../../durable-objects/organization/client.ts';
import type { UncheckedKeyPrincipal } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import type { TraceContext } from '../../platform/telemetry.ts';
import { startExecution } from '../executions/index.ts';
import { invocationIdOf } from '../invocations/index.ts';

interface Invoke {
  readonly env: Env;
  /** The key that came with the request: admission checks it. */
  readonly principal: UncheckedKeyPrincipal;
  readonly door: Door;
  readonly agent: { readonly id: string } | { readonly name: string };
  readonly input: JsonValue;
  readonly projectId: string | null;
  /** What it may cost, in micro-dollars. */
  readonly budgetMicrousd?: number | undefined;
  readonly idempotency: { readonly key: string; readonly body_hash: string } | null;
  /** Answer when the execution has ended or after so long; 0 answers at once. */
  readonly waitSeconds: number;
  readonly ip: string;
  readonly country: string | null;
  readonly requestId: string;
  readonly trace: TraceContext;
}

interface Invoked {
  readonly invocation_id: string;
  readonly execution: Execution;
  readonly replayed: boolean;
  readonly limits: readonly LimitState[];
  readonly remainingMicrousd: number | null;
}

/**
 * A call of an external agent, through whichever door: one admission at the desk and one start, like every other start.
 * Throws what admission refuses, each counted there.
 */
export async function invokeAgent(call: Invoke): Promise<Invoked> {
  const { door, country, agent } = call;
  const outcome = await startExecution({
    env: call.env,
    principal: call.principal,
    ip: call.ip,
    requestId: call.requestId,
    trace: call.trace,
    agentId: 'id' in agent ? agent.id : '',
    mode: 'live',
    permission: 'agents:execute',
    version: null,
    projectId: call.projectId,
    budgetMicrousd: call.budgetMicrousd,
    input: call.input,
    idempotency: call.idempotency,
    waitSeconds: call.waitSeconds,
    external: {
      door,
      country,
      claimed: call.principal.claimed,
      ...('name' in agent ? { agent_name: agent.name } : {}),
    },
  });
  return { invocation_id: invocationIdOf(outcome.execution.id), ...outcome };
}
