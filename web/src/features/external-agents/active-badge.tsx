import { CircleDot, CircleSlash } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

/** Whether calls of an external agent are let in. */
export function ActiveBadge({ active }: { active: boolean }) {
  const Icon = active ? CircleDot : CircleSlash;
  return (
    <span
      className={cn(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        active ? 'bg-completed-soft text-completed' : 'bg-idle-soft text-idle',
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {active ? 'Active' : 'Deactivated'}
    </span>
  );
}
