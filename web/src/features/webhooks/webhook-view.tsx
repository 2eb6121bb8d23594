import type { WebhookDetail } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Send } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { DeliveryList, type DeliverySearch } from '@/features/deliveries/delivery-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { DisabledBanner } from '@/features/targets/disabled-banner.tsx';
import { eventsInWords } from '@/features/targets/event-types.ts';
import { HealthFacts } from '@/features/targets/health-facts.tsx';
import { TargetMenu, useActivation } from '@/features/targets/target-actions.tsx';
import { TargetBadge } from '@/features/targets/target-badge.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { webhookQuery } from './queries.ts';
import { SendTestDialog } from './send-test-dialog.tsx';
import { SettingsTab } from './settings-tab.tsx';

const SigningTab = lazy(async () => ({ default: (await import('./signing-tab.tsx')).SigningTab }));

type WebhookTab = 'deliveries' | 'settings' | 'signing';

interface WebhookPageSearch extends DeliverySearch {
  readonly tab?: WebhookTab | undefined;
}

export function WebhookView({ webhookId, shown }: { webhookId: string; shown: WebhookPageSearch }) {
  const webhook = useQuery(webhookQuery(webhookId));
  const name = webhook.data === undefined ? undefined : hostOf(webhook.data.value.url);
  usePageTitle(name ?? 'Webhook');
  useBreadcrumbs(
    [{ label: 'Webhooks', link: { to: '/dashboard/webhooks' } }, { label: name ?? '…' }],
    `webhook:${name ?? ''}`,
  );
  if (webhook.error instanceof RequestFailure && [404, 422].includes(webhook.error.status)) return <NotFoundPage />;
  if (webhook.error && webhook.data === undefined) {
    return <ProblemCallout error={webhook.error} onRetry={() => void webhook.refetch()} />;
  }
  if (webhook.data === undefined) return <RoutePending />;
  return <LoadedWebhook tagged={webhook.data} shown={shown} />;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function LoadedWebhook({ tagged, shown }: { tagged: Tagged<WebhookDetail>; shown: WebhookPageSearch }) {
  const webhook = tagged.value;
  const path = `/webhooks/${webhook.id}`;
  const navigate = useNavigate({ from: '/dashboard/webhooks/$webhookId' });
  const mayManage = useCan('webhooks:manage');
  const activation = useActivation({ path, noun: 'webhook', queryKey: 'webhooks' });
  const [testing, setTesting] = useState(false);
  const { tab = 'deliveries', ...deliveries } = shown;
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title={<span className="break-all">{webhook.url}</span>}
        description={
          <>
            {webhook.description !== '' && <p className="mb-2 max-w-3xl break-words">{webhook.description}</p>}
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
              <TargetBadge target={webhook} />
              <span className="max-w-md truncate text-soft" title={webhook.events.join(', ')}>
                {eventsInWords(webhook.events)}
              </span>
              <CopyableId id={webhook.id} short={shortId(webhook.id)} />
            </div>
          </>
        }
      >
        {mayManage && (
          <>
            <Button onClick={() => setTesting(true)}>
              <Send aria-hidden="true" /> Send test event…
            </Button>
            <TargetMenu
              target={{
                noun: 'webhook',
                name: webhook.url,
                path,
                queryKey: 'webhooks',
                list: '/dashboard/webhooks',
                is_active: webhook.is_active,
                failed: webhook.health.failed,
              }}
            />
          </>
        )}
      </PageHeader>
      {webhook.disabled !== null && !webhook.is_active && (
        <DisabledBanner
          disabled={webhook.disabled}
          busy={activation.isPending}
          onActivate={mayManage ? () => activation.mutate(true) : undefined}
        />
      )}
      <HealthFacts health={webhook.health} />
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({ search: next === 'deliveries' ? {} : { tab: next as WebhookTab }, resetScroll: false })
        }
      >
        <TabsList aria-label="Webhook">
          <TabsTrigger value="deliveries">Deliveries</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
          <TabsTrigger value="signing">Signing</TabsTrigger>
        </TabsList>
        <TabsContent value="deliveries" className="pt-5">
          <DeliveryList
            path={`${path}/deliveries`}
            shown={deliveries}
            onChoose={(next) => void navigate({ search: next, resetScroll: false })}
          >
            {mayManage && (
              <Button variant="primary" onClick={() => setTesting(true)}>
                <Send aria-hidden="true" /> Send test event…
              </Button>
            )}
          </DeliveryList>
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <SettingsTab tagged={tagged} />
        </TabsContent>
        <TabsContent value="signing" className="pt-5">
          <Suspense fallback={<RoutePending />}>
            <SigningTab webhook={webhook} />
          </Suspense>
        </TabsContent>
      </Tabs>
      {testing && <SendTestDialog webhook={webhook} onClose={() => setTesting(false)} />}
    </div>
  );
}
