import type { Todo } from '@agentflow/contracts';
import { Circle, CircleCheck, LoaderCircle } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

const LOOKS = {
  pending: { icon: Circle, word: 'To do', className: 'text-idle' },
  in_progress: { icon: LoaderCircle, word: 'Under way', className: 'animate-spin text-running' },
  completed: { icon: CircleCheck, word: 'Done', className: 'text-completed' },
} as const;

/** A plan as it is worked off. `still` is for a run that has ended: nothing is under way. */
export function Plan({ todos, still = false }: { todos: readonly Todo[]; still?: boolean }) {
  return (
    <ol aria-label="Plan" className="flex flex-col gap-2">
      {todos.map(({ content, status }, index) => {
        const look = LOOKS[still && status === 'in_progress' ? 'pending' : status];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a plan has no names but its order
          <li key={index} className="flex items-start gap-2 text-sm">
            <look.icon aria-hidden="true" className={cn('mt-0.5 size-4 shrink-0', look.className)} />
            <span className="sr-only">{look.word}: </span>
            <span className={cn('wrap-anywhere min-w-0', status === 'completed' ? 'text-soft' : 'text-text')}>
              {content}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
