import type { ReactNode } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { RequestFailure } from '@/lib/api.ts';

interface SavedFormProps<Values extends FieldValues, Output> {
  label: string;
  form: Pick<UseFormReturn<Values, unknown, Output>, 'formState'>;
  mayWrite: boolean;
  busy: boolean;
  error: Error | null;
  /** Paths that are told next to their own fields already. */
  shownPaths: readonly string[];
  /** What somebody else saved meanwhile is known: over what is not known nothing is saved. */
  theirsIsRead: boolean;
  onSave: () => void;
  onSaveOver: () => void;
  onDiscard: () => void;
  /** What leaving loses. */
  lost: string;
  children: ReactNode;
}

/** The frame of a form for something that is stored: saved against its tag, guarded while it is dirty. */
export function SavedForm<Values extends FieldValues, Output>(props: SavedFormProps<Values, Output>) {
  const { label, form, mayWrite, busy, error, shownPaths, theirsIsRead, onSave, onSaveOver, onDiscard, lost } = props;
  const { isDirty } = form.formState;
  const overtaken = error instanceof RequestFailure && error.code === 'precondition_failed' && theirsIsRead;
  return (
    <form
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <fieldset disabled={!mayWrite} className="flex min-w-0 flex-col gap-4 p-4">
        {props.children}
        {error && <ProblemCallout error={error} shownPaths={shownPaths} />}
      </fieldset>
      {mayWrite && (
        <div className="sticky bottom-0 flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
          {isDirty && (
            <Button variant="ghost" onClick={onDiscard}>
              Discard
            </Button>
          )}
          {overtaken && <Button onClick={onSaveOver}>Save mine over it</Button>}
          <Button type="submit" variant="primary" disabled={!isDirty} busy={busy}>
            Save
          </Button>
        </div>
      )}
      <LeaveGuard dirty={isDirty} description={lost} />
    </form>
  );
}
