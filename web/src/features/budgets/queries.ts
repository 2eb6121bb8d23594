import type { BudgetStates, ExecutionBudgets } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

/** What is spent changes with every model call, and this page hears of none. */
const WATCHING_MS = 5_000;

/** Whose budgets: their path, as in `/agents/agt_…/budget`. */
export function budgetsQuery(path: string) {
  return queryOptions({
    queryKey: ['budgets', path],
    queryFn: ({ signal }) => api<BudgetStates>(path, { signal }),
    refetchInterval: WATCHING_MS,
  });
}

/** The budgets that an execution spends from. */
export function executionBudgetsQuery(executionId: string) {
  return queryOptions({
    queryKey: ['budgets', 'execution', executionId],
    queryFn: ({ signal }) => api<ExecutionBudgets>(`/executions/${executionId}/budget`, { signal }),
    refetchInterval: WATCHING_MS,
  });
}
