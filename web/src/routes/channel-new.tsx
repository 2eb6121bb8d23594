import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { CreateChannel, PlatformChoice } from '@/features/channels/create-channel.tsx';
import { isChatPlatform } from '@/features/channels/platforms.ts';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/webhooks/channels/new');

export function NewChannelPage() {
  usePageTitle('Add a channel');
  useBreadcrumbs(
    [
      { label: 'Webhooks', link: { to: '/dashboard/webhooks' } },
      { label: 'Channels', link: { to: '/dashboard/webhooks/channels' } },
      { label: 'New' },
    ],
    'channels:new',
  );
  const { platform: chosen } = route.useSearch();
  const platform = isChatPlatform(chosen) ? chosen : 'slack';
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="Add a channel"
        description="Messages in the form of the platform, about the events that you choose."
      />
      <PlatformChoice chosen={platform} />
      <CreateChannel key={platform} platform={platform} />
    </div>
  );
}
