import type { InvitationDetails, Session } from '@agentflow/contracts';
import { Button } from '@/components/ui/button.tsx';
import { AcceptProblem } from './accept-problem.tsx';
import { useAcceptInvitation } from './use-accept-invitation.ts';

interface JoinButtonProps {
  token: string;
  organization: InvitationDetails['organization'];
  onJoined: (session: Session) => void;
}

/** For who is signed in under the invited address: that is all the proof that is needed. */
export function JoinButton({ token, organization, onJoined }: JoinButtonProps) {
  const join = useAcceptInvitation(token, onJoined);
  return (
    <div className="flex flex-col gap-4">
      {join.error && <AcceptProblem error={join.error} organization={organization} />}
      <Button variant="primary" size="lg" busy={join.isPending} onClick={() => join.mutate({})}>
        Join {organization.name}
      </Button>
    </div>
  );
}
