import {
  type AgentDefinition,
  DEFAULT_SHADOW_EXECUTIONS,
  type ShadowComparison,
  type ShadowComparisonDetail,
  type ShadowRun,
  type StartShadowRunRequest,
  shadowComparison,
  shadowRun,
} from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { shadowRunObject } from '../../../durable-objects/shadow-run/client.ts';
import { db } from '../../db/client.ts';
import { admissionCaller, type RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { firstIdAt, newId } from '../../platform/ids.ts';
import { pageOf } from '../../platform/pagination.ts';
import { traceparentOf } from '../../platform/telemetry.ts';
import { getAgent, getDraft, requireValid } from '../agents/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { endedExecutionsOf } from '../executions/index.ts';
import { endsBlocked, stepDifferences } from './compare.ts';
import { ranOf, renamedOf } from './job.ts';
import {
  type ComparisonRow,
  cancelOpenComparisons,
  deleteShadowRuns,
  endedBefore,
  endShadowRun,
  insertComparisons,
  insertShadowRun,
  type ListedShadowRun,
  selectComparisons,
  selectShadowRun,
  selectShadowRuns,
} from './queries.ts';

/** Shadow runs are kept so long; the executions that they name by the organization's own setting. */
const KEPT_MS = 30 * 86_400_000;
const DELETED_AT_ONCE = 50;

/** What is tried: the draft, or any other definition of the agent. */
export interface Trial {
  readonly definition: AgentDefinition;
  /** null for what is not the draft. */
  readonly draft_revision: number | null;
}

/** Tries the draft on executions that have ended. Throws what `startShadowRun` throws. */
export async function tryDraft(
  ctx: RequestContext,
  agentId: string,
  request: StartShadowRunRequest,
): Promise<ShadowRun> {
  const { definition, revision } = await getDraft(ctx, agentId);
  return startShadowRun(ctx, agentId, { definition, draft_revision: revision }, request);
}

/**
 * Repeats executions of an agent in test mode with another definition, as a job that survives this request. Throws
 * `not_found`, `agent_archived`, `definition_invalid`, `validation_failed` for an execution that can't be repeated, and
 * `conflict` where there is none.
 */
export async function startShadowRun(
  ctx: RequestContext,
  agentId: string,
  { definition, draft_revision }: Trial,
  { count, execution_ids }: StartShadowRunRequest,
): Promise<ShadowRun> {
  const { env, organizationId } = ctx;
  const database = db(env, organizationId);
  const agent = await getAgent(ctx, agentId);
  if (agent.status === 'archived') throw new ApiError('agent_archived', 'Restore the agent before trying it.');
  await requireValid(ctx, agentId, definition);
  const choice = execution_ids === undefined ? { last: count ?? DEFAULT_SHADOW_EXECUTIONS } : { ids: execution_ids };
  const found = await endedExecutionsOf(database, organizationId, agentId, choice);
  const unknown = (execution_ids ?? []).flatMap((id, index) =>
    found.includes(id)
      ? []
      : [{ path: `execution_ids.${index}`, message: 'is no execution of this agent that has completed or failed' }],
  );
  if (unknown.length > 0) throw invalid(unknown);
  if (found.length === 0) {
    throw new ApiError('conflict', 'The agent has no executions yet that have completed or failed.');
  }
  const now = ctx.now();
  const id = newId('shadowRun', now);
  const row = {
    id,
    organization_id: organizationId,
    agent_id: agentId,
    status: 'running',
    definition: JSON.stringify(definition),
    draft_revision,
    created_at: now,
    created_by: ctx.actor.id,
    finished_at: null,
  };
  const comparisons = found.map((execution_id, place) => ({
    shadow_run_id: id,
    place,
    organization_id: organizationId,
    execution_id,
    shadow_execution_id: null,
    status: 'waiting',
    error: null,
    outcome: null,
    renamed: null,
  }));
  const old = await endedBefore(
    database,
    organizationId,
    agentId,
    firstIdAt('shadowRun', now - KEPT_MS),
    DELETED_AT_ONCE,
  );
  const object = shadowRunObject(env.SHADOW_RUN, id);
  const job = {
    organization_id: organizationId,
    shadow_run_id: id,
    agent_id: agentId,
    caller: admissionCaller(ctx.principal),
    ip: ctx.ip,
    traceparent: traceparentOf(ctx.trace),
    request_id: ctx.requestId,
    created_at: now,
  };
  await object.expect(job);
  await database.batch([
    insertShadowRun(database, row),
    ...insertComparisons(database, comparisons),
    ...(old.length === 0 ? [] : deleteShadowRuns(database, organizationId, old)),
    audit(ctx, agentId, id, 'shadow_run.started', { executions: found.length }, now),
  ]);
  await object.begin(job);
  return present(row, comparisons);
}

function audit(
  ctx: RequestContext,
  agentId: string,
  id: string,
  action: string,
  details: Record<string, number>,
  now: number,
) {
  const entry = { action, resource_type: 'agent', resource_id: agentId, details: { shadow_run_id: id, ...details } };
  return auditRow(db(ctx.env, ctx.organizationId), ctx.organizationId, auditOrigin(ctx), entry, now);
}

/** Newest first. Throws `not_found`. */
export async function listShadowRuns(
  ctx: RequestContext,
  agentId: string,
  before: string | undefined,
  limit: number,
): Promise<{ data: ShadowRun[]; next_cursor: string | null }> {
  const database = db(ctx.env, ctx.organizationId);
  await getAgent(ctx, agentId);
  const rows = await selectShadowRuns(database, ctx.organizationId, agentId, before, limit + 1);
  const page = pageOf(rows, limit);
  const comparisons: ComparisonRow[] = [];
  const ids = page.data.map(({ id }) => id);
  // D1 takes 100 bound parameters a statement.
  for (let from = 0; from < ids.length; from += 50) {
    comparisons.push(...(await selectComparisons(database, ctx.organizationId, ids.slice(from, from + 50))));
  }
  const data = page.data.map((row) =>
    present(
      row,
      comparisons.filter((each) => each.shadow_run_id === row.id),
    ),
  );
  return { data, next_cursor: page.next_cursor };
}

/** Throws `not_found`. */
export async function getShadowRun(ctx: RequestContext, agentId: string, id: string): Promise<ShadowRun> {
  const { row, comparisons } = await requireRun(ctx, agentId, id);
  return present(row, comparisons);
}

/** One comparison with the steps that differ, read from both executions while they are kept. Throws `not_found`. */
export async function getComparison(
  ctx: RequestContext,
  agentId: string,
  id: string,
  executionId: string,
): Promise<ShadowComparisonDetail> {
  const { comparisons } = await requireRun(ctx, agentId, id);
  const row = comparisons.find((each) => each.execution_id === executionId);
  if (row === undefined) throw notFound('comparison', executionId);
  const shown = presentComparison(row);
  if (row.shadow_execution_id === null) return { ...shown, missing: [], output: null, steps: [] };
  const [before, after] = await Promise.all(
    [row.execution_id, row.shadow_execution_id].map((each) =>
      ranOf(executionObject(ctx.env.EXECUTION, each), ctx.organizationId),
    ),
  );
  if (!before || !after) {
    const missing = [...(before ? [] : ['execution' as const]), ...(after ? [] : ['shadow_execution' as const])];
    return { ...shown, missing, output: null, steps: [] };
  }
  return {
    ...shown,
    missing: [],
    output: endsBlocked(after) ? null : { before: before.execution.output, after: after.execution.output },
    steps: stepDifferences(before.steps, after.steps, renamedOf(row)),
  };
}

/** Stops what runs; what has been compared stays. Throws `not_found`, `conflict` for one that has ended. */
export async function cancelShadowRun(ctx: RequestContext, agentId: string, id: string): Promise<ShadowRun> {
  const { row } = await requireRun(ctx, agentId, id);
  if (row.status !== 'running') throw new ApiError('conflict', 'The shadow run has already ended.');
  const { env, organizationId } = ctx;
  const database = db(env, organizationId);
  const now = ctx.now();
  const [, stopped] = await database.batch([
    endShadowRun(database, organizationId, id, 'cancelled', now),
    cancelOpenComparisons(database, organizationId, id),
    audit(ctx, agentId, id, 'shadow_run.cancelled', {}, now),
  ]);
  // One that is being started just now is cancelled by the job, which finds its row closed.
  await Promise.all(
    stopped.flatMap(({ shadow_execution_id: each }) =>
      each === null ? [] : [executionObject(env.EXECUTION, each).cancel(organizationId)],
    ),
  );
  return getShadowRun(ctx, agentId, id);
}

async function requireRun(ctx: RequestContext, agentId: string, id: string) {
  const database = db(ctx.env, ctx.organizationId);
  const row = await selectShadowRun(database, ctx.organizationId, agentId, id);
  if (row === undefined) throw notFound('shadow run', id);
  return { row, comparisons: await selectComparisons(database, ctx.organizationId, [id]) };
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function present(row: ListedShadowRun, comparisons: readonly ComparisonRow[]): ShadowRun {
  return shadowRun.parse({
    ...row,
    created_at: iso(row.created_at),
    finished_at: iso(row.finished_at),
    comparisons: comparisons.map(presentComparison),
  });
}

function presentComparison(row: ComparisonRow): ShadowComparison {
  return shadowComparison.parse({
    ...row,
    error: row.error === null ? null : JSON.parse(row.error),
    outcome: row.outcome === null ? null : JSON.parse(row.outcome),
  });
}
