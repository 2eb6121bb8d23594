import { type Team, type TeamRequest, teamRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import type { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { api, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { TEAMS_KEY } from './team-queries.ts';

interface TeamDialogProps {
  open: boolean;
  /** The team to change; without it a new one is made. */
  team?: Team;
  onClose: () => void;
  onSaved: (team: Team) => void;
}

export function TeamDialog({ open, onClose, ...form }: TeamDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={form.team === undefined ? 'Create a team' : 'Edit the team'}
      {...(form.team === undefined ? { description: 'You add its members in the next step.' } : {})}
      className="max-w-md"
      startInField
    >
      <TeamForm onClose={onClose} {...form} />
    </Dialog>
  );
}

function TeamForm({ team, onClose, onSaved }: Omit<TeamDialogProps, 'open'>) {
  const queries = useQueryClient();
  const form = useForm<z.input<typeof teamRequest>, unknown, TeamRequest>({
    resolver: zodResolver(teamRequest),
    mode: 'onTouched',
    defaultValues: { name: team?.name ?? '', description: team?.description ?? '' },
  });
  const save = useMutation({
    mutationFn: (body: TeamRequest) =>
      team === undefined
        ? api<Team>('/org/teams', { method: 'POST', body, headers: { 'Idempotency-Key': newIdempotencyKey() } })
        : api<Team>(`/org/teams/${team.id}`, { method: 'PUT', body }),
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: TEAMS_KEY });
      onSaved(saved);
    },
    onError: (error) => {
      showOnFields(form, error, ['name', 'description']);
      if (error instanceof RequestFailure && error.code === 'name_taken') {
        form.setError('name', { type: 'taken', message: 'taken' }, { shouldFocus: true });
      }
    },
  });
  const { errors } = form.formState;
  const told = save.error instanceof RequestFailure && save.error.code === 'name_taken';
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
      <DialogBody>
        <Field
          label="Name"
          help="Approvals ask the team by this name."
          error={
            errors.name &&
            (errors.name.type === 'taken'
              ? 'There is a team of this name already'
              : 'Give the team a name of up to 120 characters')
          }
        >
          {(control) => <Input {...control} {...form.register('name')} placeholder="Support" autoComplete="off" />}
        </Field>
        <Field
          label="Description"
          optional
          help="What the team looks after."
          error={errors.description && 'Keep the description within 500 characters'}
        >
          {(control) => <Textarea {...control} {...form.register('description')} rows={3} />}
        </Field>
        {save.error && !told && <ProblemCallout error={save.error} shownPaths={['name', 'description']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          {team === undefined ? 'Create team' : 'Save'}
        </Button>
      </DialogFooter>
    </form>
  );
}
