import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Maximize2 } from 'lucide-react';
import { DetailSheet } from '@/components/detail-sheet.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DeliveryDetails } from './delivery-details.tsx';
import { deliveryQuery } from './queries.ts';

/** A delivery beside the list that it was chosen from. */
export default function DeliverySheet({ deliveryId, onClose }: { deliveryId: string; onClose: () => void }) {
  return (
    <DetailSheet
      label="Delivery"
      query={useQuery(deliveryQuery(deliveryId))}
      titleOf={(delivery) => delivery.event_type}
      gone="There is no such delivery, or it is not kept any more."
      actions={
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
      }
      onClose={onClose}
    >
      {(delivery) => <DeliveryDetails delivery={delivery} />}
    </DetailSheet>
  );
}
