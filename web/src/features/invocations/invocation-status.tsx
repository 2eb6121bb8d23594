import type { InvocationStatus } from '@agentflow/contracts';
import { CircleCheck, CircleSlash, CircleX, Gauge, type LucideIcon } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

interface Look {
  readonly word: string;
  readonly icon: LucideIcon | null;
  readonly badge: string;
}

const LOOKS: Record<InvocationStatus, Look> = {
  running: { word: 'Running', icon: null, badge: 'bg-running-soft text-running' },
  success: { word: 'Success', icon: CircleCheck, badge: 'bg-completed-soft text-completed' },
  error: { word: 'Error', icon: CircleX, badge: 'bg-failed-soft text-failed' },
  throttled: { word: 'Throttled', icon: Gauge, badge: 'bg-waiting-soft text-waiting' },
  denied: { word: 'Denied', icon: CircleSlash, badge: 'bg-idle-soft text-idle' },
};

/** The word for a status, as people read it. */
export function invocationWord(status: InvocationStatus): string {
  return LOOKS[status].word;
}

export function InvocationBadge({ status }: { status: InvocationStatus }) {
  const { word, icon: Icon, badge } = LOOKS[status];
  return (
    <span
      className={cn(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        badge,
      )}
    >
      {Icon === null ? (
        <span aria-hidden="true" className="mx-0.5 size-2 animate-pulse-soft rounded-full bg-running-solid" />
      ) : (
        <Icon aria-hidden="true" className="size-3.5" />
      )}
      {word}
    </span>
  );
}
