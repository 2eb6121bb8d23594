import { type ApiKey, type CreatedApiKey, type RotateApiKeyRequest, rotateApiKeyRequest } from '@agentflow/contracts';
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
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { formatExactTime } from '@/lib/format.ts';
import { OVERLAPS } from './key-state.ts';
import { apiKeysQuery } from './queries.ts';

interface RotateApiKeyDialogProps {
  apiKey: ApiKey;
  onClose: () => void;
  onRotated: (created: CreatedApiKey) => void;
}

/** A new key with the same name and scopes, and how long the old one goes on beside it. */
export function RotateApiKeyDialog({ apiKey, onClose, onRotated }: RotateApiKeyDialogProps) {
  const queries = useQueryClient();
  // One for the dialog: a second click after a lost answer gives the same key instead of a third one.
  const idempotencyKeys = useRef(new Map<number, string>());
  const form = useForm<z.input<typeof rotateApiKeyRequest>, unknown, RotateApiKeyRequest>({
    resolver: zodResolver(rotateApiKeyRequest),
    defaultValues: rotateApiKeyRequest.parse({}),
  });
  const rotate = useMutation({
    mutationFn: (body: RotateApiKeyRequest) => {
      const kept = idempotencyKeys.current.get(body.overlap_seconds) ?? newIdempotencyKey();
      idempotencyKeys.current.set(body.overlap_seconds, kept);
      return api<CreatedApiKey>(`/org/api-keys/${apiKey.id}/rotate`, {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': kept },
      });
    },
    onSuccess: async (created) => {
      onRotated(created);
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Rotate ${apiKey.name}`}
      description="You get a new key with the same scopes. Put it in place while the old one still works."
      className="max-w-md"
    >
      <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => rotate.mutate(body))}>
        <DialogBody>
          <Controller
            control={form.control}
            name="overlap_seconds"
            render={({ field }) => (
              <Field
                label="The old key goes on working for"
                help={
                  apiKey.expires_at === null
                    ? 'Longer is safer for what you run, shorter for you when the key has leaked.'
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
          {rotate.error && <ProblemCallout error={rotate.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={rotate.isPending}>
            Rotate key
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
