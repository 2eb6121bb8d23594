import type { Invitation, SentInvitation } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';
import { invitationsQuery } from './invitation-queries.ts';

/** Sends an invitation again, with a new link and a new term: the former link ends. */
export function useResendInvitation(onSent: (invitation: SentInvitation) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Invitation) =>
      api<SentInvitation>(`/org/members/invitations/${id}/resend`, { method: 'POST' }),
    onSuccess: onSent,
    onSettled: () => queries.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  });
}
