import { type Project, type UpdateProjectRequest, updateProjectRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { api, fetchApi, RequestFailure } from '@/lib/api.ts';
import { isNameTaken, showNameTaken, showOnFields } from '@/lib/form-problems.ts';
import { formatCount } from '@/lib/format.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { nameProblem } from './name-problem.ts';
import { projectAgentsQuery, projectQuery } from './queries.ts';

interface ProjectSettingsProps {
  tagged: Tagged<Project>;
  /** False for who may not, and for everybody once the project is archived. */
  mayWrite: boolean;
}

export function ProjectSettings({ tagged, mayWrite }: ProjectSettingsProps) {
  return (
    <div className="flex max-w-2xl flex-col gap-5">
      <NameCard tagged={tagged} mayWrite={mayWrite} />
      {mayWrite && <ArchiveCard project={tagged.value} />}
    </div>
  );
}

interface Save {
  readonly body: UpdateProjectRequest;
  readonly etag: string | null;
}

function fieldsOf({ name, description }: Project): UpdateProjectRequest {
  return { name, description };
}

function NameCard({ tagged, mayWrite }: ProjectSettingsProps) {
  const { id, name, description } = tagged.value;
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<UpdateProjectRequest | null>(null);
  const form = useForm<UpdateProjectRequest>({
    resolver: zodResolver(updateProjectRequest),
    mode: 'onTouched',
    defaultValues: fieldsOf(tagged.value),
  });
  const { errors, isDirty } = form.formState;
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const adopt = (next: Tagged<Project>) => {
    queries.setQueryData(projectQuery(id).queryKey, next);
    startFrom(next);
    void queries.invalidateQueries({ queryKey: ['projects', 'list'] });
    setConflict(null);
  };
  const save = useMutation({
    mutationFn: async ({ body, etag }: Save) =>
      readTagged<Project>(
        await fetchApi(`/projects/${id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      adopt(saved);
      toast.success('Project saved');
    },
    onError: (error, { body }) => {
      if (isOvertaken(error)) return setConflict(body);
      // The dialog would hide what is said at the fields.
      setConflict(null);
      showOnFields(form, error, ['name', 'description']);
      showNameTaken(form, error, 'name');
    },
  });
  return (
    <Card>
      <CardHeader title="Name and description" />
      <form noValidate onSubmit={form.handleSubmit((body) => save.mutate({ body, etag: base.current.etag }))}>
        <fieldset disabled={!mayWrite} className="flex flex-col gap-4 p-4">
          <Field label="Name" error={nameProblem(errors.name)}>
            {(control) => <Input {...control} {...form.register('name')} autoComplete="off" />}
          </Field>
          <Field label="Description" optional error={errors.description && 'At most 2,000 characters'}>
            {(control) => <Textarea {...control} {...form.register('description')} rows={4} />}
          </Field>
          {save.error && !isOvertaken(save.error) && !isNameTaken(save.error) && (
            <ProblemCallout error={save.error} shownPaths={['name', 'description']} />
          )}
        </fieldset>
        {mayWrite && (
          <div className="flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
            {isDirty && (
              <Button
                variant="ghost"
                onClick={() => {
                  save.reset();
                  startFrom(tagged);
                }}
              >
                Discard
              </Button>
            )}
            <Button type="submit" variant="primary" disabled={!isDirty} busy={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
      {conflict !== null && (
        <ConflictDialog
          description="The project has changed since you opened this page. What you typed is not saved yet."
          query={{
            queryKey: [...projectQuery(id).queryKey, 'theirs', conflict],
            queryFn: async ({ signal }) => readTagged<Project>(await fetchApi(`/projects/${id}`, { signal })),
          }}
          busy={save.isPending}
          onKeepMine={({ etag }) => save.mutate({ body: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        >
          {(theirs) => (
            <div className="grid gap-4 sm:grid-cols-2">
              <Version title="Now" {...theirs.value} />
              <Version title="Yours" name={conflict.name ?? name} description={conflict.description ?? description} />
            </div>
          )}
        </ConflictDialog>
      )}
      <LeaveGuard dirty={isDirty} description="The changed name or description is not saved." />
    </Card>
  );
}

function isOvertaken(error: Error): boolean {
  return error instanceof RequestFailure && error.code === 'precondition_failed';
}

function Version({ title, name, description }: { title: string; name: string; description: string }) {
  return (
    <section aria-label={title} className="min-w-0 text-sm">
      <h3 className="mb-1.5 text-soft">{title}</h3>
      <p className="break-words font-medium text-text">{name}</p>
      <p className="mt-1 whitespace-pre-line break-words text-soft">{description || 'No description'}</p>
    </section>
  );
}

function ArchiveCard({ project }: { project: Project }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const agents = useQuery({ ...projectAgentsQuery(project.id), enabled: open }).data?.data.length;
  const archive = useMutation({
    mutationFn: () => api(`/projects/${project.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await navigate({ to: '/dashboard/projects' });
      await queries.invalidateQueries({ queryKey: ['projects'] });
      toast.success(`${project.name} is archived`);
    },
  });
  return (
    <Card className="border-failed-solid/35">
      <CardHeader title="Danger zone" />
      <div className="flex flex-wrap items-center gap-3 p-4">
        <div className="min-w-0 flex-1 basis-60">
          <p className="font-medium">Archive the project</p>
          <p className="text-sm text-soft">
            Nothing new starts in it and its shared context is deleted. Agents, executions and their cost stay.
          </p>
        </div>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Archive project…
        </Button>
      </div>
      <ConfirmDialog
        open={open}
        onOpenChange={(next) => {
          archive.reset();
          setOpen(next);
        }}
        title={`Archive ${project.name}?`}
        description={
          <>
            <p>It cannot be brought back.</p>
            <ul className="mt-2 list-disc pl-4">
              <li>Every value of its shared context is deleted at once.</li>
              <li>
                {agents === undefined || agents === 0
                  ? 'Agents are untouched: they belong to the organization.'
                  : `The ${agents === 1 ? 'agent' : `${formatCount(agents)} agents`} that ran in it ${agents === 1 ? 'is' : 'are'} untouched and can run elsewhere. A start that names this project is refused.`}
              </li>
              <li>Executions and their cost stay; those that run now go on to their end, without the context.</li>
              <li>Its name is free again.</li>
            </ul>
          </>
        }
        confirmLabel="Archive project"
        danger
        typedName={project.name}
        busy={archive.isPending}
        error={archive.error}
        onConfirm={() => archive.mutate()}
      />
    </Card>
  );
}
