import type { Delivery, DeliveryStatus } from '@agentflow/contracts';
import { CircleCheck, CircleX, Clock, type LucideIcon, RotateCw } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

interface Look {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly badge: string;
}

const LOOKS: Record<DeliveryStatus | 'retrying', Look> = {
  pending: { word: 'Pending', icon: Clock, badge: 'bg-idle-soft text-idle' },
  retrying: { word: 'Retrying', icon: RotateCw, badge: 'bg-waiting-soft text-waiting' },
  delivered: { word: 'Delivered', icon: CircleCheck, badge: 'bg-completed-soft text-completed' },
  failed: { word: 'Failed', icon: CircleX, badge: 'bg-failed-soft text-failed' },
};

export function deliveryWord(status: DeliveryStatus): string {
  return LOOKS[status].word;
}

/** How it stands with a delivery; one that waits after a failed attempt says so. */
export function DeliveryBadge({ delivery: { status, attempts } }: { delivery: Pick<Delivery, 'status' | 'attempts'> }) {
  const { word, icon: Icon, badge } = LOOKS[status === 'pending' && attempts > 0 ? 'retrying' : status];
  return (
    <span
      className={cn(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        badge,
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" /> {word}
    </span>
  );
}
