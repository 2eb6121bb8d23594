import type { SentInvitation } from '@agentflow/contracts';
import { CircleAlert } from 'lucide-react';
import { CopyButton } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { formatExactTime } from '@/lib/format.ts';
import { roleName } from './role-name.ts';
import { useResendInvitation } from './use-resend-invitation.ts';

interface SentInvitationDialogProps {
  invitation: SentInvitation;
  onClose: () => void;
  /** It was sent again, with this outcome. */
  onSent: (invitation: SentInvitation) => void;
}

/** What is left to do after inviting: pass on the link where this installation sends no mail, or send again. */
export function SentInvitationDialog({ invitation, onClose, onSent }: SentInvitationDialogProps) {
  const resend = useResendInvitation(onSent);
  const { email, link, delivery } = invitation;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={delivery === 'failed' ? 'The mail did not go out' : 'Pass on this link'}
      description={
        delivery === 'failed'
          ? `The invitation of ${email} stands, but the mail service refused to deliver it.`
          : `This installation sends no mail, so give the link to ${email} yourself.`
      }
      className="max-w-lg"
    >
      <DialogBody>
        {link !== null && (
          <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-3">
            <code data-testid="invitation-link" className="min-w-0 flex-1 break-all font-mono text-xs">
              {link}
            </code>
            <CopyButton value={link} label="Copy link">
              Copy
            </CopyButton>
          </div>
        )}
        {delivery === 'failed' && (
          <p className="flex gap-2 text-sm text-soft">
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-hidden="true" />
            Check the address first. If it is right, send the invitation again in a moment.
          </p>
        )}
        <p className="text-faint text-xs">
          Good until {formatExactTime(invitation.expires_at)}, for the role {roleName(invitation.role)}. The link is not
          shown again: a new one can be made, which ends this one.
        </p>
        {resend.error && <ProblemCallout error={resend.error} />}
      </DialogBody>
      <DialogFooter>
        {delivery === 'failed' && <Button onClick={onClose}>Later</Button>}
        {delivery === 'failed' ? (
          <Button variant="primary" busy={resend.isPending} onClick={() => resend.mutate(invitation)}>
            Send again
          </Button>
        ) : (
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        )}
      </DialogFooter>
    </Dialog>
  );
}
