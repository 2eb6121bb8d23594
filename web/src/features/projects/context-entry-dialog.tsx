import {
  type ContextEntry,
  contextKey as keySchema,
  type SetContextRequest,
  setContextRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { z } from 'zod';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { JsonEditor } from '@/components/json-editor.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { api, RequestFailure } from '@/lib/api.ts';
import { jsonMistake } from '@/lib/json-path.ts';
import { contextExpression } from './context-expression.ts';
import { contextKey, entryPath } from './queries.ts';
import { TimeToLiveField } from './time-to-live-field.tsx';

const schema = z.object({
  key: keySchema,
  text: z.string().refine((text) => jsonMistake(text) === null),
  ttl_seconds: setContextRequest.shape.ttl_seconds,
});
type Fields = z.input<typeof schema>;
type Entry = z.output<typeof schema>;

interface DialogProps {
  onClose: () => void;
  onSaved: () => void;
}

export function AddContextEntryDialog({ projectId, onClose, onSaved }: DialogProps & { projectId: string }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add a value"
      description="Steps of the project's executions can read it until its time is over."
      className="max-w-xl"
      startInField
    >
      <EntryForm
        projectId={projectId}
        initial={{ key: '', text: '{}', ttl_seconds: 3600 }}
        existing={null}
        onClose={onClose}
        onSaved={onSaved}
      />
    </Dialog>
  );
}

/** Changes a value as it was seen; what somebody else has saved meanwhile is shown first. */
export function EditContextEntryDialog({ entry, onClose, onSaved }: DialogProps & { entry: ContextEntry }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Edit ${entry.key}`}
      description="Steps that begin from now on read the new value."
      className="max-w-xl"
    >
      <EntryForm
        projectId={entry.project_id}
        initial={{
          key: entry.key,
          text: JSON.stringify(entry.value, null, 2),
          ttl_seconds: Math.round((Date.parse(entry.expires_at) - Date.parse(entry.updated_at)) / 1000),
        }}
        existing={entry}
        onClose={onClose}
        onSaved={onSaved}
      />
    </Dialog>
  );
}

interface EntryFormProps extends DialogProps {
  projectId: string;
  initial: Entry;
  /** What is changed; null for a key that must not be there yet. */
  existing: ContextEntry | null;
}

interface Save extends Entry {
  readonly if_version: number;
}

function EntryForm({ projectId, initial, existing, onClose, onSaved }: EntryFormProps) {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<Entry | null>(null);
  const form = useForm<Fields, unknown, Entry>({
    resolver: zodResolver(schema),
    mode: 'onTouched',
    defaultValues: initial,
  });
  const save = useMutation({
    mutationFn: ({ key, text, ttl_seconds, if_version }: Save) =>
      api<ContextEntry>(entryPath(projectId, key), {
        method: 'PUT',
        body: { value: JSON.parse(text), ttl_seconds, if_version } satisfies SetContextRequest,
      }),
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: contextKey(projectId) });
      toast.success(`${key} is saved`);
      onSaved();
    },
    onError: (error, entry) => {
      if (!isOvertaken(error)) return setConflict(null);
      if (existing !== null) setConflict(entry);
      else form.setError('key', { type: 'taken', message: 'taken' }, { shouldFocus: true });
    },
  });
  const { errors } = form.formState;
  const key = form.watch('key');
  return (
    <form
      noValidate
      className="flex min-h-0 flex-col"
      onSubmit={form.handleSubmit((entry) => save.mutate({ ...entry, if_version: existing?.version ?? 0 }))}
    >
      <DialogBody>
        {existing === null && (
          <Field
            label="Key"
            help={
              <>
                Steps write{' '}
                <code className="break-all font-mono text-text">{contextExpression(key === '' ? 'key' : key)}</code>
              </>
            }
            error={
              errors.key &&
              (errors.key.type === 'taken'
                ? 'There is a value under this key already: open it in the list to change it'
                : 'Begin with a letter; then letters, digits and _ . : - up to 128')
            }
          >
            {(control) => (
              <Input
                {...control}
                {...form.register('key', { setValueAs: (text: string) => text.trim() })}
                className="font-mono"
                placeholder="plan"
                autoComplete="off"
                spellCheck={false}
              />
            )}
          </Field>
        )}
        <Controller
          control={form.control}
          name="text"
          render={({ field }) => (
            <div className="flex flex-col gap-1.5">
              <span className="font-medium text-sm text-text">Value</span>
              <JsonEditor
                label="Value as JSON"
                value={field.value}
                onChange={field.onChange}
                minLines={6}
                maxLines={14}
              />
            </div>
          )}
        />
        <Controller
          control={form.control}
          name="ttl_seconds"
          render={({ field }) => (
            <TimeToLiveField
              seconds={field.value}
              onChange={field.onChange}
              onBlur={field.onBlur}
              error={errors.ttl_seconds && 'Between 1 second and 30 days'}
            />
          )}
        />
        {save.error && !isOvertaken(save.error) && <ProblemCallout error={save.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending} disabled={errors.text !== undefined}>
          {existing === null ? 'Add value' : 'Save'}
        </Button>
      </DialogFooter>
      {conflict !== null && (
        <ConflictDialog
          description={`${conflict.key} has changed since you opened it. Your value is not saved yet.`}
          query={{
            queryKey: [...contextKey(projectId), 'theirs', conflict.key, save.submittedAt],
            queryFn: ({ signal }) => readEntry(projectId, conflict.key, signal),
          }}
          className="max-w-3xl"
          busy={save.isPending}
          onKeepMine={(theirs) => save.mutate({ ...conflict, if_version: theirs?.version ?? 0 })}
          onTakeTheirs={() => {
            void queries.invalidateQueries({ queryKey: contextKey(projectId) });
            onClose();
          }}
          onClose={() => setConflict(null)}
        >
          {(theirs) => (
            <div className="grid gap-4 sm:grid-cols-2">
              <section aria-label="Now" className="min-w-0">
                <h3 className="mb-1.5 text-sm text-soft">
                  Now{theirs !== null && <span className="text-faint">, version {theirs.version}</span>}
                </h3>
                {theirs === null ? (
                  <p className="text-sm text-text">Gone: it was deleted, or its time was over.</p>
                ) : (
                  <JsonView value={theirs.value} label="Their value" compact />
                )}
              </section>
              <section aria-label="Yours" className="min-w-0">
                <h3 className="mb-1.5 text-sm text-soft">Yours</h3>
                <JsonView value={JSON.parse(conflict.text)} label="Your value" compact />
              </section>
            </div>
          )}
        </ConflictDialog>
      )}
    </form>
  );
}

function isOvertaken(error: Error): boolean {
  return error instanceof RequestFailure && error.code === 'precondition_failed';
}

/** Null where the key is not there any more. */
async function readEntry(projectId: string, key: string, signal: AbortSignal): Promise<ContextEntry | null> {
  try {
    return await api<ContextEntry>(entryPath(projectId, key), { signal });
  } catch (error) {
    if (error instanceof RequestFailure && error.status === 404) return null;
    throw error;
  }
}
