import { type Agent, type UpdateAgentRequest, updateAgentRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { WordList } from '@/components/word-list.tsx';
import { BudgetsCard } from '@/features/budgets/budgets-card.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { agentQuery } from './queries.ts';
import { useSetAgentStatus } from './use-agent-actions.ts';

const DraftSettings = lazy(() => import('./draft-settings.tsx'));

export function AgentSettings({ tagged }: { tagged: Tagged<Agent> }) {
  return (
    <div className="flex max-w-2xl flex-col gap-5">
      <NameCard tagged={tagged} />
      <Suspense fallback={<Skeleton className="h-96 w-full" />}>
        <DraftSettings agent={tagged.value} />
      </Suspense>
      <BudgetsCard
        path={`/agents/${tagged.value.id}/budget`}
        owner="this agent"
        description="What its own model calls may cost, in every execution of it."
      />
      <StatusCard agent={tagged.value} />
    </div>
  );
}

function fieldsOf({ name, description, tags }: Agent): UpdateAgentRequest {
  return { name, description, tags };
}

function NameCard({ tagged }: { tagged: Tagged<Agent> }) {
  const agent = tagged.value;
  const queries = useQueryClient();
  const mayWrite = useCan('agents:write');
  const form = useForm<UpdateAgentRequest>({
    resolver: zodResolver(updateAgentRequest),
    mode: 'onTouched',
    defaultValues: fieldsOf(agent),
  });
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const save = useMutation({
    mutationFn: async ({ body, etag }: { body: UpdateAgentRequest; etag: string | null }) =>
      readTagged<Agent>(
        await fetchApi(`/agents/${agent.id}`, {
          method: 'PUT',
          body,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(agentQuery(agent.id).queryKey, saved);
      startFrom(saved);
      void queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      toast.success('Saved');
    },
    onError: (error) => {
      showOnFields(form, error, ['name', 'description', 'tags']);
      // What somebody else has made of it, for the choice below.
      void queries.invalidateQueries({ queryKey: agentQuery(agent.id).queryKey });
    },
  });
  const { errors, isDirty } = form.formState;
  const overtaken = save.error instanceof RequestFailure && save.error.code === 'precondition_failed';
  const discard = () => {
    save.reset();
    startFrom(tagged);
  };
  return (
    <Card>
      <CardHeader title="Name, description and tags" />
      <form noValidate onSubmit={form.handleSubmit((body) => save.mutate({ body, etag: base.current.etag }))}>
        <fieldset disabled={!mayWrite} className="flex flex-col gap-4 p-4">
          <Field label="Name" error={errors.name && 'Give the agent a name of up to 120 characters'}>
            {(control) => <Input {...control} {...form.register('name')} autoComplete="off" />}
          </Field>
          <Field label="Description" optional error={errors.description && 'At most 2,000 characters'}>
            {(control) => <Textarea {...control} {...form.register('description')} rows={4} />}
          </Field>
          <Field
            label="Tags"
            optional
            help="Words by which policies speak of it, such as prod or finance."
            error={errors.tags && 'Lower-case letters, digits and _ . : -, each once, 20 tags at most'}
          >
            {({ id, 'aria-invalid': invalid, 'aria-describedby': describedBy }) => (
              <Controller
                control={form.control}
                name="tags"
                render={({ field }) => (
                  <WordList
                    id={id}
                    label="Tags"
                    invalid={invalid}
                    describedBy={describedBy}
                    placeholder="prod, finance"
                    value={field.value ?? []}
                    onChange={field.onChange}
                  />
                )}
              />
            )}
          </Field>
          {save.error && <ProblemCallout error={save.error} shownPaths={['name', 'description', 'tags']} />}
        </fieldset>
        {mayWrite && (
          <div className="flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
            {isDirty && (
              <Button variant="ghost" onClick={discard}>
                Discard
              </Button>
            )}
            {overtaken && (
              <Button onClick={form.handleSubmit((body) => save.mutate({ body, etag: tagged.etag }))}>
                Save mine over it
              </Button>
            )}
            <Button type="submit" variant="primary" disabled={!isDirty} busy={save.isPending}>
              Save
            </Button>
          </div>
        )}
      </form>
      <LeaveGuard dirty={isDirty} description="The changed name, description or tags are not saved." />
    </Card>
  );
}

function StatusCard({ agent }: { agent: Agent }) {
  const mayPublish = useCan('agents:publish');
  const setStatus = useSetAgentStatus(agent);
  const [archiving, setArchiving] = useState(false);
  if (!mayPublish) return null;
  return (
    <Card>
      <CardHeader title="Status" />
      <div className="divide-y divide-line">
        {agent.live_version !== null && (
          <div className="flex flex-wrap items-center gap-3 p-4">
            <div className="min-w-0 flex-1 basis-60">
              <p className="font-medium">
                {agent.status === 'active' ? 'Pause' : agent.status === 'archived' ? 'Bring back' : 'Resume'}
              </p>
              <p className="text-sm text-soft">
                {agent.status === 'active'
                  ? 'No new executions start until you resume it. Running ones go on, queued ones wait.'
                  : 'New executions can start again.'}
              </p>
            </div>
            <Button
              busy={setStatus.isPending && !archiving}
              onClick={() => setStatus.mutate(agent.status === 'active' ? 'paused' : 'active')}
            >
              {agent.status === 'active'
                ? 'Pause agent'
                : agent.status === 'archived'
                  ? 'Bring back agent'
                  : 'Resume agent'}
            </Button>
          </div>
        )}
        {agent.status !== 'archived' && (
          <div className="flex flex-wrap items-center gap-3 p-4">
            <div className="min-w-0 flex-1 basis-60">
              <p className="font-medium">Archive</p>
              <p className="text-sm text-soft">
                It can no longer be started, and what is queued is cancelled. Versions and past executions stay.
              </p>
            </div>
            <Button variant="danger" onClick={() => setArchiving(true)}>
              Archive agent…
            </Button>
          </div>
        )}
        {setStatus.error && !archiving && <ProblemCallout error={setStatus.error} className="m-4" />}
      </div>
      <ConfirmDialog
        open={archiving}
        onOpenChange={setArchiving}
        title={`Archive ${agent.name}?`}
        description="Nothing can start it any more, API keys included, until it is brought back."
        confirmLabel="Archive agent"
        danger
        typedName={agent.name}
        busy={setStatus.isPending}
        error={archiving ? setStatus.error : null}
        onConfirm={() => setStatus.mutate('archived', { onSuccess: () => setArchiving(false) })}
      />
    </Card>
  );
}
