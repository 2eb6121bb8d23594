import type { DeliveryDetail } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import type { LinkProps } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import { DeliveryDetails } from './delivery-details.tsx';
import { deliveryQuery } from './queries.ts';

/** The page of the target that a delivery belongs to. */
function targetLink(targetId: string): { label: string; link: LinkProps } {
  if (targetId.startsWith('nch_')) {
    return {
      label: 'Channel',
      link: { to: '/dashboard/webhooks/channels/$channelId', params: { channelId: targetId } },
    };
  }
  if (targetId.startsWith('ext_')) {
    return {
      label: 'External agent',
      link: { to: '/dashboard/external-agents/$externalAgentId', params: { externalAgentId: targetId } },
    };
  }
  return { label: 'Webhook', link: { to: '/dashboard/webhooks/$webhookId', params: { webhookId: targetId } } };
}

/** A delivery on a page of its own, for links from elsewhere. */
export function DeliveryView({ deliveryId }: { deliveryId: string }) {
  const delivery = useQuery(deliveryQuery(deliveryId));
  if (delivery.error instanceof RequestFailure && [404, 422].includes(delivery.error.status)) return <NotFoundPage />;
  if (delivery.error && delivery.data === undefined) {
    return <ProblemCallout error={delivery.error} onRetry={() => void delivery.refetch()} />;
  }
  if (delivery.data === undefined) return <RoutePending />;
  return <LoadedDelivery delivery={delivery.data} />;
}

function LoadedDelivery({ delivery }: { delivery: DeliveryDetail }) {
  usePageTitle(`Delivery of ${delivery.event_type}`);
  useBreadcrumbs(
    [
      { label: 'Webhooks', link: { to: '/dashboard/webhooks' } },
      targetLink(delivery.target_id),
      { label: delivery.event_type },
    ],
    `delivery:${delivery.id}`,
  );
  return (
    <div className="mx-auto max-w-4xl">
      <PageHeader title={<span className="font-mono text-lg">{delivery.event_type}</span>} />
      <DeliveryDetails delivery={delivery} />
    </div>
  );
}
