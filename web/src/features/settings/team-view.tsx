import type { Team, TeamMember } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowLeft, UserPlus, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { AddTeamMembersDialog } from './add-team-members-dialog.tsx';
import { DeleteTeamDialog } from './delete-team-dialog.tsx';
import { TeamDialog } from './team-dialog.tsx';
import { TEAMS_KEY, teamMembersQuery } from './team-queries.ts';

/** A team with who is in it. */
export function TeamView({ team }: { team: Team }) {
  const navigate = useNavigate();
  const mayManage = useCan('teams:manage');
  const [open, setOpen] = useState<'add' | 'edit' | 'delete' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Link
        to="/dashboard/settings/teams"
        className="mb-3 inline-flex items-center gap-1.5 rounded-sm text-sm text-soft hover:text-text"
      >
        <ArrowLeft className="size-3.5" aria-hidden="true" /> All teams
      </Link>
      <SectionHeader title={team.name} description={team.description || 'No description.'}>
        {mayManage && (
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => setOpen('edit')}>Edit</Button>
            <Button onClick={() => setOpen('delete')}>Delete…</Button>
            <Button variant="primary" onClick={() => setOpen('add')}>
              <UserPlus aria-hidden="true" /> Add members
            </Button>
          </div>
        )}
      </SectionHeader>
      <TeamMemberTable team={team} mayManage={mayManage} onAdd={() => setOpen('add')} />
      <AddTeamMembersDialog team={team} open={open === 'add'} onClose={close} />
      <TeamDialog open={open === 'edit'} team={team} onClose={close} onSaved={close} />
      <DeleteTeamDialog
        team={open === 'delete' ? team : null}
        onClose={close}
        onDeleted={() => void navigate({ to: '/dashboard/settings/teams' })}
      />
    </>
  );
}

function TeamMemberTable({ team, mayManage, onAdd }: { team: Team; mayManage: boolean; onAdd: () => void }) {
  const queries = useQueryClient();
  const members = useQuery(teamMembersQuery(team.id));
  const [removing, setRemoving] = useState<TeamMember | null>(null);
  const remove = useMutation({
    mutationFn: ({ user }: TeamMember) => api(`/org/teams/${team.id}/members/${user.id}`, { method: 'DELETE' }),
    onSuccess: async (_answer, { user }) => {
      await queries.invalidateQueries({ queryKey: TEAMS_KEY });
      toast.success(`${user.name || user.email} is no longer in ${team.name}`);
      setRemoving(null);
    },
  });
  if (members.error && members.data === undefined) {
    return <ProblemCallout error={members.error} onRetry={() => void members.refetch()} />;
  }
  if (members.data === undefined) return <Skeleton className="h-32 w-full" />;
  if (members.data.length === 0) {
    return (
      <EmptyState
        icon={UsersRound}
        title="Nobody is in this team yet"
        description="Pick its members from the people of the organization. One person can be in several teams."
        className="py-10"
      >
        {mayManage && (
          <Button onClick={onAdd}>
            <UserPlus aria-hidden="true" /> Add members
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <Table label={`Members of ${team.name}`} className="md:min-w-100">
        <thead>
          <tr>
            <TableHead className="w-full">Person</TableHead>
            <TableHead className="max-md:hidden">Added</TableHead>
            <TableHead>
              <span className="sr-only">Actions</span>
            </TableHead>
          </tr>
        </thead>
        <tbody>
          {members.data.map((member) => (
            <TableRow key={member.user.id}>
              <TableCell className="max-w-0 py-2">
                <p className="truncate font-medium text-text">{member.user.name || member.user.email}</p>
                <p className="truncate text-faint text-xs">{member.user.email}</p>
              </TableCell>
              <TableCell className="whitespace-nowrap max-md:hidden">
                <RelativeTime iso={member.added_at} />
              </TableCell>
              <TableCell className="text-right">
                {mayManage && (
                  <Button
                    size="sm"
                    aria-label={`Remove ${member.user.name || member.user.email} from the team`}
                    onClick={() => {
                      remove.reset();
                      setRemoving(member);
                    }}
                  >
                    Remove
                  </Button>
                )}
              </TableCell>
            </TableRow>
          ))}
        </tbody>
      </Table>
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.user.name || removing?.user.email || 'the person'} from ${team.name}?`}
        description="They can no longer decide what asks this team. They stay a member of the organization, and can be added again."
        confirmLabel="Remove from team"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing !== null && remove.mutate(removing)}
      />
    </>
  );
}
