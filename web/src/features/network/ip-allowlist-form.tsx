import { type IpAllowlist, type SetIpAllowlistRequest, setIpAllowlistRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, Globe, LocateFixed, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { type FieldError, useFieldArray, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import type { z } from 'zod';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Input } from '@/components/ui/input.tsx';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import { NetworkList } from './network-list.tsx';
import { ipAllowlistQuery } from './queries.ts';

type Fields = z.input<typeof setIpAllowlistRequest>;
type Entries = SetIpAllowlistRequest['entries'];

interface Save {
  readonly entries: Entries;
  readonly etag: string | null;
}

function fieldsOf({ entries }: IpAllowlist): Fields {
  return { entries: [...entries] };
}

export function IpAllowlistForm({ tagged, mayManage }: { tagged: Tagged<IpAllowlist>; mayManage: boolean }) {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<Entries | null>(null);
  const [shownPaths, setShownPaths] = useState<string[]>([]);
  const form = useForm<Fields, unknown, SetIpAllowlistRequest>({
    resolver: zodResolver(setIpAllowlistRequest),
    mode: 'onTouched',
    defaultValues: fieldsOf(tagged.value),
  });
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'entries' });
  const entries = useWatch({ control: form.control, name: 'entries' });
  const { errors, isDirty } = form.formState;
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const adopt = (next: Tagged<IpAllowlist>) => {
    queries.setQueryData(ipAllowlistQuery.queryKey, next);
    startFrom(next);
    setConflict(null);
  };
  const save = useMutation({
    mutationFn: async ({ entries: wanted, etag }: Save) =>
      readTagged<IpAllowlist>(
        await fetchApi('/org/ip-allowlist', {
          method: 'PUT',
          body: { entries: wanted },
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      adopt(saved);
      toast.success(
        saved.value.entries.length === 0 ? 'Every address is allowed' : 'The allowlist holds from this moment on',
      );
    },
    onError: (error, { entries: wanted }) => {
      if (isOvertaken(error)) return setConflict(wanted);
      // The dialog would hide what is said at the fields.
      setConflict(null);
      const paths = wanted.flatMap((_entry, index) => [
        `entries.${index}.network` as const,
        `entries.${index}.description` as const,
      ]);
      const shown = showOnFields(form, error, paths);
      const whole = error instanceof RequestFailure ? error.errors.find((each) => isWholeList(each.path)) : undefined;
      if (whole !== undefined) form.setError('root.list', { type: 'refused', message: `The list ${whole.message}` });
      setShownPaths(whole === undefined ? shown : [...shown, whole.path]);
    },
  });

  const yourIp = tagged.value.your_ip;
  const listProblem = errors.root?.list?.message ?? errors.entries?.root?.message ?? errors.entries?.message;
  const toldElsewhere =
    isOvertaken(save.error) ||
    (save.error instanceof RequestFailure &&
      save.error.errors.length > 0 &&
      save.error.errors.every((each) => shownPaths.includes(each.path)));
  return (
    <>
      <form
        noValidate
        aria-label="IP allowlist"
        onSubmit={form.handleSubmit((body) => save.mutate({ entries: body.entries, etag: base.current.etag }))}
      >
        <fieldset disabled={!mayManage} className="flex flex-col gap-3 p-4">
          {fields.length === 0 ? (
            <p className="flex items-start gap-2.5 rounded-lg border border-line-strong border-dashed px-4 py-5 text-sm text-soft">
              <Globe className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
              <span>
                <strong className="block font-medium text-text">Every address is allowed</strong>
                The list is empty. With the first network on it, every other address is refused.
              </span>
            </p>
          ) : (
            <ul className="flex flex-col gap-3">
              {fields.map((field, index) => (
                <EntryRow
                  key={field.id}
                  place={index + 1}
                  problem={networkProblem(errors.entries?.[index]?.network)}
                  descriptionProblem={errors.entries?.[index]?.description && 'At most 120 characters'}
                  network={form.register(`entries.${index}.network`, { setValueAs: (text: string) => text.trim() })}
                  description={form.register(`entries.${index}.description`)}
                  onRemove={mayManage ? () => remove(index) : undefined}
                />
              ))}
            </ul>
          )}
          {listProblem !== undefined && (
            <p role="alert" className="flex items-start gap-1.5 text-failed text-sm">
              <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
              {listProblem}
            </p>
          )}
          {mayManage && (
            <div className="flex flex-wrap items-center gap-2">
              <Button disabled={fields.length >= 100} onClick={() => append({ network: '', description: '' })}>
                <Plus aria-hidden="true" /> Add network
              </Button>
              {yourIp !== null && !entries?.some((entry) => entry.network.trim() === yourIp) && (
                <Button
                  disabled={fields.length >= 100}
                  onClick={() =>
                    append(
                      { network: yourIp, description: 'My address' },
                      { focusName: `entries.${fields.length}.description` },
                    )
                  }
                >
                  <LocateFixed aria-hidden="true" /> Add my address
                </Button>
              )}
              {yourIp !== null && (
                <span className="text-faint text-xs">
                  You come from <code className="font-mono text-soft">{yourIp}</code>
                </span>
              )}
            </div>
          )}
          {save.error && !toldElsewhere && <ProblemCallout error={save.error} shownPaths={shownPaths} />}
        </fieldset>
        {mayManage && (
          <div className="flex flex-wrap items-center justify-end gap-2 border-line border-t bg-sunken px-4 py-2.5">
            <p className="min-w-0 flex-1 basis-full text-faint text-xs sm:basis-60">
              A list that would lock you out yourself is refused.
            </p>
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
          description="The allowlist has changed since you opened this page. Your list is not saved yet."
          query={{
            queryKey: [...ipAllowlistQuery.queryKey, 'theirs', conflict],
            queryFn: async ({ signal }) => readTagged<IpAllowlist>(await fetchApi('/org/ip-allowlist', { signal })),
          }}
          busy={save.isPending}
          onKeepMine={({ etag }) => save.mutate({ entries: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        >
          {({ value: { entries: theirs } }) => (
            <div className="grid gap-4 sm:grid-cols-2">
              <NetworkList title="Now" entries={theirs} others={conflict} />
              <NetworkList title="Yours" entries={conflict} others={theirs} />
            </div>
          )}
        </ConflictDialog>
      )}
      <LeaveGuard dirty={isDirty} description="The changed list is not saved." />
    </>
  );
}

function isOvertaken(error: Error | null): boolean {
  return error instanceof RequestFailure && error.code === 'precondition_failed';
}

/** Whether a problem is about the list and no single entry of it. */
function isWholeList(path: string): boolean {
  return path === '' || /^(body\.)?entries$/.test(path);
}

/** A refusal of the server has no type, and words of its own. */
function networkProblem(error: FieldError | undefined): string | undefined {
  if (error === undefined) return undefined;
  if (error.type !== undefined) return 'Enter an address or a network, like 203.0.113.7 or 203.0.113.0/24';
  const message = error.message ?? '';
  return message.charAt(0).toUpperCase() + message.slice(1);
}

interface EntryRowProps {
  place: number;
  problem: string | undefined;
  descriptionProblem: string | undefined;
  network: React.ComponentProps<'input'>;
  description: React.ComponentProps<'input'>;
  onRemove: (() => void) | undefined;
}

function EntryRow({ place, problem, descriptionProblem, network, description, onRemove }: EntryRowProps) {
  const noteId = `network-${place}-note`;
  const told = problem ?? descriptionProblem;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-2 gap-y-1.5 sm:grid-cols-[15rem_minmax(0,1fr)_auto]">
      <Input
        {...network}
        aria-label={`Network ${place}`}
        aria-invalid={problem !== undefined}
        aria-describedby={told === undefined ? undefined : noteId}
        className="font-mono text-sm"
        placeholder="203.0.113.0/24"
        autoComplete="off"
        spellCheck={false}
      />
      <Input
        {...description}
        aria-label={`Description of network ${place}`}
        aria-invalid={descriptionProblem !== undefined}
        className="max-sm:col-start-1 max-sm:row-start-2"
        placeholder="Office"
        autoComplete="off"
      />
      {onRemove !== undefined && (
        <Button variant="ghost" size="icon" aria-label={`Remove network ${place}`} onClick={onRemove}>
          <Trash2 aria-hidden="true" />
        </Button>
      )}
      {told !== undefined && (
        <p id={noteId} role="alert" className="col-span-full flex items-start gap-1.5 text-failed text-xs">
          <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
          {told}
        </p>
      )}
    </li>
  );
}
