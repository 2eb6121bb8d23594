import type { ChannelTestResult, DeliveryDetail } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { toast } from 'sonner';
import { AttemptList } from '@/features/deliveries/attempt-list.tsx';
import { DeliveryBadge } from '@/features/deliveries/delivery-badge.tsx';
import { MessagePreview } from '@/features/message-preview/message-preview.tsx';

/** Says in a few words whether a test arrived. */
export function toastOutcome({ status, last_error }: DeliveryDetail, name: string): void {
  if (status === 'delivered') toast.success(`The test arrived at ${name}`);
  else
    toast.error(`The test did not arrive at ${name}`, { ...(last_error === null ? {} : { description: last_error }) });
}

/** What came of a test: the answer, and the message. */
export function TestOutcome({ result: { delivery, preview } }: { result: ChannelTestResult }) {
  return (
    <section aria-label="Result" className="flex min-w-0 flex-col gap-3">
      <p className="flex items-center gap-3 text-sm">
        <DeliveryBadge delivery={delivery} />
        <Link
          to="/dashboard/deliveries/$deliveryId"
          params={{ deliveryId: delivery.id }}
          className="rounded-sm text-accent-text underline-offset-4 hover:underline"
        >
          Open the delivery
        </Link>
      </p>
      {delivery.status !== 'delivered' && <AttemptList key={delivery.id} attempts={delivery.attempts_made} />}
      <MessagePreview preview={preview} />
    </section>
  );
}
