import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { formatDay, shortId } from '@/lib/format.ts';
import { OrganizationNameForm } from './organization-name-form.tsx';
import { organizationQuery } from './queries.ts';

export function OrganizationCard() {
  const me = useQuery(meQuery);
  const tagged = useQuery(organizationQuery);
  const mayManage = useCan('org:manage');
  if (me.error && me.data === undefined) {
    return <ProblemCallout error={me.error} onRetry={() => void me.refetch()} />;
  }
  if (tagged.error && tagged.data === undefined) {
    return <ProblemCallout error={tagged.error} onRetry={() => void tagged.refetch()} />;
  }
  const organization = tagged.data?.value;
  return (
    <>
      <Card className="overflow-hidden">
        <CardHeader title="Organization" />
        {mayManage && tagged.data !== undefined && <OrganizationNameForm tagged={tagged.data} />}
        <dl className="divide-y divide-line">
          {!mayManage && (
            <Fact name="Name">
              {me.data && organization && (
                <>
                  {organization.name}
                  <span className="mt-0.5 block text-faint text-xs">
                    Only owners and admins change the name. Your role is {me.data.role}.
                  </span>
                </>
              )}
            </Fact>
          )}
          <Fact name="Short name">
            {organization && <code className="font-mono text-xs">{organization.slug}</code>}
          </Fact>
          <Fact name="Plan">{organization && <span className="capitalize">{organization.plan}</span>}</Fact>
          <Fact name="Since">{organization && formatDay(organization.created_at)}</Fact>
          <Fact name="Id">{organization && <CopyableId id={organization.id} short={shortId(organization.id)} />}</Fact>
        </dl>
      </Card>
      <Card className="mt-5">
        <CardHeader title="You" />
        <dl className="divide-y divide-line">
          <Fact name="Name">{me.data?.user?.name}</Fact>
          <Fact name="E-mail">{me.data?.user?.email}</Fact>
          <Fact name="Role">{me.data && <span className="capitalize">{me.data.role}</span>}</Fact>
        </dl>
      </Card>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-4 px-4 py-2">
      <dt className="w-28 shrink-0 text-soft text-sm">{name}</dt>
      <dd className="min-w-0 flex-1 break-words text-text">{children ?? <Skeleton className="h-4 w-40" />}</dd>
    </div>
  );
}
