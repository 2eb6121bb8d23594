import type { Team } from '@agentflow/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { formatPeople } from '@/lib/format.ts';
import { DeleteTeamDialog } from './delete-team-dialog.tsx';
import { TeamDialog } from './team-dialog.tsx';
import { teamsQuery } from './team-queries.ts';

export function TeamList() {
  const navigate = useNavigate();
  const teams = useInfiniteQuery(teamsQuery);
  const mayManage = useCan('teams:manage');
  const [creating, setCreating] = useState(false);
  const [editing, setEditing] = useState<Team | null>(null);
  const [deleting, setDeleting] = useState<Team | null>(null);
  const rows = teams.data?.pages.flatMap((page) => page.data);
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden="true" /> Create team
    </Button>
  );
  return (
    <>
      <SectionHeader
        title="Teams"
        description="Groups of members, so that an approval can ask a team instead of one person."
      >
        {mayManage && rows !== undefined && rows.length > 0 && create}
      </SectionHeader>
      {teams.error && rows === undefined ? (
        <ProblemCallout error={teams.error} onRetry={() => void teams.refetch()} />
      ) : rows === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={UsersRound}
          title="No teams yet"
          description={
            mayManage
              ? 'Put the people who look after the same thing together, such as Support or Finance. An approval that names the team can be decided by any of them.'
              : 'Teams group the people who look after the same thing. Owners, admins and managers create them.'
          }
        >
          {mayManage && create}
        </EmptyState>
      ) : (
        <Table label="Teams" className="md:min-w-140">
          <thead>
            <tr>
              <TableHead className="w-full">Team</TableHead>
              <TableHead>Members</TableHead>
              <TableHead className="max-md:hidden">Created</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((team) => (
              <TableRow key={team.id}>
                <TableCell className="max-w-0 py-2">
                  <p className="truncate">
                    <Link
                      to="/dashboard/settings/teams/$teamId"
                      params={{ teamId: team.id }}
                      className="rounded-sm font-medium text-text hover:underline hover:underline-offset-4"
                    >
                      {team.name}
                    </Link>
                  </p>
                  {team.description !== '' && <p className="truncate text-faint text-xs">{team.description}</p>}
                </TableCell>
                <TableCell className="whitespace-nowrap">{formatPeople(team.member_count)}</TableCell>
                <TableCell className="whitespace-nowrap max-md:hidden">
                  <RelativeTime iso={team.created_at} />
                </TableCell>
                <TableCell>
                  {mayManage && (
                    <span className="flex justify-end gap-2">
                      <Button size="sm" aria-label={`Edit ${team.name}`} onClick={() => setEditing(team)}>
                        Edit
                      </Button>
                      <Button size="sm" aria-label={`Delete ${team.name}`} onClick={() => setDeleting(team)}>
                        Delete
                      </Button>
                    </span>
                  )}
                </TableCell>
              </TableRow>
            ))}
          </tbody>
        </Table>
      )}
      <ShowMore list={teams}>Show more teams</ShowMore>
      <TeamDialog
        open={creating}
        onClose={() => setCreating(false)}
        onSaved={(team) => {
          setCreating(false);
          void navigate({ to: '/dashboard/settings/teams/$teamId', params: { teamId: team.id } });
        }}
      />
      <TeamDialog
        open={editing !== null}
        {...(editing === null ? {} : { team: editing })}
        onClose={() => setEditing(null)}
        onSaved={() => setEditing(null)}
      />
      <DeleteTeamDialog team={deleting} onClose={() => setDeleting(null)} onDeleted={() => setDeleting(null)} />
    </>
  );
}
