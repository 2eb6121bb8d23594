import { CircleAlert } from 'lucide-react';
import { useId } from 'react';
import type { FieldError } from 'react-hook-form';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { type ExternalAgentForm, numberOrNothing, numberOrNull } from './form-values.ts';

const WINDOWS = [
  { window: 'minute', label: 'A minute', empty: 'no limit', read: numberOrNull },
  { window: 'hour', label: 'An hour', empty: 'no limit', read: numberOrNull },
  { window: 'day', label: 'A day', empty: 'no limit', read: numberOrNull },
  { window: 'burst', label: 'At once', empty: 'all of them', read: numberOrNothing },
] as const;

/** `An hour: a whole number from 1`; the contract's own words where it has some. */
function inWords(label: string, error: FieldError): string {
  return error.type === 'custom' ? `${label} ${error.message}` : `${label}: a whole number from 1, or empty`;
}

/** How often it may call, and how much may run at once. */
export function LimitFields({ form }: { form: ExternalAgentForm }) {
  const id = useId();
  const { errors } = form.formState;
  const problems = WINDOWS.flatMap(({ window, label }) => {
    const error = errors.rate_limits?.[window];
    return error === undefined ? [] : [inWords(label, error)];
  });
  return (
    <>
      <fieldset>
        <legend className="mb-1.5 font-medium text-sm">Calls in</legend>
        <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          {WINDOWS.map(({ window, label, empty, read }) => (
            <div key={window} className="flex flex-col gap-1">
              <label htmlFor={`${id}-${window}`} className="text-sm text-soft">
                {label}
              </label>
              <Input
                id={`${id}-${window}`}
                aria-invalid={errors.rate_limits?.[window] !== undefined}
                aria-describedby={`${id}-note`}
                type="number"
                inputMode="numeric"
                min={1}
                placeholder={empty}
                // Each window is judged beside the others.
                {...form.register(`rate_limits.${window}`, { setValueAs: read, deps: ['rate_limits'] })}
              />
            </div>
          ))}
        </div>
        {/* As high with problems as without: what is below is not moved away from under a click. */}
        <div id={`${id}-note`} className="mt-1.5 min-h-8 text-xs">
          {problems.length === 0 ? (
            <p className="text-faint">
              Empty means no limit of its own. “At once” is how many of a minute’s calls may come together; hours and
              days begin on the clock, in UTC.
            </p>
          ) : (
            <div role="alert">
              <ul className="text-failed">
                {problems.map((problem) => (
                  <li key={problem} className="flex items-start gap-1.5">
                    <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
                    {problem}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </div>
      </fieldset>
      <Field
        label="Executions at once"
        help="Further calls are refused until one of its executions has ended."
        error={errors.max_concurrency && 'A whole number from 1 to 10,000, or empty for no limit'}
      >
        {(control) => (
          <Input
            {...control}
            type="number"
            inputMode="numeric"
            min={1}
            placeholder="no limit"
            className="sm:w-40"
            {...form.register('max_concurrency', { setValueAs: numberOrNull })}
          />
        )}
      </Field>
    </>
  );
}
