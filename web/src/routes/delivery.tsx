import { getRouteApi } from '@tanstack/react-router';
import { DeliveryView } from '@/features/deliveries/delivery-view.tsx';

const route = getRouteApi('/dashboard/deliveries/$deliveryId');

export function DeliveryPage() {
  const { deliveryId } = route.useParams();
  return <DeliveryView key={deliveryId} deliveryId={deliveryId} />;
}
