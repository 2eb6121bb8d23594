import type { StepStatus } from '@agentflow/contracts';
import { FlaskConical } from 'lucide-react';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatDuration } from '@/lib/format.ts';
import type { NodeRun } from '../test-run/run-view.ts';

export const RUN_BORDERS: Record<StepStatus, string> = {
  pending: 'border-dashed!',
  running: 'border-running-solid!',
  waiting: 'border-waiting-solid!',
  completed: 'border-completed-solid!',
  failed: 'border-failed-solid!',
  skipped: 'border-dashed! bg-canvas! shadow-none!',
  cancelled: 'border-dashed!',
};

const BADGES: Record<StepStatus, string> = {
  pending: 'border-line-strong bg-idle-soft text-idle',
  running: 'border-running-solid/50 bg-running-soft text-running',
  waiting: 'border-waiting-solid/50 bg-waiting-soft text-waiting',
  completed: 'border-completed-solid/50 bg-completed-soft text-completed',
  failed: 'border-failed-solid/50 bg-failed-soft text-failed',
  skipped: 'border-line-strong bg-idle-soft text-idle',
  cancelled: 'border-line-strong bg-idle-soft text-idle',
};

/** How a node fared, at the foot of its card: icon, word, and what tells most beside it. */
export function RunBadge({ run, short }: { run: NodeRun; short?: boolean }) {
  const { status, rounds, durationMs, blocked } = run;
  const beside =
    short === true
      ? null
      : rounds === null
        ? durationMs !== null && durationMs > 0 && formatDuration(durationMs)
        : rounds.open > 0
          ? `${rounds.ended} of ${rounds.ended + rounds.open}`
          : `${rounds.ended}×`;
  return (
    <span
      className={cn(
        'flex h-5 min-w-0 items-center gap-1 rounded-full border px-1.5 font-medium text-2xs',
        BADGES[status],
      )}
    >
      <StatusIcon status={status} className="size-3 text-current" />
      <span className="truncate">
        {statusWord(status)}
        {beside && <span className="tabular ml-1 font-normal">{beside}</span>}
      </span>
      {blocked && <FlaskConical className="size-3 shrink-0" aria-label="nothing was sent" />}
    </span>
  );
}
