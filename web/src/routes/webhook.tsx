import { getRouteApi } from '@tanstack/react-router';
import { WebhookView } from '@/features/webhooks/webhook-view.tsx';

const route = getRouteApi('/dashboard/webhooks/$webhookId');

export function WebhookPage() {
  const { webhookId } = route.useParams();
  return <WebhookView key={webhookId} webhookId={webhookId} shown={route.useSearch()} />;
}
