import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { BellSettings } from '@/features/notifications/bell-settings.tsx';
import { Inbox } from '@/features/notifications/inbox.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/notifications');

export function NotificationsPage() {
  usePageTitle('Notifications');
  useBreadcrumbs([{ label: 'Notifications' }], 'notifications');
  const { tab = 'inbox' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="mx-auto max-w-4xl">
      <PageHeader title="Notifications" description="What asks for you, newest first." />
      <Tabs
        value={tab}
        onValueChange={(next) => void navigate({ search: next === 'settings' ? { tab: 'settings' } : {} })}
      >
        <TabsList aria-label="Notifications">
          <TabsTrigger value="inbox">Inbox</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
        </TabsList>
        <TabsContent value="inbox" className="pt-5">
          <Inbox />
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <BellSettings />
        </TabsContent>
      </Tabs>
    </div>
  );
}
