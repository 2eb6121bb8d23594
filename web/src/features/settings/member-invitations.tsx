import type { Role, SentInvitation } from '@agentflow/contracts';
import { useState } from 'react';
import { toast } from 'sonner';
import { InvitationList } from './invitation-list.tsx';
import { InviteMemberDialog } from './invite-member-dialog.tsx';
import { SentInvitationDialog } from './sent-invitation-dialog.tsx';

interface MemberInvitationsProps {
  ownRole: Role;
  inviting: boolean;
  onInviting: (inviting: boolean) => void;
}

/** Inviting, and what became of it: for people who may manage members. */
export function MemberInvitations({ ownRole, inviting, onInviting }: MemberInvitationsProps) {
  const [sent, setSent] = useState<SentInvitation | null>(null);
  const tell = (invitation: SentInvitation) => {
    onInviting(false);
    if (invitation.delivery === 'sent') {
      setSent(null);
      toast.success(`The invitation is on its way to ${invitation.email}`);
    } else {
      setSent(invitation);
    }
  };
  return (
    <>
      <InvitationList onInvite={() => onInviting(true)} onSent={tell} />
      <InviteMemberDialog open={inviting} ownRole={ownRole} onClose={() => onInviting(false)} onInvited={tell} />
      {sent !== null && <SentInvitationDialog invitation={sent} onClose={() => setSent(null)} onSent={tell} />}
    </>
  );
}
