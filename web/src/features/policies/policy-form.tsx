import type { PolicyCondition, PolicyRequest } from '@agentflow/contracts';
import { type UseFormReturn, useWatch } from 'react-hook-form';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { ManyChoices } from '@/features/node-form/controls/choices.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { ConditionEditor } from './condition-editor.tsx';
import {
  type PolicyFields,
  type PolicyNotes,
  PolicyNotesContext,
  problemsByPath,
  problemsOf,
} from './policy-fields.ts';
import { ACTION_WORDS } from './policy-words.ts';
import { ProblemNote } from './problem-note.tsx';
import { ResourceFields } from './resource-fields.tsx';
import { SubjectRows } from './subject-rows.tsx';

const ACTIONS = Object.keys(ACTION_WORDS) as (keyof typeof ACTION_WORDS)[];

interface PolicyFormProps {
  form: UseFormReturn<PolicyFields>;
  /** How its conditions come out in the dry run, by path. */
  outcomes: PolicyNotes['outcomes'];
  mayWrite: boolean;
}

/** Everything that a policy says. */
export function PolicyForm({ form, outcomes, mayWrite }: PolicyFormProps) {
  const fields = useWatch({ control: form.control }) as PolicyFields;
  const { errors, isSubmitted } = form.formState;
  const refused = problemsByPath(errors);
  // What is deep in the form is no field of its own, and gets no errors before the next submit.
  const own = isSubmitted ? problemsOf(fields) : [];
  const notes = { problems: new Map([...refused, ...own]), outcomes };
  const set = <K extends keyof PolicyFields>(name: K, value: PolicyFields[K]) =>
    form.setValue(name as never, value as never, { shouldDirty: true, shouldValidate: isSubmitted });
  const everything = fields.actions.includes('*');
  return (
    <PolicyNotesContext value={notes}>
      <fieldset disabled={!mayWrite} className="flex min-w-0 flex-col gap-5">
        <Card>
          <CardHeader title="Policy" />
          <div className="flex flex-col gap-4 p-4">
            <Field
              label="Name"
              help="Whoever is denied reads it."
              error={
                errors.name &&
                (errors.name.type === 'taken'
                  ? 'Another policy has this name'
                  : 'Give it a name of up to 120 characters')
              }
            >
              {(control) => (
                <Input {...control} {...form.register('name')} placeholder="No payments at night" autoComplete="off" />
              )}
            </Field>
            <Field label="Description" optional error={errors.description && 'At most 2,000 characters'}>
              {(control) => <Textarea {...control} {...form.register('description')} rows={2} />}
            </Field>
            <div className="flex flex-wrap items-end gap-x-6 gap-y-4">
              <div className="flex flex-col gap-1.5">
                <span className="font-medium text-sm text-text">Effect</span>
                <Segments
                  label="Effect"
                  value={fields.effect}
                  options={[
                    { value: 'deny', label: 'Deny' },
                    { value: 'allow', label: 'Allow' },
                  ]}
                  onChange={(effect) => {
                    set('effect', effect);
                    if (effect === 'allow') set('stop_running', false);
                  }}
                />
              </div>
              <div className="w-28">
                <Field label="Priority" error={errors.priority && 'A whole number from 0 to 10,000'}>
                  {(control) => (
                    <Input
                      {...control}
                      {...form.register('priority', { valueAsNumber: true })}
                      inputMode="numeric"
                      autoComplete="off"
                      className="tabular"
                    />
                  )}
                </Field>
              </div>
              <LabelledCheckbox label="Active" checked={fields.is_active} onChange={(next) => set('is_active', next)} />
            </div>
            <p className="text-faint text-xs">
              A deny wins over every allow. Of several that decide the same way, the highest priority is named.
            </p>
          </div>
        </Card>
        <Card>
          <CardHeader title="Who" description="It is about a caller that is one of these." />
          <div className="flex flex-col gap-3 p-4">
            <SubjectRows subjects={fields.subjects} onChange={(subjects) => set('subjects', subjects)} />
            <ProblemNote>{notes.problems.get('subjects')}</ProblemNote>
          </div>
        </Card>
        <Card>
          <CardHeader title="What" description="These actions on these agents." />
          <div className="flex flex-col gap-4 p-4">
            <div className="flex flex-col items-start gap-2">
              <Segments
                label="Actions"
                value={everything ? 'every' : 'some'}
                options={[
                  { value: 'every', label: 'Every action' },
                  { value: 'some', label: 'Some actions' },
                ]}
                onChange={(next) => set('actions', next === 'every' ? ['*'] : ['execute', 'invoke'])}
              />
              {!everything && (
                <ManyChoices
                  values={ACTIONS}
                  chosen={fields.actions}
                  wordOf={(each) => ACTION_WORDS[each as keyof typeof ACTION_WORDS]}
                  onChange={(actions) => set('actions', actions as PolicyRequest['actions'])}
                />
              )}
              <ProblemNote>{notes.problems.get('actions') && 'Choose at least one action'}</ProblemNote>
            </div>
            <ResourceFields resources={fields.resources} onChange={(resources) => set('resources', resources)} />
          </div>
        </Card>
        <Card>
          <CardHeader
            title="When"
            description="What is missing in a request is neither true nor false: a deny holds with it, an allow does not."
          />
          <div className="p-4">
            <ConditionEditor
              value={fields.conditions as PolicyCondition | null}
              onChange={(conditions) => set('conditions', conditions)}
            />
          </div>
        </Card>
        {fields.effect === 'deny' && (
          <Card>
            <CardHeader title="What runs already" />
            <div className="flex flex-col gap-1.5 p-4">
              <LabelledCheckbox
                label="Stop live executions that it is about"
                checked={fields.stop_running}
                onChange={(next) => set('stop_running', next)}
              />
              <p className="text-faint text-xs">
                Conditions that nobody can tell any more, such as those on the input, count as met.
              </p>
            </div>
          </Card>
        )}
      </fieldset>
    </PolicyNotesContext>
  );
}
