import { type Organization, type UpdateOrganizationRequest, updateOrganizationRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { readTagged, type Tagged } from '@/features/agents/queries.ts';
import { meQuery } from '@/features/shell/queries.ts';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { renameSessionOrganization } from '@/lib/session.ts';
import { OrganizationConflictDialog } from './organization-conflict-dialog.tsx';
import { organizationQuery } from './queries.ts';

interface Rename {
  readonly name: string;
  readonly etag: string | null;
}

export function OrganizationNameForm({ tagged }: { tagged: Tagged<Organization> }) {
  const queries = useQueryClient();
  // What the typed name is based on. A refresh in the background replaces it only while nothing is typed: its newer tag
  // would let the save go over a name that this person has never seen.
  const base = useRef(tagged);
  const [conflict, setConflict] = useState<string | null>(null);
  const form = useForm<UpdateOrganizationRequest>({
    resolver: zodResolver(updateOrganizationRequest),
    mode: 'onTouched',
    defaultValues: { name: tagged.value.name },
  });
  const { errors, isDirty } = form.formState;
  const startFrom = useCallback(
    (next: Tagged<Organization>) => {
      base.current = next;
      form.reset({ name: next.value.name });
    },
    [form],
  );
  useEffect(() => {
    if (!form.formState.isDirty) startFrom(tagged);
  }, [tagged, form, startFrom]);

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
  const leave = useBlocker({ shouldBlockFn: () => isDirty, enableBeforeUnload: () => isDirty, withResolver: true });
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
        <OrganizationConflictDialog
          mine={conflict}
          busy={save.isPending}
          onKeepMine={(etag) => save.mutate({ name: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        />
      )}
      <ConfirmDialog
        open={leave.status === 'blocked'}
        onOpenChange={(open) => {
          if (!open) leave.reset?.();
        }}
        title="Leave without saving?"
        description="The changed name is not saved."
        confirmLabel="Leave"
        danger
        onConfirm={() => leave.proceed?.()}
      />
    </>
  );
}
