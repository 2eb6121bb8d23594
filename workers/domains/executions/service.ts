import type { AgentDefinition, Execution, ExecutionFilter, ExecutionSummary } from '@agentflow/contracts';
import type { BatchItem } from 'drizzle-orm/batch';
import {
  type EventPage,
  executionObject,
  type LogPage,
  type StepPage,
} from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { pageOf } from '../../platform/pagination.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { presentRow } from './present.ts';
import { type ExecutionProjection, selectExecutions, upsertExecution } from './queries.ts';

/** From D1: may lag the objects by two seconds. */
export async function listExecutions(
  ctx: RequestContext,
  filter: ExecutionFilter,
  before: string | undefined,
  limit: number,
): Promise<{ data: ExecutionSummary[]; next_cursor: string | null }> {
  const rows = await selectExecutions(db(ctx.env, ctx.organizationId), ctx.organizationId, filter, before, limit + 1);
  const page = pageOf(rows, limit);
  return { data: page.data.map(presentRow), next_cursor: page.next_cursor };
}

/** From the execution's object, which checks the organization: right after the start it is there. */
export async function getExecution(ctx: RequestContext, id: string): Promise<Execution> {
  return found(id, await executionObject(ctx.env.EXECUTION, id).get(ctx.organizationId));
}

/** What it runs: that of its version, or of the draft as it was. */
export async function executionDefinition(ctx: RequestContext, id: string): Promise<AgentDefinition> {
  const text = await executionObject(ctx.env.EXECUTION, id).definition(ctx.organizationId);
  return JSON.parse(found(id, text)) as AgentDefinition;
}

export async function listSteps(ctx: RequestContext, id: string, after: number, limit: number): Promise<StepPage> {
  return found(id, await executionObject(ctx.env.EXECUTION, id).steps(ctx.organizationId, after, limit));
}

export async function listLogs(ctx: RequestContext, id: string, after: number, limit: number): Promise<LogPage> {
  return found(id, await executionObject(ctx.env.EXECUTION, id).logs(ctx.organizationId, after, limit));
}

export async function listEvents(ctx: RequestContext, id: string, after: number, limit: number): Promise<EventPage> {
  return found(id, await executionObject(ctx.env.EXECUTION, id).events(ctx.organizationId, after, limit));
}

/** Cancels; the audit log tells who, since the execution itself knows only who started it. */
export async function cancelExecution(
  ctx: Pick<RequestContext, 'env' | 'organizationId' | 'actor' | 'ip' | 'userAgent' | 'requestId' | 'now'>,
  id: string,
): Promise<Execution> {
  const result = await executionObject(ctx.env.EXECUTION, id).cancel(ctx.organizationId);
  switch (result.outcome) {
    case 'not_found':
      throw notFound('execution', id);
    case 'finished':
      throw new ApiError('execution_finished', `The execution is ${result.execution.status} already.`);
    case 'cancelled': {
      const entry = {
        action: 'execution.cancelled',
        resource_type: 'execution',
        resource_id: id,
        details: { agent_id: result.execution.agent_id },
      };
      await auditRow(db(ctx.env, ctx.organizationId), ctx.organizationId, auditOrigin(ctx), entry, ctx.now());
      return result.execution;
    }
  }
}

/** Called by execution objects: what lists show, and what belongs beside it. */
export async function projectExecution(
  env: Env,
  projection: ExecutionProjection,
  beside: readonly BatchItem<'sqlite'>[] = [],
): Promise<void> {
  const organizationId = projection.summary.organization_id;
  await upsertExecution(db(env, organizationId), organizationId, projection, beside);
}

function found<T>(id: string, value: T | null): T {
  if (value === null) throw notFound('execution', id);
  return value;
}
