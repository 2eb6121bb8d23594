import type { Invitation, InvitationDelivery, SentInvitation } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, Link2, type LucideIcon, Mail, MailPlus, UserPlus } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { api } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { invitationsQuery } from './invitation-queries.ts';
import { roleName } from './role-name.ts';
import { useResendInvitation } from './use-resend-invitation.ts';

const DELIVERIES: Readonly<Record<InvitationDelivery, { icon: LucideIcon; word: string; className?: string }>> = {
  sent: { icon: Mail, word: 'Mail sent' },
  shown: { icon: Link2, word: 'Link shown' },
  failed: { icon: CircleAlert, word: 'Mail failed', className: 'text-failed' },
};

interface InvitationListProps {
  onInvite: () => void;
  /** An invitation was sent again, with this outcome. */
  onSent: (invitation: SentInvitation) => void;
}

/** The invitations that nobody has accepted yet. */
export function InvitationList({ onInvite, onSent }: InvitationListProps) {
  const queries = useQueryClient();
  const now = useNow(15_000);
  const invitations = useInfiniteQuery(invitationsQuery);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const resend = useResendInvitation(onSent);
  const revoke = useMutation({
    mutationFn: ({ id }: Invitation) => api(`/org/members/invitations/${id}`, { method: 'DELETE' }),
    onSuccess: async (_answer, { email }) => {
      await queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
      toast.success(`The invitation of ${email} is revoked`);
      setRevoking(null);
    },
  });
  const rows = invitations.data?.pages.flatMap((page) => page.data);
  return (
    <section aria-labelledby="invitations-title" className="mt-8">
      <h2 id="invitations-title" className="font-semibold text-lg">
        Open invitations
      </h2>
      <p className="mb-4 text-soft">Who was invited and has not joined yet.</p>
      {resend.error && <ProblemCallout error={resend.error} className="mb-4" />}
      {invitations.error && rows === undefined ? (
        <ProblemCallout error={invitations.error} onRetry={() => void invitations.refetch()} />
      ) : rows === undefined ? (
        <Skeleton className="h-32 w-full" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={MailPlus}
          title="Nobody is waiting to join"
          description="Invite the people you work with: each gets a link for their address, and the role that you choose."
          className="py-10"
        >
          <Button onClick={onInvite}>
            <UserPlus aria-hidden="true" /> Invite member
          </Button>
        </EmptyState>
      ) : (
        <Table label="Open invitations" className="md:min-w-160">
          <thead>
            <tr>
              <TableHead className="w-full">Person</TableHead>
              <TableHead className="max-md:hidden">Role</TableHead>
              <TableHead className="max-md:hidden">Delivery</TableHead>
              <TableHead className="max-md:hidden">Expires</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((invitation) => {
              const delivery = DELIVERIES[invitation.delivery];
              const expired = Date.parse(invitation.expires_at) <= now;
              return (
                <TableRow key={invitation.id}>
                  <TableCell className="max-w-0 py-2">
                    <p className="flex items-center gap-0.5">
                      <span className="truncate font-medium text-text">{invitation.email}</span>
                      <CopyButton value={invitation.email} label={`Copy ${invitation.email}`} />
                    </p>
                    <p className="truncate text-faint text-xs">
                      Invited by {invitation.invited_by.name || 'a former member'},{' '}
                      <RelativeTime iso={invitation.created_at} />
                    </p>
                    <p className="truncate text-faint text-xs md:hidden">
                      {roleName(invitation.role)} · {delivery.word} ·{' '}
                      {expired ? 'expired' : <RelativeTime iso={invitation.expires_at} />}
                    </p>
                  </TableCell>
                  <TableCell className="text-text max-md:hidden">{roleName(invitation.role)}</TableCell>
                  <TableCell className="max-md:hidden">
                    <span className={cn('flex items-center gap-1.5 whitespace-nowrap', delivery.className)}>
                      <delivery.icon className="size-3.5 shrink-0" aria-hidden="true" />
                      {delivery.word}
                    </span>
                  </TableCell>
                  <TableCell className="whitespace-nowrap max-md:hidden">
                    {expired ? (
                      <span className="rounded-full bg-waiting-soft px-2 py-0.5 font-medium text-waiting text-xs">
                        Expired
                      </span>
                    ) : (
                      <RelativeTime iso={invitation.expires_at} />
                    )}
                  </TableCell>
                  <TableCell>
                    <span className="flex justify-end gap-2">
                      <Button
                        size="sm"
                        aria-label={
                          invitation.delivery === 'shown'
                            ? `New link for ${invitation.email}`
                            : `Send again to ${invitation.email}`
                        }
                        busy={resend.isPending && resend.variables.id === invitation.id}
                        onClick={() => resend.mutate(invitation)}
                      >
                        {invitation.delivery === 'shown' ? 'New link' : 'Send again'}
                      </Button>
                      <Button
                        size="sm"
                        aria-label={`Revoke the invitation of ${invitation.email}`}
                        onClick={() => {
                          revoke.reset();
                          setRevoking(invitation);
                        }}
                      >
                        Revoke
                      </Button>
                    </span>
                  </TableCell>
                </TableRow>
              );
            })}
          </tbody>
        </Table>
      )}
      <ShowMore list={invitations}>Show more invitations</ShowMore>
      <ConfirmDialog
        open={revoking !== null}
        onOpenChange={(open) => !open && setRevoking(null)}
        title={`Revoke the invitation of ${revoking?.email ?? 'this person'}?`}
        description="Its link stops working at once. You can invite the person again at any time."
        confirmLabel="Revoke invitation"
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoking !== null && revoke.mutate(revoking)}
      />
    </section>
  );
}
