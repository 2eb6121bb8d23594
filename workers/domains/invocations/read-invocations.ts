import { ID_PREFIXES, type Invocation, type InvocationFilter, type InvocationSummary } from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { Caller, RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { idBody } from '../../platform/ids.ts';
import { pageOf } from '../../platform/pagination.ts';
import { cancelExecution } from '../executions/index.ts';
import { readArchived } from './archive.ts';
import { findInvocation, type InvocationRow, selectInvocations } from './list-queries.ts';
import { presentInvocation, presentSummary } from './present.ts';
import { rowOf } from './project-invocation.ts';

/** A request whose caller may be an external agent: it sees its own calls alone. */
export type CallerContext = Omit<RequestContext, 'principal'> & { readonly principal: Caller };

/** From D1: may lag the executions by two seconds. */
export async function listInvocations(
  { env, organizationId }: Pick<RequestContext, 'env' | 'organizationId'>,
  filter: InvocationFilter,
  before: string | undefined,
  limit: number,
): Promise<{ data: InvocationSummary[]; next_cursor: string | null }> {
  const rows = await selectInvocations(db(env, organizationId), organizationId, filter, before, limit + 1);
  const page = pageOf(rows, limit);
  return { data: page.data.map(presentSummary), next_cursor: page.next_cursor };
}

/** Throws `not_found` for an external agent that is not there, or was deleted. */
export async function requireExternalAgent(
  { env, organizationId }: Pick<RequestContext, 'env' | 'organizationId'>,
  id: string,
): Promise<void> {
  if ((await organizationDesk(env.ORGANIZATION, organizationId).externalAgent(id)) === null) {
    throw notFound('external agent', id);
  }
}

export async function getInvocation(ctx: CallerContext, id: string): Promise<Invocation> {
  const row = await requireInvocation(ctx, id);
  const { archive, request_payload: request, response_payload: response } = row;
  return presentInvocation(row, archive === null ? { request, response } : await readArchived(ctx.env, archive));
}

/** Cancels the execution of a call. Throws `execution_finished` where there is none to cancel. */
export async function cancelInvocation(ctx: CallerContext, id: string): Promise<Invocation> {
  const { execution_id } = await requireInvocation(ctx, id);
  if (execution_id === null) throw new ApiError('execution_finished', 'The call was refused: nothing of it runs.');
  await cancelExecution(ctx, execution_id);
  return getInvocation(ctx, id);
}

/**
 * The row, or what the execution's object would write there now: D1 may not have it yet, and what runs is further than
 * its row. An external agent finds its own calls alone.
 */
export async function requireInvocation(ctx: CallerContext, id: string): Promise<InvocationRow> {
  const { env, organizationId, principal } = ctx;
  const stored = await findInvocation(db(env, organizationId), organizationId, id);
  const row = stored === undefined || stored.status === 'running' ? await current(ctx, id, stored) : stored;
  const own = principal.kind !== 'external_agent' || row?.external_agent_id === principal.external_agent_id;
  if (row === undefined || !own) throw notFound('invocation', id);
  return row;
}

async function current(
  { env, organizationId }: CallerContext,
  id: string,
  stored: InvocationRow | undefined,
): Promise<InvocationRow | undefined> {
  const executionId = `${ID_PREFIXES.execution}_${idBody(id)}`;
  const record = await executionObject(env.EXECUTION, executionId).record(organizationId);
  if (record === null || record.invocation === null) return stored;
  const row = rowOf(organizationId, record.invocation);
  // What it started is known to D1 alone.
  const cost_microusd = Math.max(record.cost_microusd, stored?.cost_microusd ?? 0);
  return { ...row, ...deliveryOf(stored), cost_microusd };
}

/** Of the result: the execution does not know it. */
function deliveryOf(stored: InvocationRow | undefined): Partial<InvocationRow> {
  if (stored === undefined) return { webhook_delivery_id: null };
  const { webhook_delivery_status, webhook_delivery_attempts, webhook_delivery_error, webhook_delivery_id } = stored;
  return { webhook_delivery_status, webhook_delivery_attempts, webhook_delivery_error, webhook_delivery_id };
}
