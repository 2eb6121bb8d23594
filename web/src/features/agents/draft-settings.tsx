import {
  type Agent,
  type AgentDefinition,
  agentDefinition,
  type ConcurrencyPolicy,
  type AgentSettings as Settings,
} from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { type BuilderStore, createBuilderStore } from '@/features/builder/builder-store.ts';
import { openDraft } from '@/features/builder/draft/open-draft.ts';
import { DraftConflict } from '@/features/builder/draft-conflict.tsx';
import { SaveStateOf } from '@/features/builder/save-indicator.tsx';
import { useAutosave } from '@/features/builder/use-autosave.ts';
import { useOpenedDraft } from '@/features/builder/use-opened-draft.ts';
import { AgentPicker } from '@/features/node-form/controls/agent-picker.tsx';
import { DurationInput } from '@/features/node-form/controls/duration-input.tsx';
import { NumberInput } from '@/features/node-form/controls/number-input.tsx';
import { FieldFrame, type Message } from '@/features/node-form/field-frame.tsx';
import { FIRST_RETRY, RetryFields, waitsInWords } from '@/features/node-form/retry-fields.tsx';
import { useCan } from '@/features/shell/queries.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { DraftTriggers } from './draft-triggers.tsx';
import { InputSchema } from './input-schema.tsx';
import { draftQuery } from './queries.ts';

/** What the draft says about the agent as a whole, saved like every change of the draft. */
export default function DraftSettings({ agent }: { agent: Agent }) {
  const { opened, error, retry } = useOpenedDraft(agent.id);
  if (opened !== null) return <OpenedSettings agent={agent} draft={opened} />;
  if (error !== null) return <ProblemCallout error={error} onRetry={retry} />;
  return (
    <>
      <Skeleton className="h-48 w-full" />
      <Skeleton className="h-72 w-full" />
    </>
  );
}

function OpenedSettings({ agent, draft }: { agent: Agent; draft: Tagged<AgentDefinition> }) {
  const [store] = useState(() => {
    const definition = openDraft(draft.value);
    return definition === null ? null : createBuilderStore(definition);
  });
  if (store === null) {
    return (
      <Card className="p-4 text-sm text-soft">
        The draft is no definition that can be read.{' '}
        <Link
          to="/dashboard/agents/$agentId"
          params={{ agentId: agent.id }}
          search={{ tab: 'builder' }}
          className="rounded-sm text-accent-text hover:underline"
        >
          Mend it in the builder
        </Link>
      </Card>
    );
  }
  return <SettingsForm agent={agent} store={store} etag={draft.etag} />;
}

interface SettingsFormProps {
  agent: Agent;
  store: BuilderStore;
  etag: string | null;
}

const FAR_MS = 30 * 86_400_000;
const POLICIES: readonly { readonly value: ConcurrencyPolicy; readonly label: string }[] = [
  { value: 'reject', label: 'Refuse it' },
  { value: 'queue', label: 'Queue it until there is room' },
  { value: 'cancel_oldest', label: 'Cancel the oldest for it' },
];

/** Mistakes of a place in the draft: what its shape forbids, and what validation finds. */
function useMistakes(definition: AgentDefinition): (place: string) => Message[] {
  const checked = useDeferredValue(definition);
  const found = useMemo(() => {
    const parsed = agentDefinition.safeParse(checked);
    const shape = parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), severity: 'error' as const, message }));
    return [...shape, ...validateDefinition(checked)];
  }, [checked]);
  return (place) => found.filter(({ path }) => path === place).map(({ severity, message }) => ({ severity, message }));
}

function SettingsForm({ agent, store, etag }: SettingsFormProps) {
  const queries = useQueryClient();
  const mayWrite = useCan('agents:write');
  const readOnly = !mayWrite || agent.status === 'archived';
  const definition = useStore(store, (draft) => draft.definition);
  const [comparing, setComparing] = useState(false);
  const autosave = useAutosave(agent.id, store, etag, () => undefined);
  const mistakes = useMistakes(definition);
  useEffect(() => store.getState().setReadOnly(readOnly), [store, readOnly]);

  const settings = definition.settings ?? {};
  const change = (next: AgentDefinition) => store.getState().change(next);
  const set = <Key extends keyof Settings>(key: Key, value: Settings[Key] | undefined) => {
    const { [key]: _, ...others } = settings;
    const made: Settings = value === undefined ? others : { ...others, [key]: value };
    const { settings: _before, ...rest } = definition;
    change(Object.keys(made).length === 0 ? rest : { ...rest, settings: made });
  };
  const flush = () => autosave().flush();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 pt-2">
        <div className="min-w-0 flex-1 basis-72">
          <h2 className="font-semibold text-base">How it runs</h2>
          <p className="text-faint text-xs">Part of the draft: what you change takes effect when you publish.</p>
        </div>
        <SaveStateOf store={store} onRetry={() => void flush()} onResolve={() => setComparing(true)} />
        <Button asChild size="sm">
          <Link to="/dashboard/agents/$agentId" params={{ agentId: agent.id }} search={{ tab: 'builder' }}>
            Open the builder
          </Link>
        </Button>
      </div>
      <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-5">
        <DraftTriggers agent={agent} definition={definition} />
        <Card>
          <CardHeader
            title="Input"
            description="What a start must send. It is checked before anything runs, and makes the form for it."
          />
          <div className="p-4">
            <InputSchema
              value={definition.input_schema}
              readOnly={readOnly}
              messages={mistakes('input_schema')}
              onChange={(schema) => {
                const { input_schema: _, ...rest } = store.getState().definition;
                change(schema === undefined ? rest : { ...rest, input_schema: schema });
              }}
            />
          </div>
        </Card>
        <Card>
          <CardHeader title="Limits" />
          <div className="flex flex-col gap-4 p-4">
            <FieldFrame
              label="Time limit of an execution"
              optional
              help="Counts while it runs, not while it waits. Without one, each step has its own limit only."
              messages={mistakes('settings.timeout_ms')}
            >
              {(control) => (
                <DurationInput
                  control={control}
                  value={settings.timeout_ms}
                  onChange={(ms) => set('timeout_ms', ms)}
                  maxMs={FAR_MS}
                  placeholder="No limit"
                />
              )}
            </FieldFrame>
            <FieldFrame
              label="Executions side by side"
              optional
              help="Of this agent, at most 1,000."
              messages={mistakes('settings.max_concurrency')}
            >
              {(control) => (
                <NumberInput
                  control={control}
                  value={settings.max_concurrency}
                  onChange={(count) => set('max_concurrency', count)}
                  min={1}
                  max={1000}
                  placeholder="No limit"
                />
              )}
            </FieldFrame>
            <FieldFrame
              label="A start beyond that"
              help={settings.max_concurrency === undefined ? 'Counts once there is a limit above.' : undefined}
              messages={mistakes('settings.concurrency_policy')}
            >
              {(control) => (
                <Select
                  id={control.id}
                  aria-describedby={control.describedBy}
                  className="w-full"
                  value={settings.concurrency_policy ?? 'reject'}
                  options={POLICIES}
                  onValueChange={(next) => {
                    // The default is left out, so that a draft without a limit has nothing to say about it.
                    set('concurrency_policy', next === 'reject' ? undefined : (next as ConcurrencyPolicy));
                  }}
                />
              )}
            </FieldFrame>
          </div>
        </Card>
        <Card>
          <CardHeader title="When something fails" />
          <div className="flex flex-col gap-4 p-4">
            <FieldFrame
              label="Retries of every step"
              help={
                settings.retry === undefined
                  ? 'Off: three attempts for AI and actions, one for the rest. A node may say otherwise.'
                  : waitsInWords(settings.retry)
              }
              className="relative pl-6"
            >
              {(control) => (
                <Checkbox
                  id={control.id}
                  aria-describedby={control.describedBy}
                  className="absolute top-1.5 left-0"
                  checked={settings.retry !== undefined}
                  onCheckedChange={(checked) => set('retry', checked === true ? FIRST_RETRY : undefined)}
                />
              )}
            </FieldFrame>
            {settings.retry !== undefined && (
              <RetryFields
                retry={settings.retry}
                mistakes={(key) => mistakes(`settings.retry.${key}`)}
                onChange={(retry) => set('retry', retry)}
              />
            )}
            <FieldFrame
              label="Agent that is told"
              optional
              group
              help="Started once when an execution has failed, with the error and the input of that execution."
              messages={mistakes('settings.on_failure_agent_id')}
              action={
                settings.on_failure_agent_id !== undefined && (
                  <Button size="sm" variant="ghost" onClick={() => set('on_failure_agent_id', undefined)}>
                    <X aria-hidden="true" /> Nobody
                  </Button>
                )
              }
            >
              {(control) => (
                <AgentPicker
                  control={control}
                  label="Agent that is told"
                  value={settings.on_failure_agent_id ?? ''}
                  onChange={(id) => set('on_failure_agent_id', id)}
                />
              )}
            </FieldFrame>
          </div>
        </Card>
      </fieldset>
      <DraftConflict
        agentId={agent.id}
        store={store}
        comparing={comparing}
        onComparing={setComparing}
        onKeepMine={(theirs) => autosave().overwrite(theirs)}
        onTakeTheirs={(theirs) => {
          store.getState().replace(theirs.value);
          autosave().adopt(theirs.etag);
          queries.setQueryData(draftQuery(agent.id).queryKey, theirs);
        }}
      />
      <LeaveGuard
        dirty={() => store.getState().save.kind !== 'saved'}
        save={flush}
        description="The last changes to the settings are not saved and will be lost."
      />
    </>
  );
}
