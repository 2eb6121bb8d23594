import {
  type CreatedExternalAgent,
  type CreateExternalAgentRequest,
  createExternalAgentRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { Fold } from '@/components/fold.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { shownPaths, showRefusals } from '@/features/channels/refusals.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { isNameTaken, showNameTaken, showOnFields } from '@/lib/form-problems.ts';
import { BudgetFields } from './budget-fields.tsx';
import { type ExternalAgentForm, emptyForm, type FormValues, requestOf } from './form-values.ts';
import { IdentityFields } from './identity-fields.tsx';
import { LimitFields } from './limit-fields.tsx';
import { RecordingFields } from './recording-fields.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { WebhookFields, type WebhookValues } from './webhook-fields.tsx';

const DAY_MS = 86_400_000;
const EXPIRIES = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'never', label: 'Never' },
];

interface CreateDialogProps {
  open: boolean;
  onClose: () => void;
  onCreated: (created: CreatedExternalAgent) => void;
}

export function CreateExternalAgentDialog({ open, onClose, onCreated }: CreateDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Register an external agent"
      description="Something outside that may call your agents, with a key of its own and within the limits that you set."
      className="max-w-2xl"
      startInField
    >
      <CreateForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

type Section = 'limits' | 'webhook' | 'recording';

function CreateForm({ onClose, onCreated }: Omit<CreateDialogProps, 'open'>) {
  const queries = useQueryClient();
  const maySetBudgets = useCan('governance:write');
  const [open, setOpen] = useState<ReadonlySet<Section>>(new Set());
  // One for what is sent: a second click after a lost answer makes no second one.
  const sent = useRef(new Map<string, string>());
  const form: ExternalAgentForm = useForm<FormValues, unknown, CreateExternalAgentRequest>({
    resolver: zodResolver(createExternalAgentRequest),
    mode: 'onTouched',
    defaultValues: { ...emptyForm(), key_expires_at: new Date(Date.now() + 365 * DAY_MS).toISOString() },
  });
  const create = useMutation({
    mutationFn: (body: CreateExternalAgentRequest) => {
      const text = JSON.stringify(body);
      const key = sent.current.get(text) ?? newIdempotencyKey();
      sent.current.set(text, key);
      return api<CreatedExternalAgent>('/external-agents', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': key },
      });
    },
    onSuccess: (created) => {
      onCreated(created);
      void queries.invalidateQueries({ queryKey: ['external-agents', 'list'] });
    },
    onError: (error) => {
      showOnFields(form, error, ['name', 'description', 'max_concurrency', 'agents', 'operations']);
      showRefusals(form, error);
      showNameTaken(form, error, 'name');
    },
  });
  const { errors } = form.formState;
  const section = (name: Section, problem: unknown) => ({
    // What is wrong has to be seen.
    open: open.has(name) || problem !== undefined,
    onToggle: () => setOpen(new Set(open.has(name) ? [...open].filter((each) => each !== name) : [...open, name])),
    className: 'flex flex-col gap-4',
  });
  return (
    <form
      noValidate
      className="flex min-h-0 flex-col"
      onSubmit={form.handleSubmit((values) => create.mutate(requestOf(values)))}
    >
      <DialogBody>
        <IdentityFields form={form} />
        <ScopeFields form={form} />
        <KeyExpiry form={form} />
        <Fold
          title="Limits"
          note="how often it may call, and for how much"
          {...section('limits', errors.rate_limits ?? errors.max_concurrency ?? errors.budget)}
        >
          <LimitFields form={form} />
          {maySetBudgets && <BudgetFields form={form} />}
        </Fold>
        <Fold title="Webhook" note="where results are sent" {...section('webhook', errors.webhook_config)}>
          <Controller
            control={form.control}
            name="webhook_config"
            render={({ field }) => (
              <WebhookFields
                value={(field.value ?? null) as WebhookValues | null}
                onChange={field.onChange}
                problems={errors.webhook_config}
              />
            )}
          />
        </Fold>
        <Fold title="Recording" note="what is kept of its calls" {...section('recording', errors.recording)}>
          <RecordingFields form={form} />
        </Fold>
        {create.error && !isNameTaken(create.error) && (
          <ProblemCallout
            error={create.error}
            shownPaths={['name', 'description', 'max_concurrency', ...shownPaths(create.error)]}
          />
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Register and show its key
        </Button>
      </DialogFooter>
    </form>
  );
}

function KeyExpiry({ form }: { form: ExternalAgentForm }) {
  return (
    <Controller
      control={form.control}
      name="key_expires_at"
      render={({ field }) => (
        <Field label="Its key expires" help="It can be rotated before, with both keys working for a while.">
          {(control) => (
            <Select
              id={control.id}
              className="sm:w-40"
              value={
                field.value === undefined
                  ? 'never'
                  : String(Math.round((new Date(field.value).getTime() - Date.now()) / DAY_MS))
              }
              options={EXPIRIES}
              onValueChange={(choice) =>
                field.onChange(
                  choice === 'never' ? undefined : new Date(Date.now() + Number(choice) * DAY_MS).toISOString(),
                )
              }
            />
          )}
        </Field>
      )}
    />
  );
}
