import type { AcceptInvitationRequest, Session } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, RequestFailure } from '@/lib/api.ts';
import { invitationQuery } from './queries.ts';

/** Accepts. Fails with RequestFailure: `invalid_credentials`, `wrong_person`, `already_member`, `invitation_gone`. */
export function useAcceptInvitation(token: string, onJoined: (session: Session) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: AcceptInvitationRequest) =>
      api<Session>(`/org/invitations/${encodeURIComponent(token)}/accept`, {
        method: 'POST',
        body,
        changesSession: true,
      }),
    onSuccess: onJoined,
    onError: (error) => {
      // Reading it again tells why it is gone, and what to do.
      if (error instanceof RequestFailure && error.code === 'invitation_gone') {
        void queries.invalidateQueries({ queryKey: invitationQuery(token).queryKey });
      }
    },
  });
}
