import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Maximize2, X } from 'lucide-react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { DeliveryDetails } from './delivery-details.tsx';
import { deliveryQuery } from './queries.ts';

/** A delivery beside the list that it was chosen from. */
export default function DeliverySheet({ deliveryId, onClose }: { deliveryId: string; onClose: () => void }) {
  const delivery = useQuery(deliveryQuery(deliveryId));
  const gone = delivery.error instanceof RequestFailure && [404, 422].includes(delivery.error.status);
  return (
    <Sheet open onOpenChange={(open) => !open && onClose()} title="Delivery" side="right" wide>
      <div className="flex items-center gap-1 border-line border-b px-5 py-3">
        <h2 className="min-w-0 flex-1 truncate font-mono font-semibold text-sm">
          {delivery.data?.event_type ?? 'Delivery'}
        </h2>
        <Button variant="ghost" size="icon-sm" asChild>
          <Link
            to="/dashboard/deliveries/$deliveryId"
            params={{ deliveryId }}
            aria-label="Open as a page"
            title="Open as a page"
          >
            <Maximize2 aria-hidden="true" />
          </Link>
        </Button>
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </div>
      <div className="flex-1 overflow-y-auto px-5 py-4">
        {gone ? (
          <p className="text-soft">There is no such delivery, or it is not kept any more.</p>
        ) : delivery.error && delivery.data === undefined ? (
          <ProblemCallout error={delivery.error} onRetry={() => void delivery.refetch()} />
        ) : delivery.data === undefined ? (
          <Skeleton className="h-72 w-full" />
        ) : (
          <DeliveryDetails delivery={delivery.data} />
        )}
      </div>
    </Sheet>
  );
}
