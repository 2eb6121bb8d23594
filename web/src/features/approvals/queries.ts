import type { Approval, ApprovalQuery, ApprovalSummary, DecisionRequest } from '@agentflow/contracts';
import { type Query, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { api, type Page, queryString, RequestFailure } from '@/lib/api.ts';

const WATCHING_MS = 5_000;
/** The feed keeps lists up to date; this is for what it may not have told. */
const RESTING_MS = 60_000;
const SOON_MS = 700;

type ListFilter = { [K in keyof ApprovalQuery]?: ApprovalQuery[K] | undefined };

/** A list of approvals, which the feed keeps up to date. */
export function approvalsQuery(filter: ListFilter) {
  return queryOptions({
    queryKey: ['approvals', 'list', filter],
    queryFn: ({ signal }) => api<Page<ApprovalSummary>>(`/approvals${queryString(filter)}`, { signal }),
    refetchInterval: RESTING_MS,
  });
}

const MOST_COUNTED = 100;

/** What waits for the signed-in person. */
export const waitingForMeQuery = queryOptions({
  queryKey: ['approvals', 'mine'],
  queryFn: ({ signal }) =>
    api<Page<ApprovalSummary>>(`/approvals${queryString({ mine: 'true', limit: MOST_COUNTED })}`, { signal }),
  refetchInterval: RESTING_MS,
});

export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: ['approvals', 'one', id],
    queryFn: ({ signal }) => api<Approval>(`/approvals/${id}`, { signal }),
    refetchInterval: (query) => (query.state.data?.status === 'pending' ? WATCHING_MS : false),
  });
}

/** What a step of an execution asks; lists may learn of it a moment after the step waits. */
export function approvalOfStepQuery(executionId: string, stepId: string) {
  return queryOptions({
    queryKey: ['approvals', 'step', executionId, stepId],
    queryFn: async ({ signal }) => {
      const query = queryString({ execution_id: executionId, status: 'pending', limit: 100 });
      const page = await api<Page<ApprovalSummary>>(`/approvals${query}`, { signal });
      return page.data.find((each) => each.step_id === stepId)?.id ?? null;
    },
    refetchInterval: (query) => (query.state.data == null ? SOON_MS : false),
  });
}

type List = Page<ApprovalSummary>;

/** Lists and counts show a decision at once, and take it back when it is refused: somebody may have been first. */
export function useDecision(approval: Approval) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: DecisionRequest) =>
      api<Approval>(`/approvals/${approval.id}/decision`, {
        method: 'POST',
        body: { ...request, action_hash: approval.action_hash },
      }),
    onMutate: async ({ decision }) => {
      const lists = { predicate: ({ queryKey: [root, kind] }: Query) => root === 'approvals' && kind !== 'one' };
      await queries.cancelQueries(lists);
      const before = queries.getQueriesData<List>({ queryKey: ['approvals', 'list'] });
      const mine = queries.getQueryData(waitingForMeQuery.queryKey);
      const status = decision === 'approve' ? 'approved' : 'denied';
      queries.setQueriesData<List>({ queryKey: ['approvals', 'list'] }, (list) =>
        list === undefined
          ? list
          : { ...list, data: list.data.map((each) => (each.id === approval.id ? { ...each, status } : each)) },
      );
      queries.setQueryData(waitingForMeQuery.queryKey, (list) =>
        list === undefined ? list : { ...list, data: list.data.filter((each) => each.id !== approval.id) },
      );
      return { before, mine };
    },
    onSuccess: (decided) => {
      queries.setQueryData(approvalQuery(approval.id).queryKey, decided);
      toast.success(doneWords(decided));
    },
    onError: (error, _request, shown) => {
      for (const [key, list] of shown?.before ?? []) queries.setQueryData(key, list);
      if (shown?.mine !== undefined) queries.setQueryData(waitingForMeQuery.queryKey, shown.mine);
      if (error instanceof RequestFailure && error.code === 'approval_decided') {
        toast.error('Your decision did not count', { description: error.message });
      }
    },
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['approvals'] });
      await queries.invalidateQueries({ queryKey: ['executions', approval.execution_id] });
    },
  });
}

function doneWords(decided: Approval): string {
  if (decided.kind === 'form') return 'Form sent: the execution goes on';
  return decided.status === 'approved' ? 'Approved: the execution goes on' : 'Denied: the execution goes on without it';
}
