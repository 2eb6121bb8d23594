import {
  type ExecutionFilter,
  type ExecutionSummary,
  executionSummary,
  type FeedExecution,
  isTerminal,
} from '@agentflow/contracts';
import type { QueryClient } from '@tanstack/react-query';

type ListFilter = { [K in keyof ExecutionFilter]?: ExecutionFilter[K] | undefined } & {
  cursor?: string | undefined;
  limit?: number;
};

interface List {
  readonly data: readonly ExecutionSummary[];
  readonly next_cursor: string | null;
}

/** Whether an execution stands in a list of this filter. */
export function fitsFilter(execution: ExecutionSummary, filter: ListFilter): boolean {
  const { agent_id, status, trigger, project_id, parent, root, from, to } = filter;
  return (
    (agent_id === undefined || execution.agent_id === agent_id) &&
    (status === undefined || execution.status === status) &&
    (trigger === undefined || execution.trigger === trigger) &&
    (project_id === undefined || execution.project_id === project_id) &&
    (parent === undefined || execution.parent_execution_id === parent) &&
    (root === undefined || (execution.parent_execution_id === null) === (root === 'true')) &&
    (from === undefined || execution.created_at >= from) &&
    (to === undefined || execution.created_at <= to)
  );
}

/**
 * The list after what an event tells: rows change where they stand, new ones come to the top of a first page, and those
 * that fit no more go. What has ended stays ended. The same list where nothing changes.
 */
export function withExecution(list: List, filter: ListFilter, told: FeedExecution): List {
  const at = list.data.findIndex(({ id }) => id === told.id);
  const known = list.data[at];
  if (known !== undefined) {
    if (isTerminal(known.status) && !isTerminal(told.status)) return list;
    const row = { ...known, ...told } as ExecutionSummary;
    return { ...list, data: fitsFilter(row, filter) ? list.data.with(at, row) : list.data.toSpliced(at, 1) };
  }
  const whole = executionSummary.safeParse(told);
  if (!whole.success || filter.cursor !== undefined || !fitsFilter(whole.data, filter)) return list;
  const before = list.data.findIndex(({ id }) => id < told.id);
  // One that is older than all on a full page stands on a later one.
  if (before === -1 && list.next_cursor !== null) return list;
  return { ...list, data: list.data.toSpliced(before === -1 ? list.data.length : before, 0, whole.data) };
}

/** Shows in every list that was read what an event tells of an execution. */
export function patchExecutionLists(queries: QueryClient, told: FeedExecution): void {
  for (const [key, list] of queries.getQueriesData<List>({ queryKey: ['executions', 'list'] })) {
    const filter = key[2];
    if (list === undefined || typeof filter !== 'object' || filter === null) continue;
    const next = withExecution(list, filter as ListFilter, told);
    if (next !== list) queries.setQueryData(key, next);
  }
}
