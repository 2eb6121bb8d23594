import type { Team } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { api } from '@/lib/api.ts';
import { formatPeople } from '@/lib/format.ts';
import { TEAMS_KEY } from './team-queries.ts';

interface DeleteTeamDialogProps {
  /** Which team; null keeps the dialog closed. */
  team: Team | null;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteTeamDialog({ team, onClose, onDeleted }: DeleteTeamDialogProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: ({ id }: Team) => api(`/org/teams/${id}`, { method: 'DELETE' }),
    onSuccess: async (_answer, { name }) => {
      onDeleted();
      await queries.invalidateQueries({ queryKey: TEAMS_KEY });
      toast.success(`The team ${name} is deleted`);
    },
  });
  return (
    <ConfirmDialog
      open={team !== null}
      onOpenChange={(open) => {
        if (open) return;
        remove.reset();
        onClose();
      }}
      title={`Delete the team ${team?.name ?? ''}?`}
      description={
        <>
          What is lost: the list of who is in it{team !== null && ` (${formatPeople(team.member_count)})`}, and what
          they may decide because of it. The people stay members of the organization, with their roles. A deleted team
          cannot be brought back.
        </>
      }
      confirmLabel="Delete team"
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => team !== null && remove.mutate(team)}
    />
  );
}
