import type { Policy } from '@agentflow/contracts';
import { CircleCheck, CircleX } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

/** What a policy does, and whether it is switched on. */
export function EffectBadge({ policy }: { policy: Pick<Policy, 'effect' | 'is_active'> }) {
  const denies = policy.effect === 'deny';
  const Icon = denies ? CircleX : CircleCheck;
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1.5 whitespace-nowrap text-sm',
        policy.is_active ? (denies ? 'text-failed' : 'text-completed') : 'text-faint',
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {denies ? 'Deny' : 'Allow'}
      {!policy.is_active && ', off'}
    </span>
  );
}
