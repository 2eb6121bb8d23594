import { useState } from 'react';
import { Controller } from 'react-hook-form';
import { Fold } from '@/components/fold.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { EventPicker } from '@/features/targets/event-picker.tsx';
import { ScopeFields } from '@/features/targets/scope-fields.tsx';
import type { WebhookForm, WebhookFormValues } from './form-values.ts';
import { HeaderRows } from './header-rows.tsx';
import { readSchedule, scheduleInWords, scheduleText } from './retry-schedule.ts';

type Part = 'filter' | 'headers' | 'sending';

/** The first message of what a form holds against a field, however deep. */
function firstMessage(problem: unknown): string | undefined {
  if (typeof problem !== 'object' || problem === null) return undefined;
  if ('message' in problem && typeof problem.message === 'string') return problem.message;
  for (const inner of Object.values(problem)) {
    const found = firstMessage(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function urlProblem(message: string | undefined): string | undefined {
  if (message === undefined) return undefined;
  return message.startsWith('Invalid') ? 'An address that begins with https:// or http://' : `The address ${message}`;
}

/** Everything about a webhook but its secret. */
export function WebhookFields({ form }: { form: WebhookForm }) {
  const { errors } = form.formState;
  return (
    <>
      <Field
        label="Address"
        help="Gets a POST request for every event. Private addresses are refused."
        error={urlProblem(errors.url?.message)}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register('url')}
            type="url"
            placeholder="https://example.com/hooks/agentflow"
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label="Description" optional error={errors.description && 'At most 400 characters'}>
        {(control) => (
          <Input {...control} {...form.register('description')} placeholder="What it is for" autoComplete="off" />
        )}
      </Field>
      <Controller
        control={form.control}
        name="events"
        render={({ field }) => (
          <EventPicker
            value={field.value}
            onChange={field.onChange}
            problem={errors.events && 'Choose at least one event'}
          />
        )}
      />
      <MoreFields form={form} />
    </>
  );
}

function MoreFields({ form }: { form: WebhookForm }) {
  const { errors, defaultValues } = form.formState;
  const [open, setOpen] = useState<ReadonlySet<Part>>(new Set(furnished(defaultValues as WebhookFormValues)));
  const part = (name: Part, problem: unknown) => ({
    // What is wrong has to be seen.
    open: open.has(name) || problem !== undefined,
    onToggle: () => setOpen(new Set(open.has(name) ? [...open].filter((each) => each !== name) : [...open, name])),
    className: 'flex flex-col gap-4',
  });
  return (
    <>
      <Fold title="Filter" note="only some agents or projects" {...part('filter', errors.filter)}>
        <Controller
          control={form.control}
          name="filter"
          render={({ field }) => (
            <ScopeFields
              value={{ agent_ids: field.value?.agent_ids ?? null, project_ids: field.value?.project_ids ?? null }}
              onChange={field.onChange}
            />
          )}
        />
      </Fold>
      <Fold title="Headers" note="of your own, sent with each delivery" {...part('headers', errors.headers)}>
        <Controller
          control={form.control}
          name="headers"
          render={({ field }) => (
            <div className="flex flex-col gap-1.5">
              <HeaderRows value={field.value ?? {}} onChange={field.onChange} />
              {errors.headers !== undefined ? (
                <p role="alert" className="text-failed text-xs">
                  A header {firstMessage(errors.headers)}
                </p>
              ) : (
                <p className="text-faint text-xs">Their values are stored sealed and shown masked afterwards.</p>
              )}
            </div>
          )}
        />
      </Fold>
      <Fold
        title="Sending"
        note="order, rate, timeout, retries"
        {...part('sending', errors.rate_per_second ?? errors.timeout_seconds ?? errors.retry_seconds)}
      >
        <SendingFields form={form} />
      </Fold>
    </>
  );
}

function furnished(values: WebhookFormValues): Part[] {
  const parts: Part[] = [];
  if (values.filter?.agent_ids || values.filter?.project_ids) parts.push('filter');
  if (Object.keys(values.headers ?? {}).length > 0) parts.push('headers');
  return parts;
}

function SendingFields({ form }: { form: WebhookForm }) {
  const { errors } = form.formState;
  return (
    <>
      <Controller
        control={form.control}
        name="ordered"
        render={({ field }) => (
          <LabelledCheckbox
            label="Keep the order of events"
            help="One at a time: while a delivery fails, all later ones wait."
            checked={field.value ?? false}
            onChange={field.onChange}
          />
        )}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Most per second"
          optional
          help="From 1 to 100; empty for no limit."
          error={errors.rate_per_second && 'A whole number from 1 to 100, or nothing'}
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('rate_per_second', {
                setValueAs: (text) => (text === '' || text === null ? null : Number(text)),
              })}
              inputMode="numeric"
              autoComplete="off"
              className="tabular"
              placeholder="No limit"
            />
          )}
        </Field>
        <Field
          label="Timeout, in seconds"
          help="From 1 to 30: an answer that takes longer is a failure."
          error={errors.timeout_seconds && 'A whole number from 1 to 30'}
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('timeout_seconds', { valueAsNumber: true })}
              inputMode="numeric"
              autoComplete="off"
              className="tabular"
            />
          )}
        </Field>
      </div>
      <Controller
        control={form.control}
        name="retry_seconds"
        render={({ field }) => (
          <RetryField
            seconds={field.value ?? []}
            onChange={field.onChange}
            problem={errors.retry_seconds && 'At most 12 waits, each from 1 second to 24 hours'}
          />
        )}
      />
    </>
  );
}

interface RetryFieldProps {
  seconds: readonly number[];
  onChange: (seconds: readonly number[]) => void;
  problem: string | undefined;
}

function RetryField({ seconds, onChange, problem }: RetryFieldProps) {
  const [text, setText] = useState(scheduleText(seconds));
  const read = readSchedule(text);
  const same = 'seconds' in read && read.seconds.join() === seconds.join();
  const shown = same || 'wrong' in read ? text : scheduleText(seconds);
  const error = 'wrong' in read ? `“${read.wrong}” is no wait: write them as in 30s, 5m, 2h` : problem;
  return (
    <Field label="Waits between attempts" help={scheduleInWords(seconds)} error={error}>
      {(control) => (
        <Input
          {...control}
          value={shown}
          autoComplete="off"
          spellCheck={false}
          className="tabular"
          onChange={(event) => {
            setText(event.target.value);
            const next = readSchedule(event.target.value);
            if ('seconds' in next) onChange(next.seconds);
          }}
        />
      )}
    </Field>
  );
}
