import {
  type CreateEnvVarRequest,
  createEnvVarRequest,
  type EnvVar,
  type UpdateEnvVarRequest,
  updateEnvVarRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Controller, type ControllerRenderProps, type FieldErrors, useForm, useWatch } from 'react-hook-form';
import { toast } from 'sonner';
import type { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { api, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { readHosts } from './allowed-hosts.ts';
import { envVarsQuery } from './queries.ts';

type CreateFields = z.input<typeof createEnvVarRequest>;
type UpdateFields = z.input<typeof updateEnvVarRequest>;

const WRITE_ONLY = 'Write-only: it is stored encrypted, and nobody can read it here again, you included.';
const VALUE_PROBLEM = 'Enter a value of up to 8,192 characters';

export function CreateEnvVarDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Add a secret"
      description="Agents name it in their steps; the value is put in when the step runs, and never into logs."
    >
      <CreateForm onClose={onClose} />
    </Dialog>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm<CreateFields, unknown, CreateEnvVarRequest>({
    resolver: zodResolver(createEnvVarRequest),
    mode: 'onTouched',
    defaultValues: { name: '', value: '', description: '', allowed_hosts: [] },
  });
  const create = useMutation({
    mutationFn: (body: CreateEnvVarRequest) => api<EnvVar>('/org/env-vars', { method: 'POST', body }),
    onSuccess: async (_answer, { name }) => {
      await queries.invalidateQueries({ queryKey: envVarsQuery.queryKey });
      toast.success(`${name} is set`);
      onClose();
    },
    onError: (error, { name }) => {
      showOnFields(form, error, ['name', 'value', 'description']);
      if (isNameTaken(error)) form.setError('name', { type: 'taken', message: name }, { shouldFocus: true });
    },
  });
  const { errors } = form.formState;
  const name = useWatch({ control: form.control, name: 'name' });
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => create.mutate(body))}>
      <DialogBody>
        <Field
          label="Name"
          help={
            <>
              Agents write <code className="font-mono text-text">{`{{env.${name === '' ? 'NAME' : name}}}`}</code>
            </>
          }
          error={
            errors.name &&
            (errors.name.type === 'taken'
              ? `There is a secret ${errors.name.message} already: replace its value in the list`
              : 'Capital letters, digits and underscores, beginning with a letter, like API_TOKEN')
          }
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('name', { setValueAs: (text: string) => text.trim() })}
              className="font-mono"
              placeholder="API_TOKEN"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label="Value" help={WRITE_ONLY} error={errors.value && VALUE_PROBLEM}>
          {(control) => <ValueInput {...control} {...form.register('value')} />}
        </Field>
        <Field label="Description" optional error={errors.description && 'At most 200 characters'}>
          {(control) => (
            <Input
              {...control}
              {...form.register('description')}
              placeholder="For the nightly import"
              autoComplete="off"
            />
          )}
        </Field>
        <Controller
          control={form.control}
          name="allowed_hosts"
          render={({ field }) => <HostsField field={field} errors={errors} initial={[]} />}
        />
        {create.error && !isNameTaken(create.error) && (
          <ProblemCallout error={create.error} shownPaths={['name', 'value', 'description']} />
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Add secret
        </Button>
      </DialogFooter>
    </form>
  );
}

function isNameTaken(error: Error): boolean {
  return error instanceof RequestFailure && error.status === 409 && error.code === 'name_taken';
}

export function EditEnvVarDialog({ secret, onClose }: { secret: EnvVar; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Edit ${secret.name}`}
      description="The value stays."
    >
      <EditForm secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function EditForm({ secret, onClose }: { secret: EnvVar; onClose: () => void }) {
  const form = useForm<UpdateFields, unknown, UpdateEnvVarRequest>({
    resolver: zodResolver(updateEnvVarRequest),
    mode: 'onTouched',
    defaultValues: { description: secret.description, allowed_hosts: secret.allowed_hosts },
  });
  const save = useUpdate(secret, 'is changed', onClose);
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
      <DialogBody>
        <Field label="Description" optional error={errors.description && 'At most 200 characters'}>
          {(control) => <Input {...control} {...form.register('description')} autoComplete="off" />}
        </Field>
        <Controller
          control={form.control}
          name="allowed_hosts"
          render={({ field }) => <HostsField field={field} errors={errors} initial={secret.allowed_hosts} />}
        />
        {save.error && <ProblemCallout error={save.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </DialogFooter>
    </form>
  );
}

export function ReplaceValueDialog({ secret, onClose }: { secret: EnvVar; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Replace the value of ${secret.name}`}
      description="Steps that start from now on get the new value. The old one is gone."
    >
      <ReplaceForm secret={secret} onClose={onClose} />
    </Dialog>
  );
}

const replaceRequest = updateEnvVarRequest.pick({ value: true }).required();

function ReplaceForm({ secret, onClose }: { secret: EnvVar; onClose: () => void }) {
  const form = useForm<z.infer<typeof replaceRequest>>({
    resolver: zodResolver(replaceRequest),
    mode: 'onTouched',
    defaultValues: { value: '' },
  });
  const save = useUpdate(secret, 'has a new value', onClose);
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
      <DialogBody>
        <Field label="New value" help={WRITE_ONLY} error={form.formState.errors.value && VALUE_PROBLEM}>
          {(control) => <ValueInput {...control} {...form.register('value')} />}
        </Field>
        {save.error && <ProblemCallout error={save.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Replace value
        </Button>
      </DialogFooter>
    </form>
  );
}

function useUpdate(secret: EnvVar, done: string, onClose: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateEnvVarRequest) => api<EnvVar>(`/org/env-vars/${secret.name}`, { method: 'PUT', body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: envVarsQuery.queryKey });
      toast.success(`${secret.name} ${done}`);
      onClose();
    },
  });
}

/** Several lines, since keys and certificates have them. */
function ValueInput(props: React.ComponentProps<'textarea'>) {
  return (
    <Textarea
      {...props}
      rows={3}
      className="break-all font-mono text-sm"
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      data-1p-ignore
    />
  );
}

interface HostsFieldProps {
  field: Pick<ControllerRenderProps, 'ref' | 'onBlur'> & {
    readonly value?: readonly string[] | undefined;
    readonly onChange: (hosts: string[]) => void;
  };
  errors: FieldErrors<UpdateFields>;
  initial: readonly string[];
}

function HostsField({ field, errors, initial }: HostsFieldProps) {
  // The text stays as it was typed; the form holds the hosts that it names.
  const [text, setText] = useState(initial.join('\n'));
  const problems = errors.allowed_hosts;
  const wrong = (field.value ?? []).filter((_host, index) => problems?.[index] !== undefined);
  return (
    <Field
      label="Allowed hosts"
      optional
      help="One a line, as api.example.com or *.example.com. A step that sends it anywhere else is refused. Empty: any host."
      error={
        wrong.length > 0
          ? `${wrong.join(', ')}: must be a host like api.example.com or *.example.com, without https:// or a path`
          : problems && 'At most 20 hosts'
      }
    >
      {(attributes) => (
        <Textarea
          {...attributes}
          ref={field.ref}
          value={text}
          rows={2}
          className="min-h-14 font-mono text-sm"
          placeholder="api.example.com"
          spellCheck={false}
          onBlur={field.onBlur}
          onChange={(event) => {
            setText(event.target.value);
            field.onChange(readHosts(event.target.value));
          }}
        />
      )}
    </Field>
  );
}
