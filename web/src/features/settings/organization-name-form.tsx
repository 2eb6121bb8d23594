import { type Organization, type UpdateOrganizationRequest, updateOrganizationRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { meQuery } from '@/features/shell/queries.ts';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { renameSessionOrganization } from '@/lib/session.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { organizationQuery } from './queries.ts';

interface Rename {
  readonly name: string;
  readonly etag: string | null;
}

function fieldsOf({ name }: Organization): UpdateOrganizationRequest {
  return { name };
}

export function OrganizationNameForm({ tagged }: { tagged: Tagged<Organization> }) {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<string | null>(null);
  const form = useForm<UpdateOrganizationRequest>({
    resolver: zodResolver(updateOrganizationRequest),
    mode: 'onTouched',
    defaultValues: fieldsOf(tagged.value),
  });
  const { errors, isDirty } = form.formState;
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const adopt = (next: Tagged<Organization>) => {
    queries.setQueryData(organizationQuery.queryKey, next);
    startFrom(next);
    renameSessionOrganization(next.value);
    void queries.invalidateQueries({ queryKey: meQuery.queryKey });
    setConflict(null);
  };
  const save = useMutation({
    mutationFn: async ({ name, etag }: Rename) =>
      readTagged<Organization>(
        await fetchApi('/org', { method: 'PUT', body: { name }, headers: etag === null ? {} : { 'If-Match': etag } }),
      ),
    onSuccess: (saved) => {
      adopt(saved);
      toast.success('Organization renamed');
    },
    onError: (error, { name }) => {
      if (error instanceof RequestFailure && error.code === 'precondition_failed') setConflict(name);
      else showOnFields(form, error, ['name']);
    },
  });
  const changedMeanwhile = save.error instanceof RequestFailure && save.error.code === 'precondition_failed';
  return (
    <>
      <form noValidate onSubmit={form.handleSubmit(({ name }) => save.mutate({ name, etag: base.current.etag }))}>
        <div className="flex flex-col gap-4 p-4">
          <Field
            label="Name"
            help="Everybody in the organization sees it."
            error={errors.name && 'Give the organization a name of up to 120 characters'}
          >
            {(control) => <Input {...control} {...form.register('name')} autoComplete="organization" />}
          </Field>
          {save.error && !changedMeanwhile && <ProblemCallout error={save.error} shownPaths={['name']} />}
        </div>
        <div className="flex justify-end gap-2 border-line border-y bg-sunken px-4 py-2.5">
          {isDirty && (
            <Button variant="ghost" onClick={() => startFrom(tagged)}>
              Discard
            </Button>
          )}
          <Button type="submit" variant="primary" disabled={!isDirty} busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
      {conflict !== null && (
        <ConflictDialog
          description="The organization has changed since you opened this page. Your name is not saved yet."
          query={{
            queryKey: ['organization', 'theirs', conflict],
            queryFn: async ({ signal }) => readTagged<Organization>(await fetchApi('/org', { signal })),
          }}
          className="max-w-md"
          busy={save.isPending}
          onKeepMine={({ etag }) => save.mutate({ name: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        >
          {(theirs) => (
            <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
              <dt className="text-soft">Now</dt>
              <dd className="break-words font-medium text-text">{theirs.value.name}</dd>
              <dt className="text-soft">Yours</dt>
              <dd className="break-words font-medium text-text">{conflict}</dd>
            </dl>
          )}
        </ConflictDialog>
      )}
      <LeaveGuard dirty={isDirty} description="The changed name is not saved." />
    </>
  );
}
