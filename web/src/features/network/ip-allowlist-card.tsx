import { useQuery } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { IpAllowlistForm } from './ip-allowlist-form.tsx';
import { ipAllowlistQuery } from './queries.ts';

export function IpAllowlistCard() {
  const tagged = useQuery(ipAllowlistQuery);
  const mayManage = useCan('org:manage');
  if (tagged.error && tagged.data === undefined) {
    return <ProblemCallout error={tagged.error} onRetry={() => void tagged.refetch()} />;
  }
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title="IP allowlist"
        description="From where the organization may be used: with an API key, signed in, and with every request."
      />
      {tagged.data === undefined ? (
        <div className="p-4">
          <Skeleton className="h-24 w-full" />
        </div>
      ) : (
        <IpAllowlistForm tagged={tagged.data} mayManage={mayManage} />
      )}
    </Card>
  );
}
