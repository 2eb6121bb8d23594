import {
  type ExternalAgent,
  type ExternalAgentKey,
  type RotatedExternalKey,
  type RotateExternalKeyRequest,
  rotateExternalKeyRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { Controller, useForm } from 'react-hook-form';
import type { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { OVERLAPS } from '@/features/settings/key-state.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { formatExactTime } from '@/lib/format.ts';

interface RotateKeyDialogProps {
  agent: ExternalAgent;
  /** null where none works, and a fresh one is made. */
  apiKey: ExternalAgentKey | null;
  onClose: () => void;
  onRotated: (key: string) => void;
}

/** A new key with the same reach, and how long the old one goes on beside it. */
export function RotateKeyDialog({ agent, apiKey, onClose, onRotated }: RotateKeyDialogProps) {
  const queries = useQueryClient();
  // One for each choice: a second click after a lost answer makes no third key.
  const idempotencyKeys = useRef(new Map<number, string>());
  const form = useForm<z.input<typeof rotateExternalKeyRequest>, unknown, RotateExternalKeyRequest>({
    resolver: zodResolver(rotateExternalKeyRequest),
    defaultValues: rotateExternalKeyRequest.parse(apiKey === null ? {} : { key_id: apiKey.id }),
  });
  const rotate = useMutation({
    mutationFn: (body: RotateExternalKeyRequest) => {
      const kept = idempotencyKeys.current.get(body.overlap_seconds) ?? newIdempotencyKey();
      idempotencyKeys.current.set(body.overlap_seconds, kept);
      return api<RotatedExternalKey>(`/external-agents/${agent.id}/keys/rotate`, {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': kept },
      });
    },
    onSuccess: (made) => {
      onRotated(made.api_key);
      void queries.invalidateQueries({ queryKey: ['external-agents'] });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={apiKey === null ? `Make a key for ${agent.name}` : `Rotate ${apiKey.masked}`}
      description={
        apiKey === null
          ? 'It may do what the external agent may do, and is shown once.'
          : 'You get a new key with the same reach. Put it in place while the old one still works.'
      }
      className="max-w-md"
    >
      <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => rotate.mutate(body))}>
        <DialogBody>
          {apiKey !== null && (
            <Controller
              control={form.control}
              name="overlap_seconds"
              render={({ field }) => (
                <Field
                  label="The old key goes on working for"
                  help={
                    apiKey.expires_at === null
                      ? 'Longer is safer for what runs, shorter for you when the key has leaked.'
                      : `Not beyond its own end, ${formatExactTime(apiKey.expires_at)}.`
                  }
                >
                  {(control) => (
                    <Select
                      id={control.id}
                      value={String(field.value)}
                      options={OVERLAPS.map(({ seconds, label }) => ({ value: String(seconds), label }))}
                      onValueChange={(seconds) => field.onChange(Number(seconds))}
                    />
                  )}
                </Field>
              )}
            />
          )}
          {rotate.error && <ProblemCallout error={rotate.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={rotate.isPending}>
            {apiKey === null ? 'Make key' : 'Rotate key'}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
