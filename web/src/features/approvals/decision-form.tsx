import type { Approval, JsonValue } from '@agentflow/contracts';
import { Check, Send, X } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { GeneratedForm } from '@/components/generated-form.tsx';
import { JsonEditor } from '@/components/json-editor.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { answersOf, type FormDraft, fieldsOf } from '@/lib/form-fields.ts';
import { useDecision } from './queries.ts';

const WHOLE = '';
const NOT_JSON = 'This is not JSON yet.';

/** The errors of a refused form by field: `form.severity` belongs to `severity`. */
function errorsByField(error: Error | null): Map<string, string> {
  const errors = new Map<string, string>();
  if (!(error instanceof RequestFailure)) return errors;
  for (const { path, message } of error.errors) {
    const [root, field = WHOLE, ...rest] = path.split('.');
    if (root === 'form' && !errors.has(field))
      errors.set(field, rest.length === 0 ? message : `${rest.join('.')} ${message}`);
  }
  return errors;
}

/** Comment, form and buttons. Ctrl or ⌘ with Enter approves, or sends the form. */
export function DecisionForm({ approval }: { approval: Approval }) {
  const decide = useDecision(approval);
  const [comment, setComment] = useState('');
  const [draft, setDraft] = useState<FormDraft>({});
  const [whole, setWhole] = useState('{}');
  const [unreadable, setUnreadable] = useState<string | null>(null);
  const region = useRef<HTMLFormElement>(null);
  const hint = useId();
  const schema = approval.form_schema;
  const fields = schema === null ? null : fieldsOf(schema);
  const errors = errorsByField(decide.error);
  if (unreadable !== null) errors.set(unreadable, NOT_JSON);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever something new is wrong
  useEffect(() => {
    region.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [decide.error, unreadable]);

  const answers = (): { ok: true; form?: JsonValue } | { ok: false; field: string } => {
    if (schema === null) return { ok: true };
    if (fields !== null) return answersOf(fields, draft);
    try {
      return { ok: true, form: JSON.parse(whole) as JsonValue };
    } catch {
      return { ok: false, field: WHOLE };
    }
  };
  const send = (decision: 'approve' | 'deny') => {
    const read = decision === 'deny' ? ({ ok: true } as const) : answers();
    setUnreadable(read.ok ? null : read.field);
    if (!read.ok || decide.isPending) return;
    decide.mutate({ decision, comment, ...('form' in read ? { form: read.form } : {}) });
  };
  const isForm = approval.kind === 'form';
  const shown = [...errors.keys()].map((field) => (field === WHOLE ? 'form' : `form.${field}`));
  const onlyFields =
    decide.error instanceof RequestFailure && decide.error.code === 'validation_failed' && fields !== null;
  return (
    <form
      ref={region}
      noValidate
      aria-label="Decision"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        send('approve');
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          send('approve');
        }
      }}
    >
      {fields !== null && (
        <GeneratedForm
          fields={fields}
          draft={draft}
          errors={errors}
          onChange={(name, value) => setDraft({ ...draft, [name]: value })}
        />
      )}
      {schema !== null && fields === null && (
        <Field label="Answer" error={errors.get(WHOLE)}>
          {() => <JsonEditor value={whole} onChange={setWhole} label="Answer as JSON" minLines={5} maxLines={16} />}
        </Field>
      )}
      <Field label="Comment" optional>
        {(control) => (
          <Textarea
            {...control}
            value={comment}
            maxLength={4000}
            onChange={(event) => setComment(event.target.value)}
            className="min-h-16"
          />
        )}
      </Field>
      {decide.error && !(onlyFields && errors.size > 0) && <ProblemCallout error={decide.error} shownPaths={shown} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" variant="primary" busy={decide.isPending} aria-describedby={hint} data-decision="approve">
          {isForm ? <Send aria-hidden="true" /> : <Check aria-hidden="true" />}
          {isForm ? 'Send' : 'Approve'}
        </Button>
        {!isForm && (
          <Button onClick={() => send('deny')} disabled={decide.isPending} data-decision="deny">
            <X aria-hidden="true" /> Deny
          </Button>
        )}
        <span id={hint} className="ml-auto hidden items-center gap-1 text-faint text-xs sm:flex">
          <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd> {isForm ? 'sends' : 'approves'}
        </span>
      </div>
    </form>
  );
}
