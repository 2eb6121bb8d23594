import { AGENT_STATS_DAYS, type AgentFilter, type AgentStats } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { type AgentStatsRow, selectAgentStats, selectAgents } from './list-queries.ts';
import type { AgentRow } from './queries.ts';

const DAY_MS = 86_400_000;

export interface ListedAgentRow extends AgentRow {
  readonly stats?: AgentStats;
}

/** A page of agents in the order that is asked for: one statement, and with statistics a second one. */
export async function listAgents(
  ctx: RequestContext,
  query: AgentFilter & { limit: number; cursor?: string | undefined },
): Promise<{ data: ListedAgentRow[]; next_cursor: string | null }> {
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectAgents(database, ctx.organizationId, {
    status: query.status,
    search: query.search === '' ? undefined : query.search,
    projectId: query.project_id,
    trigger: query.trigger,
    tag: query.tag,
    sort: query.sort ?? 'newest',
    after: decodeCursor(query.cursor),
    limit: query.limit + 1,
  });
  const page = pageOf(rows, query.limit);
  if (query.include !== 'stats' || page.data.length === 0) return page;
  const today = Math.floor(ctx.now() / DAY_MS);
  const firstDay = today - AGENT_STATS_DAYS + 1;
  const ids = page.data.map(({ id }) => id);
  const stats = await selectAgentStats(database, ctx.organizationId, ids, firstDay);
  const byId = new Map(stats.map((row) => [row.id, statsOf(row, firstDay)]));
  const data = page.data.map((row) => {
    const its = byId.get(row.id);
    return its === undefined ? row : { ...row, stats: its };
  });
  return { data, next_cursor: page.next_cursor };
}

type StoredDay = readonly [day: number, completed: number, failed: number, cancelled: number];

/** Days on which nothing ended are zeros. */
function statsOf(row: AgentStatsRow, firstDay: number): AgentStats {
  const stored = new Map((JSON.parse(row.days) as StoredDay[]).map((each) => [each[0], each]));
  const days = Array.from({ length: AGENT_STATS_DAYS }, (_, index) => {
    const day = firstDay + index;
    const [, completed, failed, cancelled] = stored.get(day) ?? [day, 0, 0, 0];
    return { date: new Date(day * DAY_MS).toISOString().slice(0, 10), completed, failed, cancelled };
  });
  const completed = days.reduce((sum, day) => sum + day.completed, 0);
  const decided = days.reduce((sum, day) => sum + day.failed, completed);
  return {
    triggers: JSON.parse(row.triggers) as string[],
    last_execution: lastOf(row),
    success_rate: decided === 0 ? null : completed / decided,
    days,
  };
}

type LastExecution = NonNullable<AgentStats['last_execution']>;

function lastOf({ last_execution }: AgentStatsRow): LastExecution | null {
  if (last_execution === null) return null;
  const stored = JSON.parse(last_execution) as Omit<LastExecution, 'created_at'> & { created_at: number };
  return { ...stored, created_at: new Date(stored.created_at).toISOString() };
}
