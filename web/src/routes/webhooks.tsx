import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { SectionTabs } from '@/features/targets/section-tabs.tsx';
import { WebhookList } from '@/features/webhooks/webhook-list.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/webhooks');

export function WebhooksPage() {
  usePageTitle('Webhooks');
  useBreadcrumbs([{ label: 'Webhooks' }], 'webhooks');
  const mayManage = useCan('webhooks:manage');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Webhooks" description="What happens here, told to your own systems as signed requests.">
        {mayManage && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/webhooks/new">
              <Plus aria-hidden="true" /> Add webhook
            </Link>
          </Button>
        )}
      </PageHeader>
      <SectionTabs />
      <WebhookList chosen={route.useSearch()} />
    </div>
  );
}
