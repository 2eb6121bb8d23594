import type { ChatPlatform, MessageKind, MessagePreview } from '@agentflow/contracts';
import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { Controller, useWatch } from 'react-hook-form';
import { CopyButton } from '@/components/copy-button.tsx';
import { Fold } from '@/components/fold.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { EventPicker } from '@/features/targets/event-picker.tsx';
import { ScopeFields } from '@/features/targets/scope-fields.tsx';
import { ConfigFields, type ConfigValues } from './config-fields.tsx';
import type { ChannelForm, ChannelFormValues } from './form-values.ts';
import { CHAT_PLATFORM_LOOKS } from './platforms.ts';
import { TemplateEditor } from './template-editor.tsx';

type Part = 'filter' | 'templates';

interface ChannelFieldsProps {
  form: ChannelForm;
  /** What the platform calls when a button is pressed; null before it is known. */
  callbackUrl: string | null;
  kind: MessageKind;
  onKind: (kind: MessageKind) => void;
  problems: MessagePreview['problems'];
}

/** Everything about a channel. */
export function ChannelFields({ form, callbackUrl, kind, onKind, problems }: ChannelFieldsProps) {
  const { errors } = form.formState;
  const { config, buttons = false, templates, filter } = useWatch({ control: form.control }) as ChannelFormValues;
  const [open, setOpen] = useState<ReadonlySet<Part>>(
    new Set([
      ...(filter?.agent_ids || filter?.project_ids ? (['filter'] as const) : []),
      ...(Object.keys(templates ?? {}).length > 0 ? (['templates'] as const) : []),
    ]),
  );
  const part = (name: Part, problem: unknown) => ({
    // What is wrong has to be seen.
    open: open.has(name) || problem !== undefined,
    onToggle: () => setOpen(new Set(open.has(name) ? [...open].filter((each) => each !== name) : [...open, name])),
    className: 'flex flex-col gap-4',
  });
  return (
    <>
      <Field label="Name" error={errors.name && 'Give it a name of up to 120 characters'}>
        {(control) => <Input {...control} {...form.register('name')} placeholder="Operations" autoComplete="off" />}
      </Field>
      <HowTo platform={config.platform} />
      <Controller
        control={form.control}
        name="config"
        render={({ field }) => (
          <ConfigFields
            value={field.value as ConfigValues}
            onChange={field.onChange}
            problems={errors.config}
            buttons={buttons}
          />
        )}
      />
      <ButtonsSwitch form={form} platform={config.platform} callbackUrl={callbackUrl} />
      <div className="border-line border-t pt-4">
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
      </div>
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
      <Fold title="Templates" note="texts of your own" {...part('templates', errors.templates)}>
        <Controller
          control={form.control}
          name="templates"
          render={({ field }) => (
            <TemplateEditor
              value={field.value ?? {}}
              onChange={field.onChange}
              kind={kind}
              onKind={onKind}
              problems={problems}
            />
          )}
        />
      </Fold>
    </>
  );
}

function HowTo({ platform }: { platform: ChatPlatform }) {
  const { how, docs, name } = CHAT_PLATFORM_LOOKS[platform];
  return (
    <p className="text-sm text-soft">
      {how}{' '}
      {docs !== null && (
        <a
          href={docs}
          target="_blank"
          rel="noreferrer"
          className="inline-flex items-center gap-1 rounded-sm text-accent-text underline underline-offset-4"
        >
          How to get it from {name}
          <ExternalLink className="size-3.5" aria-hidden="true" />
          <span className="sr-only">(opens in a new tab)</span>
        </a>
      )}
    </p>
  );
}

interface ButtonsSwitchProps {
  form: ChannelForm;
  platform: ChatPlatform;
  callbackUrl: string | null;
}

function ButtonsSwitch({ form, platform, callbackUrl }: ButtonsSwitchProps) {
  const { buttons } = CHAT_PLATFORM_LOOKS[platform];
  if (buttons === null) return null;
  return (
    <Controller
      control={form.control}
      name="buttons"
      render={({ field }) => (
        <div className="flex flex-col gap-1.5">
          <LabelledCheckbox
            label="Approvals can be decided from the message"
            help="Who presses a button decides as the member that their account is linked to, by the same rules as here."
            checked={field.value ?? false}
            onChange={field.onChange}
          />
          {form.formState.errors.buttons && (
            <p role="alert" className="text-failed text-xs">
              {form.formState.errors.buttons.message}
            </p>
          )}
          {field.value === true && (
            <div className="ml-6 text-faint text-xs">
              {callbackUrl === null ? (
                <p>The address that {CHAT_PLATFORM_LOOKS[platform].name} calls is shown once it is saved.</p>
              ) : (
                <>
                  <p>{buttons.how}</p>
                  <p className="mt-1 flex items-center gap-1">
                    <code className="min-w-0 break-all font-mono text-soft">{callbackUrl}</code>
                    <CopyButton value={callbackUrl} label="Copy callback address" />
                  </p>
                </>
              )}
            </div>
          )}
        </div>
      )}
    />
  );
}
