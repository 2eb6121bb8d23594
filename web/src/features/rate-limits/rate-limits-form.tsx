import type { OrganizationRateLimits, SetOrganizationRateLimitsRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { type FieldError, type UseFormReturn, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ConflictDialog } from '@/components/conflict-dialog.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Input } from '@/components/ui/input.tsx';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { useEditedCopy } from '@/lib/use-edited-copy.ts';
import {
  columnName,
  fieldsOf,
  type LimitFields,
  type LimitSubject,
  limitForm,
  SUBJECTS,
  WINDOWS,
} from './limit-fields.ts';
import { LimitSentences } from './limit-sentences.tsx';
import { rateLimitsQuery } from './queries.ts';

type Limits = SetOrganizationRateLimitsRequest;
type LimitForm = UseFormReturn<LimitFields, unknown, Limits>;

const COLUMNS = 'grid grid-cols-4 gap-x-2 gap-y-1 sm:grid-cols-[minmax(0,1fr)_repeat(4,5.5rem)]';
const PATHS = SUBJECTS.flatMap(({ path, windows }) => windows.map((window) => `${path}.${window}` as const));

interface RateLimitsFormProps {
  tagged: Tagged<OrganizationRateLimits>;
  mayChange: boolean;
}

export function RateLimitsForm({ tagged, mayChange }: RateLimitsFormProps) {
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<Limits | null>(null);
  const [shownPaths, setShownPaths] = useState<string[]>([]);
  const form: LimitForm = useForm<LimitFields, unknown, Limits>({
    resolver: zodResolver(limitForm),
    mode: 'onTouched',
    defaultValues: fieldsOf(tagged.value),
  });
  const { isDirty } = form.formState;
  const { base, startFrom } = useEditedCopy(tagged, form, fieldsOf);
  const adopt = (next: Tagged<OrganizationRateLimits>) => {
    queries.setQueryData(rateLimitsQuery.queryKey, next);
    startFrom(next);
    setConflict(null);
  };
  const save = useMutation({
    mutationFn: async ({ limits, etag }: { limits: Limits; etag: string | null }) =>
      readTagged<OrganizationRateLimits>(
        await fetchApi('/org/rate-limits', {
          method: 'PUT',
          body: limits,
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      ),
    onSuccess: (saved) => {
      adopt(saved);
      toast.success('The limits hold from this moment on');
    },
    onError: (error, { limits }) => {
      if (isOvertaken(error)) return setConflict(limits);
      // The dialog would hide what is said at the fields.
      setConflict(null);
      setShownPaths(showOnFields(form, error, PATHS));
    },
  });
  return (
    <>
      <form
        noValidate
        aria-label="Rate limits"
        onSubmit={form.handleSubmit((limits) => save.mutate({ limits, etag: base.current.etag }))}
      >
        <fieldset disabled={!mayChange} className="flex flex-col gap-3 p-4">
          <div className={`${COLUMNS} text-faint text-xs`} aria-hidden="true">
            <span className="max-sm:hidden" />
            {WINDOWS.map((window) => (
              <span key={window}>{columnName(window)}</span>
            ))}
          </div>
          {SUBJECTS.map((subject) => (
            <SubjectRow key={subject.path} form={form} subject={subject} />
          ))}
          {save.error && !isOvertaken(save.error) && <ProblemCallout error={save.error} shownPaths={shownPaths} />}
        </fieldset>
        {mayChange && (
          <div className="flex flex-wrap items-center justify-end gap-2 border-line border-t bg-sunken px-4 py-2.5">
            <p className="min-w-0 flex-1 basis-full text-faint text-xs sm:basis-60">
              Hours and days begin on the full hour and at midnight, UTC.
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
          description="The limits have changed since you opened this page. Yours are not saved yet."
          query={{
            queryKey: [...rateLimitsQuery.queryKey, 'theirs', conflict],
            queryFn: async ({ signal }) =>
              readTagged<OrganizationRateLimits>(await fetchApi('/org/rate-limits', { signal })),
          }}
          busy={save.isPending}
          onKeepMine={({ etag }) => save.mutate({ limits: conflict, etag })}
          onTakeTheirs={adopt}
          onClose={() => setConflict(null)}
        >
          {({ value }) => (
            <div className="grid gap-4 sm:grid-cols-2">
              <LimitSentences title="Now" limits={value} />
              <LimitSentences title="Yours" limits={conflict} />
            </div>
          )}
        </ConflictDialog>
      )}
      <LeaveGuard dirty={isDirty} description="The changed limits are not saved." />
    </>
  );
}

function SubjectRow({ form, subject }: { form: LimitForm; subject: LimitSubject }) {
  const { path, label, help, windows } = subject;
  const noteId = `${path}-note`;
  const problems = windows.flatMap((window) => {
    const { error } = form.getFieldState(`${path}.${window}`, form.formState);
    return error === undefined ? [] : [{ window, message: wordsOf(error) }];
  });
  return (
    <fieldset aria-label={label} className={`${COLUMNS} min-w-0`}>
      <span className="col-span-4 self-center text-sm text-text sm:col-span-1">
        {label}
        {help !== undefined && <span className="block text-faint text-xs">{help}</span>}
      </span>
      {windows.map((window) => (
        <Input
          key={window}
          {...form.register(`${path}.${window}`, { setValueAs: numberOf })}
          aria-label={`${label}, ${columnName(window)}`}
          aria-invalid={problems.some((problem) => problem.window === window)}
          aria-describedby={problems.length === 0 ? undefined : noteId}
          inputMode="numeric"
          autoComplete="off"
          placeholder="–"
          className="tabular-nums"
        />
      ))}
      {problems.length > 0 && (
        <p id={noteId} role="alert" className="col-span-full flex items-start gap-1.5 text-failed text-xs">
          <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
          {problems.map(({ window, message }) => `The limit ${columnName(window)} ${message}.`).join(' ')}
        </p>
      )}
    </fieldset>
  );
}

/** Null for an empty field; what is no number stays none, for the schema to refuse. */
function numberOf(value: string | number | null): number | null {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  return text === '' ? null : Number(text);
}

/** The contract's own rules have words; those of a single number need some. */
function wordsOf({ type, message }: FieldError): string {
  if (type === 'invalid_type') return 'must be a whole number';
  if (type === 'too_small') return 'must be at least 1';
  if (type === 'too_big') return 'is more than can be counted';
  return message ?? 'is not valid';
}

function isOvertaken(error: Error | null): boolean {
  return error instanceof RequestFailure && error.code === 'precondition_failed';
}
