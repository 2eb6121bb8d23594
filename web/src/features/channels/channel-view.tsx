import type { ChannelDetail } from '@agentflow/contracts';
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
import { CHAT_PLATFORM_LOOKS } from './platforms.ts';
import { channelQuery } from './queries.ts';
import { TestChannelDialog } from './test-channel-dialog.tsx';

const ChannelSettings = lazy(() => import('./channel-settings.tsx'));

interface ChannelPageSearch extends DeliverySearch {
  readonly tab?: 'deliveries' | 'settings' | undefined;
}

export function ChannelView({ channelId, shown }: { channelId: string; shown: ChannelPageSearch }) {
  const channel = useQuery(channelQuery(channelId));
  const name = channel.data?.value.name;
  usePageTitle(name ?? 'Channel');
  useBreadcrumbs(
    [
      { label: 'Webhooks', link: { to: '/dashboard/webhooks' } },
      { label: 'Channels', link: { to: '/dashboard/webhooks/channels' } },
      { label: name ?? '…' },
    ],
    `channel:${name ?? ''}`,
  );
  if (channel.error instanceof RequestFailure && [404, 422].includes(channel.error.status)) return <NotFoundPage />;
  if (channel.error && channel.data === undefined) {
    return <ProblemCallout error={channel.error} onRetry={() => void channel.refetch()} />;
  }
  if (channel.data === undefined) return <RoutePending />;
  return <LoadedChannel tagged={channel.data} shown={shown} />;
}

function LoadedChannel({ tagged, shown }: { tagged: Tagged<ChannelDetail>; shown: ChannelPageSearch }) {
  const channel = tagged.value;
  const path = `/notification-channels/${channel.id}`;
  const navigate = useNavigate({ from: '/dashboard/webhooks/channels/$channelId' });
  const mayManage = useCan('webhooks:manage');
  const activation = useActivation({ path, noun: 'channel', queryKey: 'channels' });
  const [testing, setTesting] = useState(false);
  const { tab = 'deliveries', ...deliveries } = shown;
  const { name: platform, icon: Icon } = CHAT_PLATFORM_LOOKS[channel.platform];
  const testButton = mayManage && (
    <Button onClick={() => setTesting(true)}>
      <Send aria-hidden="true" /> Send test…
    </Button>
  );
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title={channel.name}
        description={
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <TargetBadge target={channel} />
            <span className="flex items-center gap-1.5 text-soft">
              <Icon className="size-4 text-faint" aria-hidden="true" /> {platform}
            </span>
            <span className="max-w-md truncate text-soft" title={channel.events.join(', ')}>
              {eventsInWords(channel.events)}
            </span>
            <CopyableId id={channel.id} short={shortId(channel.id)} />
          </div>
        }
      >
        {testButton}
        {mayManage && (
          <TargetMenu
            target={{
              noun: 'channel',
              name: channel.name,
              path,
              queryKey: 'channels',
              list: '/dashboard/webhooks/channels',
              is_active: channel.is_active,
              failed: null,
            }}
          />
        )}
      </PageHeader>
      {channel.disabled !== null && !channel.is_active && (
        <DisabledBanner
          disabled={channel.disabled}
          busy={activation.isPending}
          onActivate={mayManage ? () => activation.mutate(true) : undefined}
        />
      )}
      <HealthFacts health={channel.health} />
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({ search: next === 'settings' ? { tab: 'settings' } : {}, resetScroll: false })
        }
      >
        <TabsList aria-label="Channel">
          <TabsTrigger value="deliveries">Deliveries</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
        </TabsList>
        <TabsContent value="deliveries" className="pt-5">
          <DeliveryList
            path={`${path}/deliveries`}
            shown={deliveries}
            onChoose={(next) => void navigate({ search: next, resetScroll: false })}
          >
            {testButton}
          </DeliveryList>
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <Suspense fallback={<RoutePending />}>
            <ChannelSettings tagged={tagged} />
          </Suspense>
        </TabsContent>
      </Tabs>
      {testing && <TestChannelDialog path={path} name={channel.name} onClose={() => setTesting(false)} />}
    </div>
  );
}
