import type { Policy, Stop } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { type UseFormReturn, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { fetchApi, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import { isNameTaken, showNameTaken } from '@/lib/form-problems.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { DryRunCard, useDryRun } from './dry-run.tsx';
import { fieldsOf, NEW_POLICY, type PolicyFields, policyResolver } from './policy-fields.ts';
import { PolicyForm } from './policy-form.tsx';
import { PolicySummary } from './policy-summary.tsx';
import { policyQuery } from './queries.ts';

/** Also tells what it stops, where it does. */
type SavedPolicy = Policy & Partial<Pick<Stop, 'targeted'>>;

const LOST = 'The changed policy is not saved.';

/** Puts what the server refuses on the fields, however deep; gives the paths. */
function showRefusals(form: UseFormReturn<PolicyFields>, error: unknown): void {
  if (!(error instanceof RequestFailure)) return;
  for (const { path, message } of error.errors) form.setError(path as keyof PolicyFields, { type: 'refused', message });
  showNameTaken(form, error, 'name');
}

/** What is said of a saved policy, with what it ends. */
function toastSaved({ targeted }: SavedPolicy): void {
  const ends = targeted === undefined || targeted === 0 ? '' : `; ${targeted} live executions are being stopped`;
  toast.success(`The policy holds from this moment on${ends}`);
}

function isOvertaken(error: unknown): boolean {
  return error instanceof RequestFailure && error.code === 'precondition_failed';
}

export function NewPolicy() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const saved = useRef(false);
  const form = useForm<PolicyFields>({ resolver: policyResolver, mode: 'onTouched', defaultValues: NEW_POLICY });
  const create = useMutation({
    mutationFn: async (body: PolicyFields) =>
      readTagged<SavedPolicy>(
        await fetchApi('/policies', { method: 'POST', body, headers: { 'Idempotency-Key': newIdempotencyKey() } }),
      ),
    onSuccess: async ({ value, etag }) => {
      saved.current = true;
      queries.setQueryData(policyQuery(value.id).queryKey, { value, etag });
      await queries.invalidateQueries({ queryKey: ['policies', 'list'] });
      toastSaved(value);
      await navigate({ to: '/dashboard/policies/$policyId', params: { policyId: value.id } });
    },
    onError: (error) => showRefusals(form, error),
  });
  return (
    <EditorFrame
      form={form}
      replaces={null}
      mayWrite
      onSubmit={(body) => create.mutate(body)}
      error={create.error}
      actions={
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create policy
        </Button>
      }
    >
      <LeaveGuard dirty={() => form.formState.isDirty && !saved.current} description={LOST} />
    </EditorFrame>
  );
}

export function EditPolicy({ tagged, mayWrite }: { tagged: Tagged<Policy>; mayWrite: boolean }) {
  const { id } = tagged.value;
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<PolicyFields | null>(null);
  const form = useForm<PolicyFields>({
    resolver: policyResolver,
    mode: 'onTouched',
    defaultValues: fieldsOf(tagged.value),
  });
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const adopt = (next: Tagged<Policy>) => {
    queries.setQueryData(policyQuery(id).queryKey, next);
    startFrom(next);
    setConflict(null);
    void queries.invalidateQueries({ queryKey: ['policies', 'list'] });
    void queries.invalidateQueries({ queryKey: ['policies', id, 'versions'] });
  };
  const save = useMutation({
    mutationFn: async ({ body, etag }: { body: PolicyFields; etag: string | null }) =>
      readTagged<SavedPolicy>(
        await fetchApi(`/policies/${id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (next) => {
      adopt(next);
      toastSaved(next.value);
    },
    onError: (error, { body }) => {
      if (isOvertaken(error)) return setConflict(body);
      // The dialog would hide what is said at the fields.
      setConflict(null);
      showRefusals(form, error);
    },
  });
  const { isDirty } = form.formState;
  return (
    <EditorFrame
      form={form}
      replaces={id}
      mayWrite={mayWrite}
      onSubmit={(body) => save.mutate({ body, etag: base.current.etag })}
      error={isOvertaken(save.error) ? null : save.error}
      actions={
        <>
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
        </>
      }
    >
      {conflict !== null && (
        <ConflictDialog
          description="The policy has changed since you opened this page. What you changed is not saved yet."
          query={{
            queryKey: [...policyQuery(id).queryKey, 'theirs', conflict],
            queryFn: async ({ signal }) => readTagged<Policy>(await fetchApi(`/policies/${id}`, { signal })),
          }}
          busy={save.isPending}
          onKeepMine={({ etag }) => save.mutate({ body: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        >
          {(theirs) => (
            <div className="grid gap-4 sm:grid-cols-2">
              <section aria-label="Now" className="min-w-0">
                <h3 className="mb-1.5 text-sm text-soft">Now</h3>
                <PolicySummary policy={theirs.value} />
              </section>
              <section aria-label="Yours" className="min-w-0">
                <h3 className="mb-1.5 text-sm text-soft">Yours</h3>
                <PolicySummary policy={conflict} />
              </section>
            </div>
          )}
        </ConflictDialog>
      )}
      <LeaveGuard dirty={isDirty} description={LOST} />
    </EditorFrame>
  );
}

interface EditorFrameProps {
  form: UseFormReturn<PolicyFields>;
  /** The saved policy that the dry run puts this one in the place of. */
  replaces: string | null;
  mayWrite: boolean;
  onSubmit: (fields: PolicyFields) => void;
  error: Error | null;
  actions: ReactNode;
  children: ReactNode;
}

/** The form with the dry run beside it, or below it where there is no room. */
function EditorFrame({ form, replaces, mayWrite, onSubmit, error, actions, children }: EditorFrameProps) {
  const fields = useWatch({ control: form.control }) as PolicyFields;
  const run = useDryRun(fields, replaces);
  const { evaluation, waitsFor } = run;
  const outcomes = useMemo(() => {
    const own = waitsFor === null ? evaluation?.policies.find(({ id }) => id === replaces) : undefined;
    return new Map((own?.conditions ?? []).map(({ path, outcome }) => [path, outcome]));
  }, [evaluation, waitsFor, replaces]);
  const shownPaths = error instanceof RequestFailure ? error.errors.map(({ path }) => path) : [];
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_25rem]">
      <form noValidate aria-label="Policy" className="min-w-0" onSubmit={form.handleSubmit(onSubmit)}>
        <PolicyForm form={form} outcomes={outcomes} mayWrite={mayWrite} />
        {error !== null && !isNameTaken(error) && (
          <ProblemCallout error={error} shownPaths={shownPaths} className="mt-4" />
        )}
        {mayWrite && <div className="mt-4 flex justify-end gap-2">{actions}</div>}
      </form>
      <div className="min-w-0 lg:sticky lg:top-4">
        <DryRunCard run={run} draftName={fields.name.trim()} isActive={fields.is_active} />
      </div>
      {children}
    </div>
  );
}
