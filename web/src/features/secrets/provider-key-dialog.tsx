import {
  type KeyedProvider,
  type ProviderKey,
  type SetProviderKeyRequest,
  setProviderKeyRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { PasswordInput } from '@/features/auth/password-input.tsx';
import { api } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { PROVIDER_FACTS } from './provider-state.ts';
import { modelsQuery, providerKeysQuery } from './queries.ts';

interface ProviderKeyDialogProps {
  provider: KeyedProvider;
  current: ProviderKey | undefined;
  onClose: () => void;
}

export function ProviderKeyDialog(props: ProviderKeyDialogProps) {
  const { provider, current, onClose } = props;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Your access to ${PROVIDER_FACTS[provider].title}`}
      description={
        current === undefined
          ? 'Steps that start from now on use it in place of what the installation has.'
          : 'What you enter replaces all that is stored for this provider: enter the key again to keep it.'
      }
    >
      <ProviderKeyForm {...props} />
    </Dialog>
  );
}

const blankIsNothing = { setValueAs: (text: string | undefined) => text?.trim() || undefined };

function ProviderKeyForm({ provider, current, onClose }: ProviderKeyDialogProps) {
  const queries = useQueryClient();
  const { title, asksFor, placeholder } = PROVIDER_FACTS[provider];
  const [shownPaths, setShownPaths] = useState<string[]>([]);
  const form = useForm<SetProviderKeyRequest>({
    resolver: zodResolver(setProviderKeyRequest),
    mode: 'onTouched',
    defaultValues: current?.base_url == null ? {} : { base_url: current.base_url },
  });
  const save = useMutation({
    mutationFn: (body: SetProviderKeyRequest) =>
      api<ProviderKey>(`/org/provider-keys/${provider}`, { method: 'PUT', body }),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: providerKeysQuery.queryKey }),
        queries.invalidateQueries({ queryKey: modelsQuery.queryKey }),
      ]);
      toast.success(`${title}: your own access is set`);
      onClose();
    },
    onError: (error) => setShownPaths(showOnFields(form, error, ['api_key', 'base_url'])),
  });
  const { errors } = form.formState;
  const nothing = errors.root !== undefined || '' in errors;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => save.mutate(body))}>
      <DialogBody>
        <Field
          label="API key"
          optional={asksFor === 'address'}
          help="Write-only: it is stored encrypted, and only its last four characters are shown from now on."
          error={
            errors.api_key?.type === 'custom' || errors.api_key?.message === undefined
              ? nothing
                ? 'Enter a key or an address'
                : undefined
              : `The key ${errors.api_key.message}`
          }
        >
          {(control) => (
            <PasswordInput
              {...control}
              {...form.register('api_key', blankIsNothing)}
              autoComplete="off"
              data-1p-ignore
            />
          )}
        </Field>
        <Field
          label="Base URL"
          optional={asksFor === 'key'}
          help={
            asksFor === 'key'
              ? 'Only for a gateway or a proxy of your own. Empty: the address of the provider.'
              : 'Where your server listens. It must be reachable from this installation.'
          }
          error={
            errors.base_url &&
            (errors.base_url.type === undefined
              ? `The address ${errors.base_url.message}`
              : `Must be an address like ${placeholder}`)
          }
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('base_url', blankIsNothing)}
              type="url"
              placeholder={placeholder}
              autoComplete="off"
            />
          )}
        </Field>
        {save.error && <ProblemCallout error={save.error} shownPaths={shownPaths} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          {current === undefined ? 'Set' : 'Replace'}
        </Button>
      </DialogFooter>
    </form>
  );
}
