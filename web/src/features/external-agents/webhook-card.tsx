import {
  type ChannelTestResult,
  type ExternalAgent,
  type MaskedWebhookConfig,
  type WebhookConfig,
  webhookConfig,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { CHAT_PLATFORM_LOOKS, fieldsOfPlatform } from '@/features/channels/platforms.ts';
import { shownPaths, showRefusals } from '@/features/channels/refusals.ts';
import { TestOutcome, toastOutcome } from '@/features/channels/test-outcome.tsx';
import { DisabledBanner } from '@/features/targets/disabled-banner.tsx';
import { api, fetchApi } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';
import { externalAgentQuery } from './queries.ts';
import { WebhookFields, type WebhookValues } from './webhook-fields.tsx';

const form = z.object({ webhook_config: webhookConfig.nullable() });

interface WebhookCardProps {
  agent: ExternalAgent;
  mayWrite: boolean;
}

/** Where results are sent, with what is secret masked; it is changed as a whole. */
export function WebhookCard({ agent, mayWrite }: WebhookCardProps) {
  const [changing, setChanging] = useState(false);
  const webhook = agent.webhook_config;
  const activate = useSaveWebhook(agent, () => toast.success('Results are sent again'));
  return (
    <Card>
      <CardHeader
        title="Webhook"
        description="After each of its calls the result goes there. What opens the address is kept sealed."
      >
        {mayWrite && !changing && webhook !== null && <TestButton agent={agent} />}
        {mayWrite && !changing && (
          <Button onClick={() => setChanging(true)}>{webhook === null ? 'Set a webhook' : 'Change'}</Button>
        )}
      </CardHeader>
      {changing ? (
        <WebhookForm agent={agent} onDone={() => setChanging(false)} />
      ) : webhook === null ? (
        <p className="p-4 text-sm text-soft">Results are sent nowhere: whoever calls gets them as the answer.</p>
      ) : (
        <>
          {agent.webhook_disabled !== null && (
            <div className="px-4 pt-4">
              <DisabledBanner
                disabled={agent.webhook_disabled}
                busy={activate.isPending}
                // What is secret may be sent back as it is shown.
                onActivate={mayWrite ? () => activate.mutate(webhook as WebhookConfig) : undefined}
              />
              {activate.error && <ProblemCallout error={activate.error} />}
            </div>
          )}
          <WebhookFacts webhook={webhook} />
        </>
      )}
    </Card>
  );
}

function WebhookFacts({ webhook }: { webhook: MaskedWebhookConfig }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 p-4 text-sm">
      <dt className="text-faint">Platform</dt>
      <dd>{CHAT_PLATFORM_LOOKS[webhook.platform].name}</dd>
      {fieldsOfPlatform(webhook.platform).map(({ name, label }) => {
        const value = webhook[name];
        return (
          value !== undefined && (
            <div key={name} className="contents">
              <dt className="text-faint">{label}</dt>
              <dd className="min-w-0 break-all font-mono text-xs leading-5">{value}</dd>
            </div>
          )
        );
      })}
    </dl>
  );
}

/** Setting it begins anew, also where nothing was sent to it any more. */
function useSaveWebhook(agent: ExternalAgent, onSaved: (saved: ExternalAgent) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (webhook_config: WebhookConfig | null) =>
      readTagged<ExternalAgent>(
        await fetchApi(`/external-agents/${agent.id}`, { method: 'PUT', body: { webhook_config } }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(externalAgentQuery(agent.id).queryKey, saved);
      onSaved(saved.value);
    },
  });
}

/** Sends an example of a result, and shows the message and what came of it. */
function TestButton({ agent }: { agent: ExternalAgent }) {
  const test = useMutation({
    mutationFn: () => api<ChannelTestResult>(`/external-agents/${agent.id}/test`, { method: 'POST' }),
    onSuccess: ({ delivery }) => toastOutcome(delivery, 'the webhook'),
    onError: (error) => toast.error(error.message),
  });
  return (
    <>
      <Button busy={test.isPending} onClick={() => test.mutate()}>
        <Send aria-hidden="true" /> Send test
      </Button>
      {test.data !== undefined && (
        <Dialog
          open
          onOpenChange={(open) => !open && test.reset()}
          title="A test of the webhook"
          description="An example of a result, in the form in which it arrives."
          className="max-w-xl"
        >
          <DialogBody>
            <TestOutcome result={test.data} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={() => test.reset()}>Close</Button>
          </DialogFooter>
        </Dialog>
      )}
    </>
  );
}

function WebhookForm({ agent, onDone }: { agent: ExternalAgent; onDone: () => void }) {
  const fields = useForm<z.input<typeof form>, unknown, z.output<typeof form>>({
    resolver: zodResolver(form),
    mode: 'onTouched',
    // What is secret may be sent back as it is shown.
    defaultValues: { webhook_config: agent.webhook_config as WebhookConfig | null },
  });
  const save = useSaveWebhook(agent, ({ webhook_config }) => {
    toast.success(webhook_config === null ? 'The webhook is removed' : 'The webhook is saved');
    onDone();
  });
  return (
    <form
      noValidate
      onSubmit={fields.handleSubmit(({ webhook_config }) =>
        save.mutate(webhook_config, { onError: (error) => showRefusals(fields, error) }),
      )}
    >
      <div className="flex flex-col gap-4 p-4">
        <Controller
          control={fields.control}
          name="webhook_config"
          render={({ field, formState }) => (
            <WebhookFields
              value={field.value as WebhookValues | null}
              onChange={field.onChange}
              problems={formState.errors.webhook_config}
            />
          )}
        />
        {save.error && <ProblemCallout error={save.error} shownPaths={shownPaths(save.error)} />}
      </div>
      <div className="flex justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-4 py-2.5">
        <Button variant="ghost" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save webhook
        </Button>
      </div>
    </form>
  );
}
