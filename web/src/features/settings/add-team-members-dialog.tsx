import type { Member, Team } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Check, LoaderCircle, Plus, Search } from 'lucide-react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogFooter } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { api } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { matchesName } from '@/lib/name-filter.ts';
import { everyMemberQuery, TEAMS_KEY, teamMembersQuery } from './team-queries.ts';

interface AddTeamMembersDialogProps {
  team: Team;
  open: boolean;
  onClose: () => void;
}

/** Picks people from the organization's members, one after the other. */
export function AddTeamMembersDialog({ team, open, onClose }: AddTeamMembersDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={`Add members to ${team.name}`}
      description="Choose from the people of the organization. Who is new here has to be invited first."
      className="max-w-md"
      startInField
    >
      <MemberPicker team={team} />
      <DialogFooter>
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function MemberPicker({ team }: { team: Team }) {
  const queries = useQueryClient();
  const everybody = useQuery(everyMemberQuery);
  const inTeam = useQuery(teamMembersQuery(team.id));
  const add = useMutation({
    mutationFn: ({ user }: Member) => api(`/org/teams/${team.id}/members/${user.id}`, { method: 'PUT' }),
    onSettled: () => queries.invalidateQueries({ queryKey: TEAMS_KEY }),
  });
  const failure = everybody.error ?? inTeam.error;
  if (failure && (everybody.data === undefined || inTeam.data === undefined)) {
    const retry = () => {
      void everybody.refetch();
      void inTeam.refetch();
    };
    return <ProblemCallout error={failure} onRetry={retry} className="m-5" />;
  }
  if (everybody.data === undefined || inTeam.data === undefined) return <Skeleton className="m-5 h-40" />;
  const added = new Set(inTeam.data.map(({ user }) => user.id));
  return (
    <Command
      loop
      label="Members of the organization"
      filter={matchesName}
      className="mt-4 flex min-h-0 flex-col border-line border-t"
    >
      <div className="flex items-center gap-2.5 border-line border-b px-5">
        <Search className="size-4 shrink-0 text-faint" aria-hidden="true" />
        <Command.Input
          placeholder="Find by name or e-mail"
          className="h-11 w-full bg-transparent text-base text-text placeholder:text-faint focus-visible:outline-none"
        />
      </div>
      {add.error && <ProblemCallout error={add.error} className="mx-5 mt-3" />}
      <Command.List className="max-h-80 min-h-40 overflow-y-auto p-2">
        <Command.Empty className="px-3 py-8 text-center text-sm text-soft">Nobody fits this search.</Command.Empty>
        {everybody.data.map((member) => {
          const { user } = member;
          const here = added.has(user.id);
          const busy = add.isPending && add.variables.user.id === user.id;
          const Icon = busy ? LoaderCircle : here ? Check : Plus;
          return (
            <Command.Item
              key={user.id}
              value={user.id}
              keywords={[user.name, user.email]}
              onSelect={() => !here && !add.isPending && add.mutate(member)}
              className="flex cursor-default select-none items-center gap-3 rounded-md px-3 py-1.5 data-[selected=true]:bg-hover"
            >
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium text-sm text-text">{user.name || user.email}</span>
                <span className="block truncate text-faint text-xs">{user.email}</span>
              </span>
              <span className={cn('flex items-center gap-1.5 text-xs', here ? 'text-faint' : 'text-soft')}>
                <Icon className={cn('size-3.5', busy && 'animate-spin')} aria-hidden="true" />
                {here ? 'In the team' : 'Add'}
              </span>
            </Command.Item>
          );
        })}
      </Command.List>
    </Command>
  );
}
