import type { OrganizationRateLimits } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { rateLimitsQuery } from './queries.ts';
import { RateLimitsForm } from './rate-limits-form.tsx';

export function RateLimitsCard() {
  const tagged = useQuery(rateLimitsQuery);
  const mayChange = useCan('governance:write');
  if (tagged.error && tagged.data === undefined) {
    return <ProblemCallout error={tagged.error} onRetry={() => void tagged.refetch()} />;
  }
  return (
    <>
      <Card className="overflow-hidden">
        <CardHeader
          title="Rate limits"
          description="How many executions may be started. An empty field is no limit. What an execution starts itself is not counted."
        />
        {tagged.data === undefined ? (
          <div className="p-4">
            <Skeleton className="h-64 w-full" />
          </div>
        ) : (
          <RateLimitsForm tagged={tagged.data} mayChange={mayChange} />
        )}
      </Card>
      {tagged.data !== undefined && <PlanCard plan={tagged.data.value.plan} />}
    </>
  );
}

function PlanCard({ plan }: { plan: OrganizationRateLimits['plan'] }) {
  const { name, keys_per_hour, person_per_hour, starts_per_user_per_minute } = plan;
  const rows = [
    ['All API keys and external agents together', keys_per_hour, 'an hour'],
    ['Each person', person_per_hour, 'an hour'],
    ['Each person, unless chosen otherwise above', starts_per_user_per_minute, 'a minute'],
  ] as const;
  return (
    <Card className="mt-5">
      <CardHeader title="By the plan" description={`What the plan “${name}” limits besides.`} />
      <dl className="flex flex-col gap-1.5 px-4 py-3 text-sm">
        {rows.map(([label, limit, window]) => (
          <div key={label} className="flex flex-wrap justify-between gap-x-4">
            <dt className="text-soft">{label}</dt>
            <dd className="text-text tabular-nums">
              {limit === null ? 'Not limited' : `${limit.toLocaleString('en')} starts ${window}`}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
