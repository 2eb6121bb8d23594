import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus, UserRound } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ChannelList } from '@/features/channels/channel-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { SectionTabs } from '@/features/targets/section-tabs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/webhooks/channels');

export function ChannelsPage() {
  usePageTitle('Channels');
  useBreadcrumbs([{ label: 'Webhooks', link: { to: '/dashboard/webhooks' } }, { label: 'Channels' }], 'channels');
  const mayManage = useCan('webhooks:manage');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Channels" description="What happens here, told to people in their chats and by e-mail.">
        <Button asChild>
          <Link to="/dashboard/settings/chat-accounts">
            <UserRound aria-hidden="true" /> Your chat accounts
          </Link>
        </Button>
        {mayManage && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/webhooks/channels/new">
              <Plus aria-hidden="true" /> Add channel
            </Link>
          </Button>
        )}
      </PageHeader>
      <SectionTabs />
      <ChannelList cursor={route.useSearch().cursor} />
    </div>
  );
}
