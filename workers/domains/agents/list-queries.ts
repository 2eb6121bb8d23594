import type { AgentSort, AgentTrigger } from '@agentflow/contracts';
import { and, asc, desc, eq, ne, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { nameContains } from '../../db/name-contains.ts';
import { agentDrafts, agents, agentVersions } from '../../db/schema/agents.ts';
import { agentDays, executions } from '../../db/schema/executions.ts';

export interface AgentListFilter {
  readonly status: string | undefined;
  readonly search: string | undefined;
  readonly projectId: string | undefined;
  readonly trigger: AgentTrigger | undefined;
  readonly tag: string | undefined;
  readonly sort: AgentSort;
  /** Id of the last agent of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** With its table's name, which a column alone loses where one table is selected from. */
const outer = (column: SQLWrapper & { name: string }) => sql`${agents}.${sql.identifier(column.name)}`;

/** The definition that says what starts the agent: the live one, before the first the draft. */
const shownDefinition = sql`coalesce(
  (SELECT ${agentVersions.definition} FROM ${agentVersions}
    WHERE ${agentVersions.organization_id} = ${outer(agents.organization_id)}
    AND ${agentVersions.agent_id} = ${outer(agents.id)} AND ${agentVersions.version} = ${outer(agents.live_version)}),
  (SELECT ${agentDrafts.definition} FROM ${agentDrafts}
    WHERE ${agentDrafts.organization_id} = ${outer(agents.organization_id)}
    AND ${agentDrafts.agent_id} = ${outer(agents.id)}))`;

/** One seek in an index: ids are time-ordered. */
const lastExecution = sql`(SELECT max(${executions.id}) FROM ${executions}
  WHERE ${executions.organization_id} = ${outer(agents.organization_id)} AND ${executions.agent_id} = ${outer(agents.id)})`;

interface Order {
  readonly by: SQLWrapper;
  readonly direction: 'asc' | 'desc';
}

const ORDERS: Readonly<Record<Exclude<AgentSort, 'newest'>, Order>> = {
  name: { by: sql`lower(${agents.name})`, direction: 'asc' },
  updated: { by: agents.updated_at, direction: 'desc' },
  last_run: { by: sql`coalesce(${lastExecution}, '')`, direction: 'desc' },
};

/**
 * What follows an agent in an order, and the order. The place is read from the agent's row, so that a cursor is an id
 * whatever the list is sorted by.
 */
function inOrder(organizationId: string, { sort, after }: AgentListFilter) {
  const { by, direction } = sort === 'newest' ? { by: null, direction: 'desc' as const } : ORDERS[sort];
  const ordered = direction === 'asc' ? asc : desc;
  const place = by === null ? agents.id : sql`(${by}, ${agents.id})`;
  const comparison = sql.raw(direction === 'asc' ? '>' : '<');
  return {
    follows:
      after === undefined
        ? undefined
        : by === null
          ? sql`${place} < ${after}`
          : sql`${place} ${comparison} (SELECT ${by}, ${agents.id} FROM ${agents}
              WHERE ${agents.organization_id} = ${organizationId} AND ${agents.id} = ${after})`,
    order: by === null ? [desc(agents.id)] : [ordered(by), ordered(agents.id)],
  };
}

/** Archived agents only where the status asks for them. */
export function selectAgents(db: Database, organizationId: string, filter: AgentListFilter) {
  const { status, search, projectId, trigger, tag } = filter;
  const { follows, order } = inOrder(organizationId, filter);
  const conditions: (SQL | undefined)[] = [
    eq(agents.organization_id, organizationId),
    status === undefined ? ne(agents.status, 'archived') : eq(agents.status, status),
    search === undefined ? undefined : nameContains(agents.name, search),
    projectId === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM ${executions} WHERE ${executions.organization_id} = ${organizationId}
          AND ${executions.project_id} = ${projectId} AND ${executions.agent_id} = ${outer(agents.id)})`,
    trigger === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM json_each(${shownDefinition}, '$.nodes') AS node
          WHERE json_extract(node.value, '$.type') = ${trigger})`,
    tag === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM json_each(${agents.tags}) AS tag WHERE tag.value = ${tag})`,
    follows,
  ];
  return db
    .select()
    .from(agents)
    .where(and(...conditions))
    .orderBy(...order)
    .limit(filter.limit);
}

export interface AgentStatsRow {
  readonly id: string;
  /** JSON list of node types. */
  readonly triggers: string;
  /** JSON of an execution's id, status, mode and created_at. */
  readonly last_execution: string | null;
  /** JSON list of [day, completed, failed, cancelled], in no order. */
  readonly days: string;
}

/** The statistics of a page of agents, in one statement that reads one row a day and agent, however much they ran. */
export function selectAgentStats(db: Database, organizationId: string, ids: readonly string[], fromDay: number) {
  return db
    .select({
      id: agents.id,
      triggers: sql<string>`(SELECT json_group_array(DISTINCT json_extract(node.value, '$.type'))
        FROM json_each(${shownDefinition}, '$.nodes') AS node
        WHERE json_extract(node.value, '$.type') GLOB 'trigger.*')`,
      last_execution: sql<string | null>`(SELECT json_object('id', ${executions.id}, 'status', ${executions.status},
          'mode', ${executions.mode}, 'created_at', ${executions.created_at})
        FROM ${executions} WHERE ${executions.organization_id} = ${organizationId}
        AND ${executions.agent_id} = ${outer(agents.id)} ORDER BY ${executions.id} DESC LIMIT 1)`,
      days: sql<string>`(SELECT json_group_array(json_array(${agentDays.day}, ${agentDays.completed}, ${agentDays.failed}, ${agentDays.cancelled}))
        FROM ${agentDays} WHERE ${agentDays.organization_id} = ${organizationId}
        AND ${agentDays.agent_id} = ${outer(agents.id)} AND ${agentDays.day} >= ${fromDay})`,
    })
    .from(agents)
    .where(
      and(
        eq(agents.organization_id, organizationId),
        // As one parameter: D1 takes 100 a statement.
        sql`${agents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
}
