import { microusdToUsd, type OrganizationOverview } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { runsByHour } from './queries.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The day that begins at `from`, in milliseconds; without one the day in UTC. From D1: may lag the objects by two seconds.
 * Throws `validation_failed` for a day that is over: what is read must stay small.
 */
export async function readOverview(ctx: RequestContext, from: number | undefined): Promise<OrganizationOverview> {
  const now = ctx.now();
  const start = from ?? now - (now % DAY_MS);
  if (start > now || now - start > DAY_MS + HOUR_MS) {
    throw invalid([{ path: 'from', message: 'must be a time of the last 25 hours' }]);
  }
  const before = start - DAY_MS;
  const { hours, alive } = await runsByHour(db(ctx.env, ctx.organizationId), ctx.organizationId, before);
  const today = hours.filter(({ hour }) => hour >= 24);
  // As far into the day before as this day has come, by whole hours.
  const lastHour = Math.floor((now - start) / HOUR_MS);
  const sameHours = hours.filter(({ hour }) => hour <= Math.min(23, lastHour));
  const live = today.filter(({ mode }) => mode === 'live');
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const runs = (rows: typeof hours) => sum(rows, (row) => row.runs);
  const cost = (rows: typeof hours) => microusdToUsd(sum(rows, (row) => row.cost_microusd));
  const ended = (status: string) => runs(live.filter((row) => row.status === status));
  const aliveIn = (status: string) => alive.find((row) => row.status === status)?.executions ?? 0;
  return {
    from: new Date(start).toISOString(),
    runs: runs(live),
    runs_before: runs(sameHours.filter(({ mode }) => mode === 'live')),
    runs_by_hour: Array.from({ length: lastHour + 1 }, (_, hour) => runs(live.filter((row) => row.hour === hour + 24))),
    completed: ended('completed'),
    failed: ended('failed'),
    cancelled: ended('cancelled'),
    running: aliveIn('running'),
    queued: aliveIn('queued'),
    waiting: aliveIn('waiting'),
    cost_usd: cost(today),
    cost_usd_before: cost(sameHours),
  };
}
