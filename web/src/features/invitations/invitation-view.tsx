import type { InvitationDetails, Session } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { LogOut } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { AuthFrame } from '@/features/auth/auth-frame.tsx';
import { roleName, rolePurpose } from '@/features/settings/role-name.ts';
import { RequestFailure } from '@/lib/api.ts';
import { type SessionState, signOut, startSession, useSession } from '@/lib/session.ts';
import { AcceptForm } from './accept-form.tsx';
import { invitationWay } from './invitation-way.ts';
import { JoinButton } from './join-button.tsx';
import { invitationQuery, isOver } from './queries.ts';

/** What the holder of an invitation's link sees, whoever they are. */
export function InvitationView({ token }: { token: string }) {
  const navigate = useNavigate();
  const session = useSession();
  const [accepted, setAccepted] = useState(false);
  // An accepted invitation is gone: it is not asked for again while the way leads to the dashboard.
  const invitation = useQuery({ ...invitationQuery(token), enabled: !accepted });
  const enter = (joined: Session) => {
    setAccepted(true);
    startSession(joined);
    toast.success(`You are now a member of ${joined.organization.name}`);
    void navigate({ to: '/dashboard', replace: true });
  };
  if (!accepted && invitation.error && (isOver(invitation.error) || invitation.data === undefined)) {
    return <InvitationFailure error={invitation.error} session={session} onRetry={() => void invitation.refetch()} />;
  }
  if (invitation.data === undefined || accepted) {
    return (
      <AuthFrame title="An invitation" description={accepted ? 'Taking you there…' : 'Reading the invitation…'}>
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-16 w-full" />
          <Skeleton className="h-9 w-full" />
        </div>
      </AuthFrame>
    );
  }
  const details = invitation.data;
  const signedInAs = session.status === 'signed_in' ? session.user.email : null;
  const way = invitationWay(details, signedInAs);
  return (
    <AuthFrame
      title={`Join ${details.organization.name}`}
      description={`${details.invited_by || 'Somebody there'} invites you to work on agents together.`}
    >
      <InvitationFacts invitation={details} />
      {way === 'join' && <JoinButton token={token} organization={details.organization} onJoined={enter} />}
      {way === 'other_person' && (
        <div className="flex flex-col gap-4">
          <p className="text-pretty text-soft">
            You are signed in as <strong className="break-all font-medium text-text">{signedInAs}</strong>, but this
            invitation is for another address. Sign out to accept it:{' '}
            {details.registered ? 'then its password is asked for.' : 'then you make an account for it.'}
          </p>
          <Button variant="primary" size="lg" onClick={() => void signOut()}>
            <LogOut aria-hidden="true" /> Sign out and go on
          </Button>
          <Button asChild size="lg">
            <Link to="/dashboard">Stay, and go to my dashboard</Link>
          </Button>
        </div>
      )}
      {(way === 'password' || way === 'account') && (
        <AcceptForm key={way} token={token} invitation={details} onJoined={enter} />
      )}
    </AuthFrame>
  );
}

function InvitationFacts({ invitation }: { invitation: InvitationDetails }) {
  return (
    <dl className="mb-5 divide-y divide-line rounded-xl border border-line bg-surface text-sm shadow-card">
      <Fact name="Your role">
        {roleName(invitation.role)}
        <span className="block text-pretty text-faint text-xs">{rolePurpose(invitation.role)}</span>
      </Fact>
      <Fact name="For">{invitation.email}</Fact>
      <Fact name="Expires">
        <RelativeTime iso={invitation.expires_at} />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-3 px-4 py-2">
      <dt className="w-20 shrink-0 text-soft">{name}</dt>
      <dd className="min-w-0 flex-1 break-words text-text">{children}</dd>
    </div>
  );
}

interface InvitationFailureProps {
  error: Error;
  session: SessionState;
  onRetry: () => void;
}

function InvitationFailure({ error, session, onRetry }: InvitationFailureProps) {
  const code = error instanceof RequestFailure ? error.code : null;
  const home = (
    <Button asChild variant="primary" size="lg">
      {session.status === 'signed_in' ? (
        <Link to="/dashboard">Go to my dashboard</Link>
      ) : (
        <Link to="/login">Log in</Link>
      )}
    </Button>
  );
  if (code === 'invitation_gone') {
    return (
      <AuthFrame
        title="This invitation is over"
        description="It was accepted already, it was revoked, or it has expired."
      >
        <p className="mb-5 text-pretty text-soft">
          If you accepted it, log in: the organization is yours to enter. Otherwise ask the person who invited you to
          send it again, and use the newest link.
        </p>
        {home}
      </AuthFrame>
    );
  }
  if (code === 'not_found' || code === 'validation_failed') {
    return (
      <AuthFrame title="There is no such invitation" description="The link leads to no invitation that we know.">
        <p className="mb-5 text-pretty text-soft">
          Links break when they are copied only in part, and a newer link ends those before it. Open the one from the
          newest mail, or ask the person who invited you to send it again.
        </p>
        {home}
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title="An invitation" description="It could not be read just now. The link stays good.">
      <ProblemCallout error={error} onRetry={onRetry} />
    </AuthFrame>
  );
}
