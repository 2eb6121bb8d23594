import { microusdToUsd, type Usage, type UsageQuery } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { countUsage, GROUPS } from './list-queries.ts';

const DEFAULT_RANGE_MS = 7 * 24 * 3_600_000;
/** 41 days by the hour. */
const MAX_GROUPS = 1000;

type Counts = Usage['totals'];
type Counted = Awaited<ReturnType<typeof countUsage>>['groups'][number];

/** Calls of an external agent from `from` until before `to`, in groups that are there with zeros, too. */
export async function readUsage(
  { env, organizationId, now }: Pick<RequestContext, 'env' | 'organizationId' | 'now'>,
  externalAgentId: string,
  query: UsageQuery,
): Promise<Usage> {
  const { group_by } = query;
  const to = query.to === undefined ? now() : Date.parse(query.to);
  const from = query.from === undefined ? to - DEFAULT_RANGE_MS : Date.parse(query.from);
  if (from >= to) throw invalid([{ path: 'from', message: 'must be before `to`' }]);
  const { width, origin } = GROUPS[group_by];
  const first = Math.floor((from - origin) / width);
  const last = Math.floor((to - 1 - origin) / width);
  if (last - first >= MAX_GROUPS) {
    throw invalid([{ path: 'from', message: `the range has more than ${MAX_GROUPS} groups by ${group_by}` }]);
  }
  const { groups, refusals } = await countUsage(db(env, organizationId), organizationId, externalAgentId, {
    from,
    to,
    group_by,
  });
  const byNumber = new Map<number, Counted[]>();
  for (const each of groups) byNumber.set(each.number, [...(byNumber.get(each.number) ?? []), each]);
  return {
    from: iso(from),
    to: iso(to),
    group_by,
    totals: countsOf(groups),
    groups: Array.from({ length: last - first + 1 }, (_, index) => ({
      at: iso((first + index) * width + origin),
      ...countsOf(byNumber.get(first + index) ?? []),
    })),
    refusals: refusals.map(({ code, count, last_at }) => ({ code, count, last_at: iso(last_at) })),
  };
}

function countsOf(rows: readonly Counted[]): Counts {
  const counts = { invocations: 0, success: 0, error: 0, running: 0, throttled: 0, denied: 0 };
  let microusd = 0;
  let latency = 0;
  let timed = 0;
  for (const row of rows) {
    counts.invocations += row.count;
    if (isStatus(row.status, counts)) counts[row.status] += row.count;
    microusd += row.cost_microusd;
    latency += row.latency_ms ?? 0;
    timed += row.timed;
  }
  return {
    ...counts,
    cost_usd: microusdToUsd(microusd),
    average_latency_ms: timed === 0 ? null : Math.round(latency / timed),
  };
}

function isStatus<Known extends object>(status: string, counts: Known): status is Extract<keyof Known, string> {
  return status in counts;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
