import type { ExecutionFilter, ExecutionSummary } from '@agentflow/contracts';
import type { ModelCall } from '@agentflow/engine';
import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { type Database, db } from '../../db/client.ts';
import { costRecords, executions } from '../../db/schema/executions.ts';
import type { Env } from '../../platform/env.ts';
import { firstIdAt } from '../../platform/ids.ts';

export type ExecutionRow = typeof executions.$inferSelect;

/** D1 takes 100 bound parameters a statement; a cost record has 15. */
const COSTS_PER_STATEMENT = 6;

export interface ExecutionProjection {
  readonly summary: ExecutionSummary;
  readonly revision: number;
  readonly cost_microusd: number;
  readonly costs: readonly {
    readonly id: string;
    readonly node_id: string;
    readonly call: ModelCall;
    readonly at: number;
  }[];
}

const millis = (iso: string | null) => (iso === null ? null : Date.parse(iso));

type NewRow = typeof executions.$inferInsert;

/** A row that is there moves forward only, and only within its organization. */
function upsert(db: Database, row: NewRow) {
  return db
    .insert(executions)
    .values(row)
    .onConflictDoUpdate({
      target: executions.id,
      set: {
        status: sql`excluded.status`,
        waiting_reason: sql`excluded.waiting_reason`,
        error: sql`excluded.error`,
        input_tokens: sql`excluded.input_tokens`,
        output_tokens: sql`excluded.output_tokens`,
        cost_microusd: sql`excluded.cost_microusd`,
        step_count: sql`excluded.step_count`,
        started_at: sql`excluded.started_at`,
        finished_at: sql`excluded.finished_at`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`excluded.revision > ${executions.revision} and excluded.organization_id = ${executions.organization_id}`,
    });
}

function rowOf(organizationId: string, { summary, revision, cost_microusd }: ExecutionProjection): NewRow {
  return {
    id: summary.id,
    organization_id: organizationId,
    agent_id: summary.agent_id,
    agent_name: summary.agent_name,
    version: summary.version,
    mode: summary.mode,
    status: summary.status,
    waiting_reason: summary.waiting_reason,
    trigger: summary.trigger,
    actor_type: summary.triggered_by.type,
    actor_id: summary.triggered_by.id,
    actor_name: summary.triggered_by.name,
    parent_execution_id: summary.parent_execution_id,
    root_execution_id: summary.root_execution_id,
    project_id: summary.project_id,
    error: summary.error === null ? null : JSON.stringify(summary.error),
    input_tokens: summary.input_tokens,
    output_tokens: summary.output_tokens,
    cost_microusd,
    step_count: summary.step_count,
    created_at: Date.parse(summary.created_at),
    started_at: millis(summary.started_at),
    finished_at: millis(summary.finished_at),
    revision,
  };
}

/** The upsert with its SQL built once: every execution that ends writes its row. */
const prepared = new WeakMap<Database, ReturnType<ReturnType<typeof upsert>['prepare']>>();

function preparedUpsert(db: Database, columns: readonly string[]) {
  let statement = prepared.get(db);
  if (statement === undefined) {
    const placeholders = Object.fromEntries(columns.map((column) => [column, sql.placeholder(column)]));
    statement = upsert(db, placeholders as unknown as NewRow).prepare();
    prepared.set(db, statement);
  }
  return statement;
}

/**
 * Writes an execution's row, its cost records and what belongs beside them in one batch. An older revision than the stored
 * one changes nothing.
 */
export async function upsertExecution(
  db: Database,
  organizationId: string,
  projection: ExecutionProjection,
  beside: readonly BatchItem<'sqlite'>[] = [],
): Promise<void> {
  const row = rowOf(organizationId, projection);
  if (projection.costs.length === 0 && beside.length === 0) {
    await preparedUpsert(db, Object.keys(row)).run(row);
    return;
  }
  const costs = [];
  for (let from = 0; from < projection.costs.length; from += COSTS_PER_STATEMENT) {
    const rows = projection.costs.slice(from, from + COSTS_PER_STATEMENT).map((cost) => ({
      id: cost.id,
      organization_id: organizationId,
      execution_id: row.id,
      agent_id: row.agent_id,
      project_id: projection.summary.project_id,
      node_id: cost.node_id,
      provider: cost.call.provider,
      model: cost.call.model,
      input_tokens: cost.call.input_tokens,
      output_tokens: cost.call.output_tokens,
      cost_microusd: cost.call.cost_microusd,
      latency_ms: cost.call.latency_ms,
      estimated: cost.call.estimated ? 1 : 0,
      outcome: cost.call.outcome,
      at: cost.at,
    }));
    costs.push(db.insert(costRecords).values(rows).onConflictDoNothing());
  }
  await db.batch([upsert(db, row), ...costs, ...beside]);
}

export function selectExecutions(
  db: Database,
  organizationId: string,
  filter: ExecutionFilter,
  before: string | undefined,
  limit: number,
): Promise<ExecutionRow[]> {
  const conditions: (SQL | undefined)[] = [
    eq(executions.organization_id, organizationId),
    before === undefined ? undefined : lt(executions.id, before),
    filter.agent_id === undefined ? undefined : eq(executions.agent_id, filter.agent_id),
    filter.status === undefined ? undefined : eq(executions.status, filter.status),
    filter.trigger === undefined ? undefined : eq(executions.trigger, filter.trigger),
    filter.project_id === undefined ? undefined : eq(executions.project_id, filter.project_id),
    filter.parent === undefined ? undefined : eq(executions.parent_execution_id, filter.parent),
    filter.root === undefined
      ? undefined
      : filter.root === 'true'
        ? isNull(executions.parent_execution_id)
        : isNotNull(executions.parent_execution_id),
    filter.from === undefined ? undefined : gte(executions.created_at, Date.parse(filter.from)),
    filter.to === undefined ? undefined : lte(executions.created_at, Date.parse(filter.to)),
  ];
  return db
    .select()
    .from(executions)
    .where(and(...conditions))
    .orderBy(desc(executions.id))
    .limit(limit);
}

/** How many executions had ended by a time, and when the oldest one ended; null where none has. Times in milliseconds. */
export async function endsOf(
  database: Database,
  organizationId: string,
  by: number,
): Promise<{ ended_by: number; oldest_end: number | null }> {
  const ended = and(eq(executions.organization_id, organizationId), isNotNull(executions.finished_at));
  // What ended by then began by then: ids bound what is read.
  const old = and(ended, lte(executions.finished_at, by), lt(executions.id, firstIdAt('execution', by + 1)));
  const [counted, [oldest]] = await database.batch([
    database.select({ executions: count() }).from(executions).where(old),
    database.select({ at: executions.finished_at }).from(executions).where(ended).orderBy(asc(executions.id)).limit(1),
  ]);
  return { ended_by: counted[0]?.executions ?? 0, oldest_end: oldest?.at ?? null };
}

/** Executions that have ended, oldest first. */
export async function endedExecutions(
  env: Env,
  organizationId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db(env, organizationId)
    .select({ id: executions.id })
    .from(executions)
    .where(
      and(eq(executions.organization_id, organizationId), gt(executions.id, after), isNotNull(executions.finished_at)),
    )
    .orderBy(asc(executions.id))
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

/** The row of an execution whose time is over, and what goes with it; what it cost stays. */
export async function deleteExecutionRow(
  database: Database,
  organizationId: string,
  executionId: string,
  beside: readonly BatchItem<'sqlite'>[],
): Promise<void> {
  const row = database
    .delete(executions)
    .where(and(eq(executions.organization_id, organizationId), eq(executions.id, executionId)));
  await database.batch([row, ...beside]);
}

/**
 * Executions that began at `from` or later, in milliseconds, by hours since then, mode and status; and how many are alive,
 * whenever they began.
 */
export async function runsByHour(database: Database, organizationId: string, from: number) {
  const hour = sql<number>`cast((${executions.created_at} - ${from}) / 3600000 as integer)`;
  const [hours, alive] = await database.batch([
    database
      .select({
        hour: hour.as('hour'),
        mode: executions.mode,
        status: executions.status,
        runs: count().as('runs'),
        cost_microusd: sql<number>`sum(${executions.cost_microusd})`.as('cost_microusd'),
      })
      .from(executions)
      // What began by then has a later id: only these rows are read.
      .where(
        and(
          eq(executions.organization_id, organizationId),
          gte(executions.id, firstIdAt('execution', from)),
          gte(executions.created_at, from),
        ),
      )
      .groupBy(sql`hour`, executions.mode, executions.status),
    database
      .select({ status: executions.status, executions: count() })
      .from(executions)
      .where(
        and(
          eq(executions.organization_id, organizationId),
          inArray(executions.status, ['queued', 'running', 'waiting']),
        ),
      )
      .groupBy(executions.status),
  ]);
  return { hours, alive };
}

/** Executions of an agent that were meant and have ended: of these ids, or the last ones. Newest first. */
export async function endedExecutionsOf(
  database: Database,
  organizationId: string,
  agentId: string,
  choice: { readonly ids: readonly string[] } | { readonly last: number },
): Promise<string[]> {
  const chosen = 'ids' in choice ? inArray(executions.id, [...choice.ids]) : undefined;
  const rows = await database
    .select({ id: executions.id })
    .from(executions)
    .where(
      and(
        eq(executions.organization_id, organizationId),
        eq(executions.agent_id, agentId),
        eq(executions.mode, 'live'),
        inArray(executions.status, ['completed', 'failed']),
        chosen,
      ),
    )
    .orderBy(desc(executions.id))
    .limit('ids' in choice ? choice.ids.length : choice.last)
    .all();
  return rows.map(({ id }) => id);
}
