import type { InvitationDetails } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

export function invitationQuery(token: string) {
  return queryOptions({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => api<InvitationDetails>(`/org/invitations/${encodeURIComponent(token)}`, { signal }),
    // What somebody types must not vanish because the window came to the front again.
    refetchOnWindowFocus: false,
  });
}
