import { type ExecutionSummary, feedApproval } from '@agentflow/contracts';
import type { EnginePorts } from '@agentflow/engine';
import { db } from '../../workers/db/client.ts';
import { checkDraftFiles } from '../../workers/domains/agents/index.ts';
import { decideAs, projectApprovals } from '../../workers/domains/approvals/index.ts';
import { handOff, readContext } from '../../workers/domains/context/index.ts';
import { isOrganizationErased } from '../../workers/domains/erasure/index.ts';
import {
  cancelExecution,
  deleteExecutionRow,
  type ExecutionProjection,
  frameWatcherNow,
  projectExecution,
  startRelated,
} from '../../workers/domains/executions/index.ts';
import {
  archiveKey,
  invocationCostStatements,
  invocationStatements,
  payloadsGone,
} from '../../workers/domains/invocations/index.ts';
import { deleteTouches, touchesStatement } from '../../workers/domains/lineage/index.ts';
import { organizationFallback, priceOverride } from '../../workers/domains/models/index.ts';
import { providerAccesses, readSecrets } from '../../workers/domains/secrets/index.ts';
import { createModels, type Purse, sharesCredential } from '../../workers/models/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { ApiError, notFound } from '../../workers/platform/errors.ts';
import { circuitFetch } from '../../workers/platform/outbound/circuit-fetch.ts';
import { outboundFetch } from '../../workers/platform/outbound.ts';
import type { Logger } from '../../workers/platform/telemetry.ts';
import { Circuits } from '../circuit/client.ts';
import {
  type CallOutcome,
  type LeaseNotice,
  type MoneyAnswer,
  type MoneyRequest,
  type OutgoingEvent,
  organizationDesk,
  type RetentionRule,
} from '../organization/client.ts';
import type { ApprovalProjection, DecideRequest, FrameWatcher } from './client.ts';
import { httpPorts } from './http-port.ts';
import type { InvocationProjection } from './invocation.ts';
import type { Markers } from './secrets/markers.ts';
import type { Facts } from './store/rows.ts';
import type { Touches } from './touches.ts';

export type { Held, Purse } from '../../workers/models/index.ts';
/** Other executions, handoffs, the shared context and who is on a stream, as the domains know them. */
export { frameWatcherNow, handOff, readContext, startRelated };

/** The engine's ports for an attempt of a step, by the markers that stand for secrets in it and by what pays for it. */
export type PortsFor = (markers: Markers, purse: Purse) => Omit<EnginePorts, 'agents'>;

/** The engine's ports bound to the platform: models through the router, HTTP through the guarded way out. */
export function enginePorts(
  env: Env,
  ctx: DurableObjectState,
  facts: Facts,
  { sentBefore, logger }: { sentBefore: readonly string[]; logger: () => Logger },
): PortsFor {
  const { organization_id, agent_id, traceparent } = facts;
  const outbound = outboundFetch(ctx.exports.Outbound);
  const circuits = new Circuits(env.CIRCUIT, { clock: Date.now, random: Math.random });
  const models = createModels({
    config: env,
    fetch: outbound,
    clock: Date.now,
    priceOf: (ref) => priceOverride(env, organization_id, ref),
    accesses: () => providerAccesses(env, organization_id, Date.now()),
    // Whoever calls with a key of their own has a circuit of their own.
    circuitOf: (provider, config) =>
      circuits.provider(provider, sharesCredential(config, env, provider) ? null : organization_id),
    fallback: () => organizationFallback(env, organization_id),
  });
  const http = httpPorts({
    fetch: circuitFetch(outbound, (host) => circuits.host(organization_id, host)),
    traceparent,
    readSecrets: (names) => readSecrets(env, organization_id, names),
    sentBefore,
    logger,
  });
  return (markers, purse) => ({
    models: { generate: (request, options) => models.generate(request, { ...options, purse }) },
    http: http(markers),
    agentFiles: { check: (files, agentId) => checkDraftFiles(env, organization_id, agentId ?? agent_id, files) },
  });
}

/**
 * The row that lists show, one cost record per model attempt, what it touched, and of a call of an external agent its
 * invocation: one D1 batch. What such a call started tells it what it cost.
 */
export async function tellLists(
  env: Env,
  { organization_id, external, lineage }: Facts,
  projection: ExecutionProjection,
  { invocation, touches }: { readonly invocation: InvocationProjection | null; readonly touches: Touches | null },
): Promise<void> {
  const database = db(env, organization_id);
  const root = external === undefined ? null : (lineage?.root_execution_id ?? null);
  const beside =
    invocation !== null
      ? invocationStatements(database, organization_id, invocation)
      : root === null
        ? []
        : invocationCostStatements(database, organization_id, root);
  const touched =
    touches === null
      ? []
      : [touchesStatement(database, organization_id, projection.summary.id, touches, projection.revision)];
  await projectExecution(env, projection, [...beside, ...touched]);
}

/** Whether the execution's organization is no longer there, so that nobody will ever take what it has to tell. */
export function isErased(env: Env, facts: Facts): Promise<boolean> {
  return isOrganizationErased(env, facts.organization_id);
}

/** Questions to people, with the audit rows of their decisions: one D1 batch, then the feed, whose readers look there. */
export async function tellApprovals(
  env: Env,
  facts: Facts,
  approvals: readonly ApprovalProjection[],
  events: readonly OutgoingEvent[],
): Promise<void> {
  await projectApprovals(env, approvals);
  await organizationDesk(env.ORGANIZATION, facts.organization_id).approvalsChanged(
    approvals.map(({ approval }) => feedApproval.parse(approval)),
    events,
  );
}

/** That it has begun, to those who wanted to know when it was admitted. */
export async function tellBegun(env: Env, facts: Facts, events: readonly OutgoingEvent[]): Promise<void> {
  await organizationDesk(env.ORGANIZATION, facts.organization_id).tellEvents(events);
}

/** Tells the desk that the execution waits, so that it takes no place and holds no money of others, or that it goes on. */
export async function tellParked(
  env: Env,
  { organization_id, lease_id }: Facts,
  parked: boolean,
  execution: ExecutionSummary,
  spent: { readonly outcomes: readonly CallOutcome[]; readonly up_to: number },
): Promise<void> {
  await organizationDesk(env.ORGANIZATION, organization_id).park({ lease_id, parked, execution, spent });
}

/** Asks the desk for money before a call. */
export async function reserveMoney(
  env: Env,
  { organization_id, lease_id }: Facts,
  request: Omit<MoneyRequest, 'lease_id'>,
): Promise<MoneyAnswer> {
  return organizationDesk(env.ORGANIZATION, organization_id).reserve({ lease_id, ...request });
}

/** Whether a step still waits in the desk's line for money. */
export async function isInLine(env: Env, { organization_id, lease_id }: Facts, step: string): Promise<boolean> {
  return organizationDesk(env.ORGANIZATION, organization_id).isInLine({ lease_id, step });
}

/** What calls have cost, while others go on. */
export async function tellCosts(
  env: Env,
  { organization_id, lease_id }: Facts,
  outcomes: readonly CallOutcome[],
): Promise<void> {
  await organizationDesk(env.ORGANIZATION, organization_id).book({ lease_id, outcomes });
}

/** What the desk has decided about a queued execution; null while it has to wait. */
export async function noticeOf(env: Env, facts: Facts): Promise<LeaseNotice | null> {
  return organizationDesk(env.ORGANIZATION, facts.organization_id).noticeFor({ lease_id: facts.lease_id });
}

/** How long the desk says that an ended execution is kept. */
export async function retentionOf(env: Env, facts: Facts): Promise<RetentionRule> {
  const { days, effective_at } = await organizationDesk(env.ORGANIZATION, facts.organization_id).retention();
  return { days, effective_at };
}

/** Takes the execution out of the lists when its retention has ended. */
export async function forgetRow(env: Env, { organization_id, execution_id, external }: Facts): Promise<void> {
  const database = db(env, organization_id);
  const called = external !== undefined && 'door' in external;
  await deleteExecutionRow(database, organization_id, execution_id, [
    deleteTouches(database, organization_id, execution_id),
    ...(called ? [payloadsGone(database, organization_id, execution_id)] : []),
  ]);
  if (called) await env.VALUES.delete(archiveKey(organization_id, execution_id));
}

/** Ends the lease with the real cost; settling twice changes nothing. Answers how long the execution is kept. */
export async function tellDesk(
  env: Env,
  facts: Facts,
  costs: { readonly all: number; readonly unreserved: number; readonly outcomes: readonly CallOutcome[] },
  execution: ExecutionSummary,
  events: readonly OutgoingEvent[],
): Promise<RetentionRule> {
  const { days, effective_at } = await organizationDesk(env.ORGANIZATION, facts.organization_id).settle({
    lease_id: facts.lease_id,
    cost_microusd: costs.all,
    execution,
    outcomes: costs.outcomes,
    unreserved_microusd: costs.unreserved,
    events,
  });
  return { days, effective_at };
}

/** Why what somebody asked through a stream was not done. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** Decides a question of the execution for whoever watches it; null when it is decided. */
export function answerQuestion(
  env: Env,
  { organization_id, execution_id }: Facts,
  watcher: FrameWatcher,
  target: DecideRequest['target'],
  answer: Pick<DecideRequest, 'decision' | 'comment' | 'form'>,
): Promise<Refused | null> {
  const { decider } = watcher;
  if (decider === null) throw new Error('who only watches cannot answer');
  const missing = () => notFound('question', 'approval_id' in target ? target.approval_id : execution_id);
  const ctx = { env, organizationId: organization_id, ...aroundOf(watcher) };
  return refusedOr(decideAs(ctx, decider, execution_id, target, answer, missing));
}

/** Cancels the execution for whoever watches it, as the audit log tells; null when it is cancelled. */
export function stopExecution(
  env: Env,
  { organization_id, execution_id }: Facts,
  watcher: FrameWatcher,
): Promise<Refused | null> {
  const ctx = { env, organizationId: organization_id, now: Date.now, ...aroundOf(watcher) };
  return refusedOr(cancelExecution(ctx, execution_id));
}

function aroundOf({ actor, origin }: FrameWatcher) {
  return { actor, ip: origin.ip, userAgent: origin.user_agent, requestId: origin.request_id };
}

async function refusedOr(act: Promise<unknown>): Promise<Refused | null> {
  try {
    await act;
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fields = (error.errors ?? []).map(({ path, message }) => ` ${path} ${message}.`).join('');
    return { code: error.code, message: `${error.message}${fields}` };
  }
}
