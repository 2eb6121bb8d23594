import type { ConsentDetails } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { AuthFrame } from '@/features/auth/auth-frame.tsx';
import { LoginForm } from '@/features/auth/login-form.tsx';
import { meQuery } from '@/features/shell/queries.ts';
import { signOut, useSession } from '@/lib/session.ts';
import { ConsentForm } from './consent-form.tsx';
import { consentQuery } from './queries.ts';

/** Where a client sends a person's browser to be allowed to act for their organization. */
export function ConsentView({ request }: { request: string }) {
  const session = useSession();
  if (session.status !== 'signed_in') {
    return (
      <AuthFrame title="Log in to connect" description="A program asks to run agents of your organization.">
        <LoginForm onSignedIn={() => undefined} />
      </AuthFrame>
    );
  }
  return <SignedIn request={request} email={session.user.email} />;
}

function SignedIn({ request, email }: { request: string; email: string }) {
  const me = useQuery(meQuery);
  const mayConnect = me.data?.permissions.includes('external_agents:write') ?? false;
  const consent = useQuery({ ...consentQuery(request), enabled: mayConnect });
  const error = me.error ?? consent.error;
  if (error !== null) {
    return (
      <AuthFrame title="This cannot be connected" description="Nothing was given to the program that sent you here.">
        <ProblemCallout error={error} />
      </AuthFrame>
    );
  }
  if (me.data !== undefined && !mayConnect) {
    return (
      <AuthFrame
        title="Ask a manager"
        description={`Your role in ${me.data.organization.name} may not connect programs.`}
      >
        <p className="mb-5 text-pretty text-soft">
          Whoever may register external agents can open the same link, or give you a key for the program.
        </p>
        <Button size="lg" onClick={() => void signOut()}>
          Log in as somebody else
        </Button>
      </AuthFrame>
    );
  }
  if (me.data === undefined || consent.data === undefined) {
    return (
      <AuthFrame title="A program asks" description="Reading what it asks for…">
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-20 w-full" />
          <Skeleton className="h-9 w-full" />
        </div>
      </AuthFrame>
    );
  }
  const { name } = me.data.organization;
  return (
    <AuthFrame
      title={`Connect ${consent.data.client_name}?`}
      description={`It asks to run agents of ${name}. You are signed in as ${email}.`}
    >
      <ClientFacts client={consent.data} />
      <ConsentForm request={request} clientName={consent.data.client_name} />
    </AuthFrame>
  );
}

function ClientFacts({ client }: { client: ConsentDetails }) {
  const { client_name, client_uri, redirect_host, redirect_is_local } = client;
  return (
    <>
      <dl className="mb-4 divide-y divide-line rounded-xl border border-line bg-surface text-sm shadow-card">
        <Fact name="Program">
          {client_name}
          <span className="block text-pretty text-faint text-xs">
            So it calls itself{client_uri === null ? '' : `, from ${client_uri}`}. Nobody has checked that.
          </span>
        </Fact>
        <Fact name="Sent to">{redirect_host}</Fact>
      </dl>
      {redirect_is_local && (
        <p className="mb-5 flex gap-2 text-pretty text-sm text-soft">
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-waiting" aria-hidden="true" />
          The access goes to a program on your computer. Go on only if you have just started this from it.
        </p>
      )}
    </>
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
