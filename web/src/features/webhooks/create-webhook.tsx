import { type CreatedWebhook, type CreateWebhookRequest, createWebhookRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { Controller, useForm, useWatch } from 'react-hook-form';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { NEW_WEBHOOK, type WebhookForm, type WebhookFormValues } from './form-values.ts';
import { ShownSecretDialog } from './shown-secret-dialog.tsx';
import { WebhookFields } from './webhook-fields.tsx';
import { WhatArrives } from './what-arrives.tsx';

/** The form of a new webhook, beside what it will bring. */
export function CreateWebhook() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [created, setCreated] = useState<CreatedWebhook | null>(null);
  // One for what is sent: a second click after a lost answer makes no second one.
  const sent = useRef(new Map<string, string>());
  const form: WebhookForm = useForm<WebhookFormValues, unknown, CreateWebhookRequest>({
    resolver: zodResolver(createWebhookRequest),
    mode: 'onTouched',
    defaultValues: NEW_WEBHOOK,
  });
  const create = useMutation({
    mutationFn: (body: CreateWebhookRequest) => {
      const text = JSON.stringify(body);
      const key = sent.current.get(text) ?? newIdempotencyKey();
      sent.current.set(text, key);
      return api<CreatedWebhook>('/webhooks', { method: 'POST', body, headers: { 'Idempotency-Key': key } });
    },
    onSuccess: (webhook) => {
      setCreated(webhook);
      void queries.invalidateQueries({ queryKey: ['webhooks', 'list'] });
    },
    onError: (error) => showOnFields(form, error, ['url', 'description', 'events']),
  });
  const { events, headers } = useWatch({ control: form.control }) as WebhookFormValues;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <Card>
        <form noValidate aria-label="New webhook" onSubmit={form.handleSubmit((values) => create.mutate(values))}>
          <div className="flex flex-col gap-4 p-4">
            <WebhookFields form={form} />
            <Controller
              control={form.control}
              name="signature"
              render={({ field }) => (
                <div className="flex flex-col gap-1.5 border-line border-t pt-3">
                  <span className="font-medium text-sm text-text">Signature</span>
                  <div>
                    <Segments
                      label="Signature"
                      value={field.value ?? 'v1'}
                      options={[
                        { value: 'v1', label: 'Shared secret' },
                        { value: 'v1a', label: 'Public key' },
                      ]}
                      onChange={field.onChange}
                    />
                  </div>
                  <p className="text-faint text-xs">
                    {field.value === 'v1a'
                      ? 'Ed25519: the receiver checks with a public key, and nobody can sign in your place.'
                      : 'HMAC-SHA256 as Standard Webhooks has it: what most receivers expect.'}
                  </p>
                </div>
              )}
            />
            {create.error && <ProblemCallout error={create.error} shownPaths={['url', 'description', 'events']} />}
          </div>
          <div className="flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
            <Button variant="ghost" asChild>
              <Link to="/dashboard/webhooks">Cancel</Link>
            </Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Add webhook and show its secret
            </Button>
          </div>
        </form>
        <LeaveGuard dirty={() => form.formState.isDirty && created === null} description="The webhook is not added." />
      </Card>
      <div className="min-w-0 lg:sticky lg:top-16">
        <WhatArrives events={events ?? []} headers={headers ?? {}} />
      </div>
      {created !== null && (
        <ShownSecretDialog
          webhook={created}
          onStored={() =>
            void navigate({
              to: '/dashboard/webhooks/$webhookId',
              params: { webhookId: created.id },
              ignoreBlocker: true,
            })
          }
        />
      )}
    </div>
  );
}
