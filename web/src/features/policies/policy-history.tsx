import { useInfiniteQuery } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { PolicySummary } from './policy-summary.tsx';
import { policyVersionsQuery } from './queries.ts';

const CHANGE_WORDS = { created: 'created it', updated: 'changed it', deleted: 'deleted it' } as const;

/** What the policy has said, the newest first. */
export function PolicyHistory({ policyId }: { policyId: string }) {
  const versions = useInfiniteQuery(policyVersionsQuery(policyId));
  const nameOf = useActorName();
  if (versions.error) return <ProblemCallout error={versions.error} onRetry={() => void versions.refetch()} />;
  if (versions.data === undefined) return <Skeleton className="h-40 w-full max-w-3xl" />;
  const list = versions.data.pages.flatMap((page) => page.data);
  return (
    <div className="flex max-w-3xl flex-col gap-3">
      <ol aria-label="Versions" className="flex flex-col gap-3">
        {list.map(({ version, change, changed_at, changed_by, policy }) => (
          <li key={version} className="rounded-xl border border-line bg-surface shadow-card">
            <div className="flex flex-wrap items-baseline gap-x-2 border-line border-b px-4 py-2.5 text-sm">
              <h2 className="font-semibold text-text">Version {version}</h2>
              <span className="text-soft">
                {nameOf(changed_by)} {CHANGE_WORDS[change]} <RelativeTime iso={changed_at} />
              </span>
            </div>
            <div className="p-4">
              <PolicySummary policy={policy} />
            </div>
          </li>
        ))}
      </ol>
      {versions.hasNextPage && (
        <Button className="self-start" busy={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
          Show older versions
        </Button>
      )}
    </div>
  );
}
