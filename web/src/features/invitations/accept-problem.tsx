import type { InvitationDetails } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useSwitchOrganization } from '@/features/shell/use-organization-moves.ts';
import { RequestFailure } from '@/lib/api.ts';
import { useSession } from '@/lib/session.ts';

/** Why accepting was refused; for who is a member already also the way in. */
export function AcceptProblem({
  error,
  organization,
}: {
  error: Error;
  organization: InvitationDetails['organization'];
}) {
  const session = useSession();
  const switchTo = useSwitchOrganization();
  const isMember = error instanceof RequestFailure && error.code === 'already_member';
  return (
    <div className="flex flex-col gap-3">
      <ProblemCallout error={error} />
      {isMember &&
        (session.status === 'signed_in' ? (
          <Button size="lg" onClick={() => switchTo(organization.id)}>
            Go to {organization.name}
          </Button>
        ) : (
          <Button asChild size="lg">
            <Link to="/login">Log in instead</Link>
          </Button>
        ))}
    </div>
  );
}
