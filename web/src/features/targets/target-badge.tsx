import type { Webhook } from '@agentflow/contracts';
import { CircleDot, CirclePause, CircleX } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

/** What is sent to, or not: a webhook or a channel. */
export type Target = Pick<Webhook, 'is_active' | 'disabled'>;

const REASONS = { gone: 'it is gone', failing: 'it fails' } as const;

/** Whether events are sent to it, and why not. */
export function TargetBadge({ target: { is_active, disabled } }: { target: Target }) {
  const off = !is_active;
  const Icon = !off ? CircleDot : disabled === null ? CirclePause : CircleX;
  return (
    <span
      title={off ? disabled?.detail : undefined}
      className={cn(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        !off && 'bg-completed-soft text-completed',
        off && (disabled === null ? 'bg-idle-soft text-idle' : 'bg-failed-soft text-failed'),
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {!off ? 'Active' : disabled === null ? 'Off' : 'Disabled'}
      {off && disabled !== null && <span className="font-normal">· {REASONS[disabled.reason]}</span>}
    </span>
  );
}
