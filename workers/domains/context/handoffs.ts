import type { CreateHandoffRequest, Execution, Handoff, HandoffFilter, JsonValue } from '@agentflow/contracts';
import { CONTEXT_LIMITS, ID_PREFIXES, MAX_HANDOFF_CONTEXT_CHARACTERS } from '@agentflow/contracts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import { idBody, newId } from '../../platform/ids.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { agentHead } from '../agents/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { startExecution } from '../executions/index.ts';
import { requireProject } from '../projects/index.ts';
import { type HandoffRow, handoffIsNew, insertHandoff, selectHandoffs, upsertValue } from './queries.ts';

export function presentHandoff({ organization_id: _, ...row }: HandoffRow): Handoff {
  return {
    ...row,
    context: JSON.parse(row.context) as JsonValue,
    created_at: new Date(row.created_at).toISOString(),
  };
}

/** What the agent that goes on finds: under `handoff:<its id>` in the context, and as `handoff` in its input. */
export function handoffValue(row: HandoffRow): JsonValue {
  return {
    handoff_id: row.id,
    from: row.from_agent_id,
    instructions: row.instructions,
    context: JSON.parse(row.context) as JsonValue,
    execution_id: row.from_execution_id,
  };
}

/**
 * The statements that record a handoff, and leave it in its project's context for an hour. The entry goes first: it is
 * written only while the handoff is not recorded, so that telling it again overwrites nothing that came later.
 */
export function recordHandoff(database: Database, row: HandoffRow) {
  const record = insertHandoff(database, row);
  if (row.project_id === null) return [record] as const;
  const write = {
    organization_id: row.organization_id,
    project_id: row.project_id,
    key: `handoff:${row.to_agent_id}`,
    now: row.created_at,
    ttl_ms: CONTEXT_LIMITS.default_ttl_seconds * 1000,
    by: row.created_by,
  };
  return [upsertValue(database, write, handoffValue(row), null, handoffIsNew(row.id)), record] as const;
}

/** For the batch of `recordHandoff`: the event that tells it, once however often it is recorded. */
export function handoffEvent(database: Database, row: HandoffRow, agentName: string) {
  const data = {
    handoff_id: row.id,
    agent_id: row.to_agent_id,
    agent_name: agentName,
    from_agent_id: row.from_agent_id,
    execution_id: row.from_execution_id,
    project_id: row.project_id,
  };
  const id = `${ID_PREFIXES.event}_${idBody(row.id)}`;
  return outgoingEvent(database, row.organization_id, 'agent.handoff', data, row.created_at, id);
}

/** A handoff from outside. Throws `not_found` for agent and project, and what a start throws. */
export async function createHandoff(ctx: RequestContext, input: CreateHandoffRequest): Promise<HandoffRow> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const context = JSON.stringify(input.context);
  if (context.length > MAX_HANDOFF_CONTEXT_CHARACTERS) {
    const message = `has ${context.length} characters of JSON; at most ${MAX_HANDOFF_CONTEXT_CHARACTERS} are handed over`;
    throw invalid([{ path: 'context', message }]);
  }
  const agent = await agentHead(database, organizationId, input.to_agent_id);
  if (agent === null) throw notFound('agent', input.to_agent_id);
  if (input.project_id !== undefined) await requireProject(database, organizationId, input.project_id);
  const now = ctx.now();
  const row: HandoffRow = {
    id: newId('handoff', now),
    organization_id: organizationId,
    project_id: input.project_id ?? null,
    from_agent_id: null,
    to_agent_id: input.to_agent_id,
    instructions: input.instructions,
    context,
    from_execution_id: null,
    execution_id: null,
    created_at: now,
    created_by: ctx.actor.id,
  };
  // Started first: a start that is refused hands nothing over.
  const started = input.start ? await start(ctx, row) : null;
  const recorded = { ...row, execution_id: started?.id ?? null };
  const entry = {
    action: 'agent.handed_over',
    resource_type: 'agent',
    resource_id: row.to_agent_id,
    details: { handoff_id: row.id, ...(started === null ? {} : { execution_id: started.id }) },
  };
  await tellingDesks(ctx, [organizationId], () =>
    database.batch([
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
      handoffEvent(database, recorded, agent.name),
      ...recordHandoff(database, recorded),
    ]),
  );
  return recorded;
}

async function start(ctx: RequestContext, row: HandoffRow): Promise<Execution> {
  const { execution } = await startExecution({
    env: ctx.env,
    principal: ctx.principal,
    ip: ctx.ip,
    requestId: ctx.requestId,
    trace: ctx.trace,
    agentId: row.to_agent_id,
    mode: 'live',
    permission: 'agents:execute',
    version: null,
    projectId: row.project_id,
    input: { handoff: handoffValue(row) },
    idempotency: null,
    waitSeconds: 0,
  });
  return execution;
}

export async function listHandoffs(
  ctx: RequestContext,
  query: HandoffFilter & { limit: number; cursor?: string | undefined },
): Promise<{ data: HandoffRow[]; next_cursor: string | null }> {
  const { limit, cursor, ...filter } = query;
  const database = db(ctx.env, ctx.organizationId);
  return pageOf(await selectHandoffs(database, ctx.organizationId, filter, decodeCursor(cursor), limit + 1), limit);
}
