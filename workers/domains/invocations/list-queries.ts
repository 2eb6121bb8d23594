import type { InvocationFilter, UsageQuery } from '@agentflow/contracts';
import { and, desc, eq, getTableColumns, gte, inArray, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { invocations } from '../../db/schema/governance.ts';
import { firstIdAt } from '../../platform/ids.ts';

export type InvocationRow = typeof invocations.$inferSelect;
export type ListedInvocation = Omit<InvocationRow, 'request_payload' | 'response_payload' | 'samples'>;

/** A page of payloads is megabytes that no list shows. */
const { request_payload, response_payload, samples, ...LISTED } = getTableColumns(invocations);

/** A call's id is made before its admission, and its row tells when its execution was made: at most this much later. */
const START_MS = 5 * 60_000;

/** Ids bound what is read; the times decide. */
function began(from: number | undefined, to: number | undefined): (SQL | undefined)[] {
  return [
    ...(from === undefined
      ? []
      : [gte(invocations.id, firstIdAt('invocation', from - START_MS)), gte(invocations.created_at, from)]),
    ...(to === undefined ? [] : [lt(invocations.id, firstIdAt('invocation', to + 1)), lte(invocations.created_at, to)]),
  ];
}

/** Every filter has an index that ends with the id, so that a page is one seek. */
export function selectInvocations(
  database: Database,
  organizationId: string,
  filter: InvocationFilter,
  before: string | undefined,
  limit: number,
): Promise<ListedInvocation[]> {
  const { external_agent_id, agent_id, status, error_code, door, from, to } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(invocations.organization_id, organizationId),
    before === undefined ? undefined : lt(invocations.id, before),
    external_agent_id === undefined ? undefined : eq(invocations.external_agent_id, external_agent_id),
    agent_id === undefined ? undefined : eq(invocations.agent_id, agent_id),
    status === undefined ? undefined : eq(invocations.status, status),
    error_code === undefined ? undefined : eq(invocations.error_code, error_code),
    door === undefined ? undefined : eq(invocations.door, door),
    ...began(from === undefined ? undefined : Date.parse(from), to === undefined ? undefined : Date.parse(to)),
  ];
  return database
    .select(LISTED)
    .from(invocations)
    .where(and(...conditions))
    .orderBy(desc(invocations.id))
    .limit(limit);
}

export function findInvocation(
  database: Database,
  organizationId: string,
  id: string,
): Promise<InvocationRow | undefined> {
  return database
    .select()
    .from(invocations)
    .where(and(eq(invocations.organization_id, organizationId), eq(invocations.id, id)))
    .get();
}

const HOUR_MS = 3_600_000;
/** Groups are counted in their width from a beginning: 1970 began with a Thursday, its first Monday was the 5th. */
export const GROUPS: Readonly<Record<UsageQuery['group_by'], { readonly width: number; readonly origin: number }>> = {
  hour: { width: HOUR_MS, origin: 0 },
  day: { width: 24 * HOUR_MS, origin: 0 },
  week: { width: 7 * 24 * HOUR_MS, origin: 4 * 24 * HOUR_MS },
};

/** Calls of an external agent from `from` until before `to`, in milliseconds: by group and status, and refusals by code. */
export async function countUsage(
  database: Database,
  organizationId: string,
  externalAgentId: string,
  { from, to, group_by }: { from: number; to: number; group_by: UsageQuery['group_by'] },
) {
  const { width, origin } = GROUPS[group_by];
  const within = and(
    eq(invocations.organization_id, organizationId),
    eq(invocations.external_agent_id, externalAgentId),
    ...began(from, to - 1),
  );
  const [groups, refusals] = await database.batch([
    database
      .select({
        number: sql<number>`cast((${invocations.created_at} - ${origin}) / ${width} as integer)`.as('number'),
        status: invocations.status,
        count: sql<number>`sum(${invocations.count})`.as('calls'),
        cost_microusd: sql<number>`sum(${invocations.cost_microusd})`.as('cost'),
        latency_ms: sql<number | null>`sum(${invocations.latency_ms})`.as('latency'),
        timed: sql<number>`count(${invocations.latency_ms})`.as('timed'),
      })
      .from(invocations)
      .where(within)
      .groupBy(sql`number`, invocations.status),
    database
      .select({
        code: sql<string>`coalesce(${invocations.error_code}, '')`.as('code'),
        count: sql<number>`sum(${invocations.count})`.as('calls'),
        last_at: sql<number>`max(coalesce(${invocations.finished_at}, ${invocations.created_at}))`.as('last_at'),
      })
      .from(invocations)
      .where(and(within, inArray(invocations.status, ['throttled', 'denied'])))
      .groupBy(invocations.error_code)
      .orderBy(sql`calls desc, code`),
  ]);
  return { groups, refusals };
}
