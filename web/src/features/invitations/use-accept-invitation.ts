import type { AcceptInvitationRequest, Session } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';
import { invitationQuery, isOver } from './queries.ts';

/** Accepts. Fails with RequestFailure: `invalid_credentials`, `wrong_person`, `already_member`, `invitation_gone`, `not_found`. */
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
      // Reading it again shows the page that tells what to do.
      if (isOver(error)) void queries.invalidateQueries({ queryKey: invitationQuery(token).queryKey });
    },
  });
}
