import type { AgentStatus, ApprovalStatus, ExecutionStatus, ProposalStatus, StepStatus } from '@agentflow/contracts';
import {
  Archive,
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleX,
  Clock,
  LoaderCircle,
  type LucideIcon,
  PencilLine,
  SkipForward,
} from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

type Tone = 'running' | 'waiting' | 'completed' | 'failed' | 'idle';
type AnyStatus = ExecutionStatus | StepStatus | AgentStatus | ApprovalStatus | ProposalStatus;

interface StatusLook {
  readonly tone: Tone;
  readonly word: string;
  readonly icon: LucideIcon;
}

const LOOKS: Record<AnyStatus, StatusLook> = {
  queued: { tone: 'idle', word: 'Queued', icon: Clock },
  pending: { tone: 'idle', word: 'Pending', icon: CircleDashed },
  running: { tone: 'running', word: 'Running', icon: LoaderCircle },
  waiting: { tone: 'waiting', word: 'Waiting', icon: CirclePause },
  completed: { tone: 'completed', word: 'Completed', icon: CircleCheck },
  failed: { tone: 'failed', word: 'Failed', icon: CircleX },
  cancelled: { tone: 'idle', word: 'Cancelled', icon: Ban },
  skipped: { tone: 'idle', word: 'Skipped', icon: SkipForward },
  draft: { tone: 'idle', word: 'Draft', icon: PencilLine },
  active: { tone: 'completed', word: 'Active', icon: CircleDot },
  paused: { tone: 'waiting', word: 'Paused', icon: CirclePause },
  approved: { tone: 'completed', word: 'Approved', icon: CircleCheck },
  denied: { tone: 'failed', word: 'Denied', icon: CircleX },
  expired: { tone: 'idle', word: 'Expired', icon: Clock },
  generating: { tone: 'running', word: 'Generating', icon: LoaderCircle },
  ready: { tone: 'waiting', word: 'Ready for review', icon: CirclePause },
  rejected: { tone: 'failed', word: 'Rejected', icon: CircleX },
  superseded: { tone: 'idle', word: 'Superseded', icon: SkipForward },
  archived: { tone: 'idle', word: 'Archived', icon: Archive },
};

const TEXT: Record<Tone, string> = {
  running: 'text-running',
  waiting: 'text-waiting',
  completed: 'text-completed',
  failed: 'text-failed',
  idle: 'text-idle',
};

const SOFT: Record<Tone, string> = {
  running: 'bg-running-soft',
  waiting: 'bg-waiting-soft',
  completed: 'bg-completed-soft',
  failed: 'bg-failed-soft',
  idle: 'bg-idle-soft',
};

const SOLID: Record<Tone, string> = {
  running: 'bg-running-solid',
  waiting: 'bg-waiting-solid',
  completed: 'bg-completed-solid',
  failed: 'bg-failed-solid',
  idle: 'bg-idle-solid',
};

/** The word for a status, as people read it. */
export function statusWord(status: AnyStatus): string {
  return LOOKS[status].word;
}

/** Background class of a bar in this status. */
export function statusSolid(status: AnyStatus): string {
  return SOLID[LOOKS[status].tone];
}

export function StatusIcon({ status, className }: { status: AnyStatus; className?: string }) {
  const look = LOOKS[status];
  const Icon = look.icon;
  return (
    <Icon
      aria-hidden="true"
      className={cn('size-4 shrink-0', TEXT[look.tone], status === 'running' && 'animate-spin', className)}
    />
  );
}

/** Icon and word in the status' colour; a running one pulses softly. */
export function StatusBadge({
  status,
  reason,
  className,
}: {
  status: AnyStatus;
  reason?: string | null;
  className?: string;
}) {
  const look = LOOKS[status];
  return (
    <span
      className={cn(
        'inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        SOFT[look.tone],
        TEXT[look.tone],
        className,
      )}
    >
      {look.tone === 'running' ? (
        <span aria-hidden="true" className="mx-0.5 size-2 animate-pulse-soft rounded-full bg-running-solid" />
      ) : (
        <look.icon aria-hidden="true" className="size-3.5" />
      )}
      {look.word}
      {reason && <span className="font-normal">· {reason}</span>}
    </span>
  );
}

/** A pending approval makes an execution wait, and looks like it. */
export function ApprovalBadge({ status }: { status: ApprovalStatus }) {
  return <StatusBadge status={status === 'pending' ? 'waiting' : status} />;
}
