import {
  type CreateExternalAgentRequest,
  createExternalAgentRequest,
  type ExternalAgent,
  type Stop,
  type UpdateExternalAgentRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { BudgetsCard } from '@/features/budgets/budgets-card.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api, fetchApi, queryString, RequestFailure } from '@/lib/api.ts';
import { isNameTaken, showNameTaken, showOnFields } from '@/lib/form-problems.ts';
import { formatCount } from '@/lib/format.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { changesOf, type ExternalAgentForm, type FormValues, formOf } from './form-values.ts';
import { IdentityFields } from './identity-fields.tsx';
import { KillDialog } from './kill-dialog.tsx';
import { LimitFields } from './limit-fields.tsx';
import { externalAgentQuery } from './queries.ts';
import { RecordingFields } from './recording-fields.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { WebhookCard } from './webhook-card.tsx';

export default function SettingsTab({ tagged }: { tagged: Tagged<ExternalAgent> }) {
  const mayWrite = useCan('external_agents:write');
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <FormCard tagged={tagged} mayWrite={mayWrite} />
      <BudgetsCard
        path={`/external-agents/${tagged.value.id}/budget`}
        owner="this external agent"
        description="What its calls may cost, together with all that they start."
      />
      <WebhookCard agent={tagged.value} mayWrite={mayWrite} />
      {mayWrite && <DeleteCard agent={tagged.value} />}
    </div>
  );
}

interface Save {
  readonly body: UpdateExternalAgentRequest;
  readonly etag: string | null;
}

function FormCard({ tagged, mayWrite }: { tagged: Tagged<ExternalAgent>; mayWrite: boolean }) {
  const { id } = tagged.value;
  const queries = useQueryClient();
  const form: ExternalAgentForm = useForm<FormValues, unknown, CreateExternalAgentRequest>({
    resolver: zodResolver(createExternalAgentRequest),
    mode: 'onTouched',
    defaultValues: formOf(tagged.value),
  });
  const { isDirty } = form.formState;
  const { base, startFrom } = useEditedCopy(tagged, form, formOf);
  const save = useMutation({
    mutationFn: async ({ body, etag }: Save) =>
      readTagged<ExternalAgent>(
        await fetchApi(`/external-agents/${id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(externalAgentQuery(id).queryKey, saved);
      startFrom(saved);
      void queries.invalidateQueries({ queryKey: ['external-agents', 'list'] });
      toast.success('Saved');
    },
    onError: (error) => {
      showOnFields(form, error, ['name', 'description', 'max_concurrency', 'agents', 'operations']);
      showNameTaken(form, error, 'name');
      // What somebody else has made of it, for the choice below.
      void queries.invalidateQueries({ queryKey: externalAgentQuery(id).queryKey });
    },
  });
  // Offered once theirs is read: over what is not known yet nothing can be saved.
  const overtaken =
    save.error instanceof RequestFailure &&
    save.error.code === 'precondition_failed' &&
    tagged.etag !== base.current.etag;
  return (
    <Card>
      <CardHeader title="External agent" />
      <form
        noValidate
        onSubmit={form.handleSubmit((values) => save.mutate({ body: changesOf(values), etag: base.current.etag }))}
      >
        <fieldset disabled={!mayWrite} className="divide-y divide-line">
          <Part>
            <IdentityFields form={form} />
          </Part>
          <Part>
            <ScopeFields form={form} />
          </Part>
          <Part>
            <LimitFields form={form} />
          </Part>
          <Part>
            <RecordingFields form={form} />
            {save.error && !isNameTaken(save.error) && (
              <ProblemCallout error={save.error} shownPaths={['name', 'description', 'max_concurrency']} />
            )}
          </Part>
        </fieldset>
        {mayWrite && (
          <div className="sticky bottom-0 flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
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
            {overtaken && (
              <Button
                onClick={form.handleSubmit((values) => save.mutate({ body: changesOf(values), etag: tagged.etag }))}
              >
                Save mine over it
              </Button>
            )}
            <Button type="submit" variant="primary" disabled={!isDirty} busy={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
      <LeaveGuard dirty={isDirty} description="What you changed of the external agent is not saved." />
    </Card>
  );
}

function Part({ children }: { children: ReactNode }) {
  return <div className="flex flex-col gap-4 p-4">{children}</div>;
}

function DeleteCard({ agent }: { agent: ExternalAgent }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const remove = async (stopRunning: boolean) => {
    const query = queryString({ stop_running: String(stopRunning) });
    const stop = await api<Stop | undefined>(`/external-agents/${agent.id}${query}`, { method: 'DELETE' });
    // Its page is gone: how the stop goes on is seen in the executions.
    await navigate({ to: '/dashboard/external-agents' });
    await queries.invalidateQueries({ queryKey: ['external-agents'] });
    const stopping = stop?.targeted ?? 0;
    toast.success(`${agent.name} is deleted`, {
      ...(stopping === 0
        ? {}
        : {
            description: `${formatCount(stopping)} ${stopping === 1 ? 'execution is' : 'executions are'} being stopped.`,
          }),
    });
    return null;
  };
  return (
    <Card className="border-failed-solid/35">
      <CardHeader title="Danger zone" />
      <div className="flex flex-wrap items-center gap-3 p-4">
        <div className="min-w-0 flex-1 basis-60">
          <p className="font-medium">Delete the external agent</p>
          <p className="text-sm text-soft">
            Its keys are refused at once and for good. Its calls stay in the history of what they started.
          </p>
        </div>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete external agent…
        </Button>
      </div>
      {open && (
        <KillDialog
          title={`Delete ${agent.name}?`}
          description={
            <>
              <p>It cannot be brought back.</p>
              <ul className="mt-2 list-disc pl-4">
                <li>Every key of it is refused from this moment on, through every door.</li>
                <li>Its limits, its webhook and this page go.</li>
                <li>Executions that it started, and what they cost, stay.</li>
              </ul>
            </>
          }
          running="what it started"
          confirmLabel="Delete external agent"
          typedName={agent.name}
          onConfirm={remove}
          onClose={() => setOpen(false)}
        />
      )}
    </Card>
  );
}
