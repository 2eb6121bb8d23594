import { PageHeader } from '@/components/page-header.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { CreateWebhook } from '@/features/webhooks/create-webhook.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function NewWebhookPage() {
  usePageTitle('Add a webhook');
  useBreadcrumbs([{ label: 'Webhooks', link: { to: '/dashboard/webhooks' } }, { label: 'New' }], 'webhooks:new');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="Add a webhook"
        description="It is told what happens from the moment on in which it is added."
      />
      <CreateWebhook />
    </div>
  );
}
