import type { InvitationDetails } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, RequestFailure } from '@/lib/api.ts';

export function invitationQuery(token: string) {
  return queryOptions({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => api<InvitationDetails>(`/org/invitations/${encodeURIComponent(token)}`, { signal }),
    // What somebody types must not vanish because the window came to the front again.
    refetchOnWindowFocus: false,
  });
}

/** Whether the link no longer leads to an invitation: accepted, revoked or expired, or ended by a newer link. */
export function isOver(error: Error): boolean {
  return error instanceof RequestFailure && (error.code === 'invitation_gone' || error.code === 'not_found');
}
