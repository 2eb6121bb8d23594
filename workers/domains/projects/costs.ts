import { MAX_COST_DAYS, microusdToUsd, type ProjectCostQuery, type ProjectCosts } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { getProject } from './projects.ts';
import { type SpendingRow, selectCostsByAgent, selectCostsByDay, selectCostsByModel } from './queries.ts';

const DAY_MS = 86_400_000;
const USUAL_DAYS = 30;

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Throws `not_found`, and `validation_failed` for days in the wrong order or too many. */
export async function listProjectCosts(
  ctx: RequestContext,
  projectId: string,
  query: ProjectCostQuery,
): Promise<ProjectCosts> {
  const { organizationId } = ctx;
  await getProject(ctx, projectId);
  const last = Date.parse(query.to ?? dayOf(ctx.now()));
  const first = query.from === undefined ? last - (USUAL_DAYS - 1) * DAY_MS : Date.parse(query.from);
  if (first > last) throw invalid([{ path: 'from', message: 'must not be after `to`' }]);
  if (last - first >= MAX_COST_DAYS * DAY_MS) {
    throw invalid([{ path: 'from', message: `at most ${MAX_COST_DAYS} days are told at once` }]);
  }
  const database = db(ctx.env, organizationId);
  const span = { from: first, before: last + DAY_MS };
  const [days, agents, models] = await Promise.all([
    selectCostsByDay(database, organizationId, projectId, span),
    selectCostsByAgent(database, organizationId, projectId, span),
    selectCostsByModel(database, organizationId, projectId, span),
  ]);
  const byDay = new Map(days.map((row) => [row.day, row]));
  const none: SpendingRow = { cost_microusd: 0, calls: 0, input_tokens: 0, output_tokens: 0 };
  return {
    project_id: projectId,
    from: dayOf(first),
    to: dayOf(last),
    total: spendingOf(days.reduce(added, none)),
    by_day: Array.from({ length: (last - first) / DAY_MS + 1 }, (_, index) => {
      const at = first + index * DAY_MS;
      return { day: dayOf(at), ...spendingOf(byDay.get(at / DAY_MS) ?? none) };
    }),
    by_agent: agents.map((row) => ({ agent_id: row.agent_id, name: row.name, ...spendingOf(row) })),
    by_model: models.map((row) => ({ model: `${row.provider}/${row.model}`, ...spendingOf(row) })),
  };
}

function added(one: SpendingRow, other: SpendingRow): SpendingRow {
  return {
    cost_microusd: one.cost_microusd + other.cost_microusd,
    calls: one.calls + other.calls,
    input_tokens: one.input_tokens + other.input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
  };
}

function spendingOf({ cost_microusd, calls, input_tokens, output_tokens }: SpendingRow) {
  return { cost_usd: microusdToUsd(cost_microusd), calls, input_tokens, output_tokens };
}
