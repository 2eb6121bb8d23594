import {
  type ApiKeyScope,
  apiKeyScope,
  type CreateApiKeyRequest,
  type CreatedApiKey,
  createApiKeyRequest,
  PERMISSIONS,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { apiKeysQuery } from './queries.ts';

const DAY_MS = 86_400_000;
const EXPIRIES = [
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'never', label: 'Never' },
];
/** What a script that runs agents needs, and nothing more. */
const USUAL_SCOPES: ApiKeyScope[] = ['agents:execute', 'executions:read'];
const ALL_SCOPES = apiKeyScope.options;

interface CreateApiKeyDialogProps {
  open: boolean;
  onClose: () => void;
  onCreated: (key: CreatedApiKey) => void;
}

export function CreateApiKeyDialog({ open, onClose, onCreated }: CreateApiKeyDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Create an API key"
      description="Give it only the scopes that it needs."
      className="max-w-2xl"
    >
      <CreateApiKeyForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateApiKeyForm({ onClose, onCreated }: Omit<CreateApiKeyDialogProps, 'open'>) {
  const queries = useQueryClient();
  const scopesId = useId();
  const form = useForm<CreateApiKeyRequest>({
    resolver: zodResolver(createApiKeyRequest),
    mode: 'onTouched',
    defaultValues: {
      name: '',
      scopes: USUAL_SCOPES,
      expires_at: new Date(Date.now() + 90 * DAY_MS).toISOString(),
    },
  });
  const create = useMutation({
    mutationFn: (body: CreateApiKeyRequest) =>
      api<CreatedApiKey>('/org/api-keys', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (key) => {
      onCreated(key);
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    },
    onError: (error) => showOnFields(form, error, ['name', 'scopes', 'expires_at']),
  });
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => create.mutate(body))}>
      <DialogBody>
        <Field
          label="Name"
          help="What uses it, so that you know later what you revoke."
          error={errors.name && 'Give the key a name of up to 120 characters'}
        >
          {(control) => (
            <Input {...control} {...form.register('name')} placeholder="Nightly import" autoComplete="off" />
          )}
        </Field>
        <Controller
          control={form.control}
          name="expires_at"
          render={({ field }) => (
            <Field label="Expires" error={errors.expires_at?.message}>
              {(control) => (
                <Select
                  id={control.id}
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
        <Controller
          control={form.control}
          name="scopes"
          render={({ field }) => (
            <fieldset className="flex flex-col gap-1.5">
              <legend className="mb-1.5 font-medium text-sm">Scopes</legend>
              <div className="grid gap-x-4 rounded-lg border border-line px-1 py-1 sm:grid-cols-2">
                {ALL_SCOPES.map((scope) => (
                  <ScopeChoice
                    key={scope}
                    id={`${scopesId}-${scope}`}
                    scope={scope}
                    chosen={field.value.includes(scope)}
                    onChange={(on) =>
                      field.onChange(on ? [...field.value, scope] : field.value.filter((each) => each !== scope))
                    }
                  />
                ))}
              </div>
              {errors.scopes && (
                <p role="alert" className="text-failed text-xs">
                  Choose at least one scope
                </p>
              )}
            </fieldset>
          )}
        />
        {create.error && <ProblemCallout error={create.error} shownPaths={['name', 'expires_at']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create key
        </Button>
      </DialogFooter>
    </form>
  );
}

interface ScopeChoiceProps {
  id: string;
  scope: ApiKeyScope;
  chosen: boolean;
  onChange: (on: boolean) => void;
}

function ScopeChoice({ id, scope, chosen, onChange }: ScopeChoiceProps) {
  // Nobody grants what they may not do themselves.
  const allowed = useCan(scope);
  return (
    <label
      htmlFor={id}
      className="flex items-start gap-2.5 rounded-md px-2 py-1.5 hover:bg-hover has-disabled:opacity-60"
    >
      <Checkbox
        id={id}
        className="mt-0.5"
        checked={chosen}
        disabled={!allowed}
        onCheckedChange={(on) => onChange(on === true)}
      />
      <span className="min-w-0">
        <code className="block font-mono text-text text-xs">{scope}</code>
        <span className="text-faint text-xs">{PERMISSIONS[scope]}</span>
      </span>
    </label>
  );
}
