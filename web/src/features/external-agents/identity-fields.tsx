import { EXTERNAL_PLATFORMS } from '@agentflow/contracts';
import { Controller, useWatch } from 'react-hook-form';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import type { ExternalAgentForm } from './form-values.ts';
import { PLATFORMS } from './platforms.ts';

const SCOPES = [
  { value: 'local', label: 'Only me, in this folder (local)' },
  { value: 'project', label: 'Everybody who has the project (project)' },
  { value: 'user', label: 'Only me, everywhere (user)' },
];
const MODES = [
  { value: 'action', label: 'An action of a GPT, with the key' },
  { value: 'connector', label: 'A connector, by signing in' },
];

/** Who it is, and where it comes from. */
export function IdentityFields({ form }: { form: ExternalAgentForm }) {
  const { errors } = form.formState;
  const platform = useWatch({ control: form.control, name: 'platform' });
  return (
    <>
      <Field
        label="Name"
        help="What calls, so that you know it in lists and in the audit log."
        error={errors.name && 'Give it a name of up to 120 characters'}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register('name')}
            placeholder="Claude Code of the data team"
            autoComplete="off"
          />
        )}
      </Field>
      <fieldset>
        <legend className="mb-1.5 font-medium text-sm">Platform</legend>
        <div className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
          {EXTERNAL_PLATFORMS.map((each) => {
            const { name, icon: Icon, how } = PLATFORMS[each];
            return (
              <label
                key={each}
                className="flex cursor-pointer items-center gap-2.5 rounded-lg border border-line-strong px-3 py-2 hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-ring"
              >
                <input type="radio" value={each} {...form.register('platform')} className="sr-only" />
                <Icon className="size-4.5 shrink-0 text-soft" aria-hidden="true" />
                <span className="min-w-0">
                  <span className="block truncate font-medium text-sm">{name}</span>
                  <span className="block truncate text-faint text-xs">{how}</span>
                </span>
              </label>
            );
          })}
        </div>
      </fieldset>
      {platform === 'claude_code' && (
        <Controller
          control={form.control}
          name="config.claude_scope"
          render={({ field }) => (
            <Field label="Who uses it there" help="The scope of the command that adds it.">
              {(control) => (
                <Select
                  id={control.id}
                  value={field.value ?? 'local'}
                  options={SCOPES}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
      )}
      {platform === 'chatgpt' && (
        <Controller
          control={form.control}
          name="config.chatgpt_mode"
          render={({ field }) => (
            <Field label="How it connects">
              {(control) => (
                <Select
                  id={control.id}
                  value={field.value ?? 'action'}
                  options={MODES}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
      )}
      <Field label="Description" optional error={errors.description && 'At most 2,000 characters'}>
        {(control) => <Textarea {...control} {...form.register('description')} rows={2} className="min-h-14" />}
      </Field>
    </>
  );
}
