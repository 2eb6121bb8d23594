import type {
  ApproveProposalRequest,
  CatalogueModel,
  CommentRequest,
  Proposal,
  ProposalAccess,
  ProposalAccessRequest,
  ProposalComment,
  RefinementRequest,
  RefinementStarted,
} from '@agentflow/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { agentQuery, draftQuery } from '@/features/agents/queries.ts';
import { allPages } from '@/lib/all-pages.ts';
import { api, newIdempotencyKey, type Page, queryString, RequestFailure } from '@/lib/api.ts';

/** Comments come seldom. */
const RESTING_MS = 60_000;
const WATCHING_MS = 5_000;
/** After the last frame, until the result is stored. */
const STORING_MS = 400;

export function proposalQuery(id: string, ended = false) {
  return queryOptions({
    queryKey: ['proposals', 'one', id],
    queryFn: ({ signal }) => api<Proposal>(`/proposals/${id}`, { signal }),
    refetchInterval: (query) => {
      const status = query.state.data?.status;
      if (status === 'generating') return ended ? STORING_MS : WATCHING_MS;
      return status === 'ready' ? WATCHING_MS : false;
    },
  });
}

export function commentsQuery(id: string) {
  return queryOptions({
    queryKey: ['proposals', 'one', id, 'comments'],
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        api<Page<ProposalComment>>(`/proposals/${id}/comments${queryString({ cursor, limit: 100 })}`, { signal }),
      ),
    refetchInterval: RESTING_MS,
  });
}

export function accessQuery(id: string) {
  return queryOptions({
    queryKey: ['proposals', 'one', id, 'access'],
    queryFn: ({ signal }) => api<ProposalAccess>(`/proposals/${id}/access`, { signal }),
  });
}

/** Whether a language model of somebody's key can work on a refinement. */
export function canRefine(model: CatalogueModel): boolean {
  return model.available && model.supports_tools && model.provider !== 'builtin';
}

export function useStartRefinement(agentId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: Pick<RefinementRequest, 'user_prompt'> & Partial<RefinementRequest>) =>
      api<RefinementStarted>(`/agents/${agentId}/refinements`, {
        method: 'POST',
        body: request,
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['proposals'] }),
  });
}

/** Tells who is second, and what the first one's decision was. */
function tellDecided(error: Error): void {
  if (isDecided(error)) toast.error('Your decision did not count', { description: error.message });
}

export function isDecided(error: Error): boolean {
  return error instanceof RequestFailure && error.code === 'proposal_decided';
}

function useDecided(proposal: Proposal) {
  const queries = useQueryClient();
  return {
    onSuccess: (decided: Proposal) => {
      queries.setQueryData(proposalQuery(proposal.id).queryKey, decided);
      void queries.invalidateQueries({ queryKey: draftQuery(proposal.agent_id).queryKey });
      void queries.invalidateQueries({ queryKey: agentQuery(proposal.agent_id).queryKey });
    },
    onError: tellDecided,
    // Refused as well: somebody may have been first.
    onSettled: () => queries.invalidateQueries({ queryKey: ['proposals'] }),
  };
}

export function useApprove(proposal: Proposal) {
  return useMutation({
    mutationFn: (request: ApproveProposalRequest) =>
      api<Proposal>(`/proposals/${proposal.id}/approve`, { method: 'POST', body: request }),
    ...useDecided(proposal),
  });
}

export function useReject(proposal: Proposal) {
  return useMutation({
    mutationFn: (comment: string) =>
      api<Proposal>(`/proposals/${proposal.id}/reject`, { method: 'POST', body: { comment } }),
    ...useDecided(proposal),
  });
}

export function useComment(proposalId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (comment: CommentRequest) =>
      api<ProposalComment>(`/proposals/${proposalId}/comments`, { method: 'POST', body: comment }),
    onSuccess: (comment) =>
      queries.setQueryData(commentsQuery(proposalId).queryKey, (known) => [...(known ?? []), comment]),
    onSettled: () => queries.invalidateQueries({ queryKey: commentsQuery(proposalId).queryKey }),
  });
}

export function useSetAccess(proposalId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (access: ProposalAccessRequest) =>
      api<ProposalAccess>(`/proposals/${proposalId}/access`, { method: 'PUT', body: access }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['proposals'] }),
  });
}
