import { useId, useState } from 'react';
import { Controller } from 'react-hook-form';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { type ExternalAgentForm, readFields } from './form-values.ts';

/** What is kept of its calls. */
export function RecordingFields({ form }: { form: ExternalAgentForm }) {
  const id = useId();
  return (
    <>
      <Controller
        control={form.control}
        name="recording.payloads"
        render={({ field }) => (
          <label htmlFor={id} className="flex items-start gap-2.5 text-sm">
            <Checkbox
              id={id}
              className="mt-0.5"
              checked={field.value ?? true}
              onCheckedChange={(on) => field.onChange(on === true)}
            />
            <span>
              Keep requests and answers with its calls
              <span className="block text-faint text-xs">
                Without them a call keeps its time, status, latency and cost. Its executions keep what they need to run.
              </span>
            </span>
          </label>
        )}
      />
      <Controller
        control={form.control}
        name="recording.redact"
        render={({ field, formState }) => (
          <RedactField
            fields={field.value ?? []}
            onChange={field.onChange}
            problem={
              formState.errors.recording?.redact && 'Names or dotted paths such as customer.email, at most 100 of them'
            }
          />
        )}
      />
    </>
  );
}

interface RedactFieldProps {
  fields: readonly string[];
  onChange: (fields: string[]) => void;
  problem: string | undefined;
}

function RedactField({ fields, onChange, problem }: RedactFieldProps) {
  const [typed, setTyped] = useState(fields.join('\n'));
  // What was discarded or saved elsewhere stands here too; what is half typed stays.
  const shown = readFields(typed).join() === fields.join() ? typed : fields.join('\n');
  return (
    <Field
      label="Fields that are not kept"
      optional
      help="One a line, by name or dotted path. What looks like a secret is never kept."
      error={problem}
    >
      {(control) => (
        <Textarea
          {...control}
          rows={2}
          className="min-h-14 font-mono text-xs"
          placeholder="customer.email"
          value={shown}
          onChange={(event) => {
            setTyped(event.target.value);
            onChange(readFields(event.target.value));
          }}
        />
      )}
    </Field>
  );
}
