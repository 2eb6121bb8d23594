import { type CreateProjectRequest, createProjectRequest, type Project } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import type { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { isNameTaken, showNameTaken, showOnFields } from '@/lib/form-problems.ts';
import { nameProblem } from './name-problem.ts';

export function CreateProjectDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Create a project"
      description="Executions that start in it share values, and their cost stands together."
      className="max-w-md"
      startInField
    >
      <CreateProjectForm onClose={onClose} />
    </Dialog>
  );
}

function CreateProjectForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm<z.input<typeof createProjectRequest>, unknown, CreateProjectRequest>({
    resolver: zodResolver(createProjectRequest),
    mode: 'onTouched',
    defaultValues: { name: '', description: '' },
  });
  const create = useMutation({
    mutationFn: (body: CreateProjectRequest) =>
      api<Project>('/projects', { method: 'POST', body, headers: { 'Idempotency-Key': newIdempotencyKey() } }),
    onSuccess: async (project) => {
      await queries.invalidateQueries({ queryKey: ['projects', 'list'] });
      await navigate({ to: '/dashboard/projects/$projectId', params: { projectId: project.id } });
    },
    onError: (error) => {
      showOnFields(form, error, ['name', 'description']);
      showNameTaken(form, error, 'name');
    },
  });
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => create.mutate(body))}>
      <DialogBody>
        <Field label="Name" help="Open projects have names of their own." error={nameProblem(errors.name)}>
          {(control) => (
            <Input {...control} {...form.register('name')} placeholder="Returns in spring" autoComplete="off" />
          )}
        </Field>
        <Field label="Description" optional error={errors.description && 'At most 2,000 characters'}>
          {(control) => <Textarea {...control} {...form.register('description')} rows={3} />}
        </Field>
        {create.error && !isNameTaken(create.error) && (
          <ProblemCallout error={create.error} shownPaths={['name', 'description']} />
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create project
        </Button>
      </DialogFooter>
    </form>
  );
}
