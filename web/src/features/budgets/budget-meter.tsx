import type { BudgetState } from '@agentflow/contracts';
import { cn } from '@/lib/class-names.ts';
import { formatDay, formatShare, formatUsd } from '@/lib/format.ts';
import { sharesOf, spentInWords } from './budget-words.ts';

/** How much of a budget is spent, and held for calls under way. */
export function BudgetMeter({ state }: { state: BudgetState }) {
  const { spent, reserved } = sharesOf(state);
  const { remaining_usd, reserved_usd, resets_at, top_up_usd } = state;
  const tone = remaining_usd === 0 ? 'bg-failed-solid' : spent >= 0.8 ? 'bg-waiting-solid' : 'bg-accent';
  const notes = [
    `${formatUsd(remaining_usd)} left`,
    ...(reserved_usd > 0 ? [`${formatUsd(reserved_usd)} held for calls under way`] : []),
    ...(top_up_usd > 0 ? [`${formatUsd(top_up_usd)} topped up`] : []),
    ...(resets_at === null ? [] : [`begins anew on ${formatDay(resets_at)}, 0:00 UTC`]),
  ];
  return (
    <div className="min-w-0">
      <p className="tabular text-sm text-text">
        {spentInWords(state)} <span className="text-faint">({formatShare(spent)})</span>
      </p>
      <div className="mt-1.5 flex h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
        <div className={cn('h-full', tone)} style={{ width: `${spent * 100}%` }} />
        <div className={cn('h-full opacity-40', tone)} style={{ width: `${reserved * 100}%` }} />
      </div>
      <p className="tabular mt-1 text-faint text-xs">{notes.join(' · ')}</p>
    </div>
  );
}
