import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { UsersRound } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { teamQuery } from '@/features/settings/team-queries.ts';
import { TeamView } from '@/features/settings/team-view.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/settings/teams/$teamId');

export function TeamPage() {
  const { teamId } = route.useParams();
  const team = useQuery(teamQuery(teamId));
  const name = team.data?.name ?? 'Team';
  usePageTitle(name);
  useBreadcrumbs(
    [
      { label: 'Settings', link: { to: '/dashboard/settings/general' } },
      { label: 'Teams', link: { to: '/dashboard/settings/teams' } },
      { label: name },
    ],
    `settings:team:${teamId}:${name}`,
  );
  if (team.error && team.data === undefined) {
    return <ProblemCallout error={team.error} onRetry={() => void team.refetch()} />;
  }
  if (team.data === undefined) {
    return (
      <div role="status" aria-label="Loading" className="flex flex-col gap-4">
        <Skeleton className="h-6 w-40" />
        <Skeleton className="h-32 w-full" />
      </div>
    );
  }
  if (team.data === null) {
    return (
      <EmptyState
        icon={UsersRound}
        title="There is no such team"
        description="It may have been deleted, or it belongs to another of your organizations."
      >
        <Button asChild variant="primary">
          <Link to="/dashboard/settings/teams">All teams</Link>
        </Button>
      </EmptyState>
    );
  }
  return <TeamView key={teamId} team={team.data} />;
}
