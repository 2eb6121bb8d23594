import { type ExecutionSummary, isTerminal } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

const PAGES_AT_MOST = 5;

export interface DayOfRuns {
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  readonly cost_usd: number;
  readonly alive: number;
  /** False when the day has more runs than were read: the numbers then cover the newest ones only. */
  readonly whole: boolean;
  /** Runs by hour of the local day, 24 entries. */
  readonly byHour: readonly number[];
}

export function startOfToday(): Date {
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  return today;
}

/** Today's executions in numbers, tests left out, read from the list page by page up to a bound. */
export const todayQuery = queryOptions({
  queryKey: ['executions', 'list', 'today'],
  queryFn: async ({ signal }): Promise<DayOfRuns> => {
    const from = startOfToday().toISOString();
    const all: ExecutionSummary[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < PAGES_AT_MOST; pages++) {
      const page = await api<Page<ExecutionSummary>>(`/executions${queryString({ from, limit: 100, cursor })}`, {
        signal,
      });
      all.push(...page.data);
      cursor = page.next_cursor ?? undefined;
      if (cursor === undefined) break;
    }
    const live = all.filter((each) => each.mode === 'live');
    const byHour = Array.from({ length: 24 }, () => 0);
    for (const each of live) {
      const hour = new Date(each.created_at).getHours();
      byHour[hour] = (byHour[hour] ?? 0) + 1;
    }
    return {
      runs: live.length,
      completed: live.filter((each) => each.status === 'completed').length,
      failed: live.filter((each) => each.status === 'failed').length,
      cost_usd: all.reduce((sum, each) => sum + each.cost_usd, 0),
      alive: all.filter((each) => !isTerminal(each.status)).length,
      whole: cursor === undefined,
      byHour,
    };
  },
  refetchInterval: (query) => ((query.state.data?.alive ?? 0) > 0 ? 4_000 : 30_000),
});
