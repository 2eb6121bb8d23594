import {
  type CreatedWebhook,
  type RotateSecretRequest,
  rotateSecretRequest,
  type WebhookDetail,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { useRef, useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import type { z } from 'zod';
import { CopyButton } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Facts } from '@/features/lineage/node-details.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { formatExactTime } from '@/lib/format.ts';
import { ShownSecretDialog } from './shown-secret-dialog.tsx';
import { Verification } from './verification.tsx';

/** How requests are signed, and how to check that. */
export function SigningTab({ webhook }: { webhook: WebhookDetail }) {
  const mayManage = useCan('webhooks:manage');
  const [rotating, setRotating] = useState(false);
  const [rotated, setRotated] = useState<CreatedWebhook | null>(null);
  const shared = webhook.signature === 'v1';
  const overlap = webhook.previous_secret_until;
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <Card>
        <CardHeader
          title={shared ? 'Signing secret' : 'Signing key'}
          description={
            shared
              ? 'Every request is signed with it, as Standard Webhooks has it.'
              : 'Ed25519: checked with the public key.'
          }
        >
          {mayManage && (
            <Button onClick={() => setRotating(true)}>
              <KeyRound aria-hidden="true" /> Rotate…
            </Button>
          )}
        </CardHeader>
        <div className="p-4">
          <Facts
            facts={[
              [
                shared ? 'Secret' : 'Public key',
                shared || webhook.public_key === null ? (
                  <code key="hint" className="font-mono text-xs">
                    {webhook.secret_hint}
                  </code>
                ) : (
                  <span key="key" className="inline-flex max-w-full items-center gap-1">
                    <code className="min-w-0 break-all font-mono text-xs">{webhook.public_key}</code>
                    <CopyButton value={webhook.public_key} label="Copy public key" />
                  </span>
                ),
              ],
              [
                'The one before',
                overlap !== null && Date.parse(overlap) > Date.now()
                  ? `signs too until ${formatExactTime(overlap)}`
                  : null,
              ],
            ]}
          />
        </div>
      </Card>
      <Card>
        <CardHeader title="Check what arrives" description="Refuse what is not signed, or was signed too long ago." />
        <div className="px-4 pt-1 pb-4">
          <Verification signature={webhook.signature} />
        </div>
      </Card>
      {rotating && (
        <RotateDialog
          webhook={webhook}
          onClose={() => setRotating(false)}
          onRotated={(next) => {
            setRotating(false);
            setRotated(next);
          }}
        />
      )}
      {rotated !== null && <ShownSecretDialog webhook={rotated} onStored={() => setRotated(null)} />}
    </div>
  );
}

const HOUR = 3600;
const OVERLAPS = [
  { value: '0', label: 'None: the old one is gone at once' },
  { value: String(HOUR), label: '1 hour' },
  { value: String(24 * HOUR), label: '24 hours' },
  { value: String(7 * 24 * HOUR), label: '7 days' },
];

interface RotateDialogProps {
  webhook: WebhookDetail;
  onClose: () => void;
  onRotated: (webhook: CreatedWebhook) => void;
}

function RotateDialog({ webhook, onClose, onRotated }: RotateDialogProps) {
  const queries = useQueryClient();
  // One for what is sent: a second click after a lost answer rotates no second time.
  const sent = useRef(new Map<string, string>());
  const form = useForm<z.input<typeof rotateSecretRequest>, unknown, RotateSecretRequest>({
    resolver: zodResolver(rotateSecretRequest),
    mode: 'onTouched',
    defaultValues: rotateSecretRequest.parse({}),
  });
  const rotate = useMutation({
    mutationFn: (body: RotateSecretRequest) => {
      const text = JSON.stringify(body);
      const key = sent.current.get(text) ?? newIdempotencyKey();
      sent.current.set(text, key);
      return api<CreatedWebhook>(`/webhooks/${webhook.id}/rotate-secret`, {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': key },
      });
    },
    onSuccess: async (next) => {
      onRotated(next);
      await queries.invalidateQueries({ queryKey: ['webhooks', webhook.id] });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={webhook.signature === 'v1' ? 'Rotate the secret' : 'Rotate the key'}
      description="While both are valid, every request carries two signatures: a receiver with either one goes on working."
      className="max-w-md"
    >
      <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => rotate.mutate(body))}>
        <DialogBody>
          <Controller
            control={form.control}
            name="overlap_seconds"
            render={({ field }) => (
              <Field label="The old one goes on signing for">
                {(control) => (
                  <Select
                    id={control.id}
                    value={String(field.value)}
                    options={OVERLAPS}
                    onValueChange={(seconds) => field.onChange(Number(seconds))}
                  />
                )}
              </Field>
            )}
          />
          {webhook.signature === 'v1' && (
            <Field
              label="A secret of your own"
              optional
              help="One is made when this is empty."
              error={form.formState.errors.secret && 'whsec_ and 24 to 64 bytes as base64'}
            >
              {(control) => (
                <Input
                  {...control}
                  {...form.register('secret', { setValueAs: (text) => (text === '' ? undefined : text) })}
                  placeholder="whsec_…"
                  autoComplete="off"
                  spellCheck={false}
                  className="font-mono text-xs"
                />
              )}
            </Field>
          )}
          {rotate.error && <ProblemCallout error={rotate.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={rotate.isPending}>
            Rotate
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
