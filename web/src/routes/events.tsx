import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { EventList } from '@/features/events/event-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { SectionTabs } from '@/features/targets/section-tabs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/events');

export function EventsPage() {
  usePageTitle('Events');
  useBreadcrumbs([{ label: 'Webhooks', link: { to: '/dashboard/webhooks' } }, { label: 'Events' }], 'events');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Events" description="What has happened, as webhooks and channels are told of it." />
      <SectionTabs />
      <EventList shown={route.useSearch()} />
    </div>
  );
}
