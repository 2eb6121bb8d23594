import type { Proposal } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, Clock, type LucideIcon, RotateCw, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { cn } from '@/lib/class-names.ts';
import { proposalsQuery } from './list-queries.ts';

type Decided = Exclude<Proposal['status'], 'generating' | 'ready'>;

const LOOKS: Record<Decided, { icon: LucideIcon; className: string }> = {
  approved: { icon: CircleCheck, className: 'border-completed-solid/40 bg-completed-soft [&>svg]:text-completed' },
  rejected: { icon: CircleX, className: 'border-line-strong bg-sunken [&>svg]:text-failed' },
  failed: { icon: CircleX, className: 'border-failed-solid/35 bg-failed-soft [&>svg]:text-failed' },
  superseded: { icon: Undo2, className: 'border-line-strong bg-sunken [&>svg]:text-idle' },
  expired: { icon: Clock, className: 'border-line-strong bg-sunken [&>svg]:text-idle' },
};

interface OutcomeProps {
  proposal: Proposal & { status: Decided };
  /** Asks for the same once more; null for who may not. */
  onRetry: (() => void) | null;
}

/** What became of a proposal, why, and what to do next. */
export function Outcome({ proposal, onRetry }: OutcomeProps) {
  const look = LOOKS[proposal.status];
  return (
    <section aria-label="Outcome" className={cn('mb-4 flex gap-3 rounded-xl border px-4 py-3 text-sm', look.className)}>
      <look.icon className="mt-0.5 size-5 shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <Words proposal={proposal} />
        {proposal.decision !== null && proposal.decision.comment !== '' && (
          <p className="wrap-anywhere mt-1 whitespace-pre-wrap text-text">“{proposal.decision.comment}”</p>
        )}
        <Next proposal={proposal} onRetry={onRetry} />
      </div>
    </section>
  );
}

function Decision({ proposal, word }: { proposal: Proposal; word: string }) {
  return (
    <p className="font-medium text-text">
      {word}
      {proposal.decided_by !== null && ` by ${proposal.decided_by.name}`}
      {proposal.decided_at !== null && (
        <>
          {' '}
          <RelativeTime iso={proposal.decided_at} className="font-normal text-soft" />
        </>
      )}
    </p>
  );
}

function takenWords({ changes, decision }: Proposal): string {
  if (decision === null || (decision.paths === null && decision.hunks === null)) return 'Everything was taken';
  const files = decision.paths?.length ?? changes.length;
  const partly = Object.keys(decision.hunks ?? {}).length;
  return `${files} of ${changes.length} files were taken${partly > 0 ? `, ${partly} of them in part` : ''}`;
}

function Words({ proposal }: { proposal: Proposal & { status: Decided } }): ReactNode {
  const { status, error, decision, attempts } = proposal;
  switch (status) {
    case 'approved':
      return (
        <>
          <Decision proposal={proposal} word="Approved" />
          <p className="text-soft">
            {takenWords(proposal)}
            {decision?.draft_version != null && `: the draft is at revision ${decision.draft_version} with it`}.
          </p>
          {decision !== null && (
            <p className="mt-0.5 text-faint text-xs">
              Hash of what was approved: <code className="wrap-anywhere font-mono">{decision.hash.slice(0, 16)}…</code>
            </p>
          )}
        </>
      );
    case 'rejected':
      return (
        <>
          <Decision proposal={proposal} word="Rejected" />
          <p className="text-soft">The draft was not changed.</p>
        </>
      );
    case 'failed':
      return (
        <>
          <p className="font-medium text-text">Nothing came of it</p>
          <p className="wrap-anywhere text-soft">
            {error?.message ?? 'The run failed.'}
            {attempts > 1 && ` It was tried ${attempts} times.`}
          </p>
        </>
      );
    case 'superseded':
      return (
        <>
          <p className="font-medium text-text">A later proposal went on from this one</p>
          <p className="text-soft">What is decided is decided there.</p>
        </>
      );
    case 'expired':
      return (
        <>
          <p className="font-medium text-text">Nobody decided in time</p>
          <p className="text-soft">
            A proposal that waits for 30 days, or a run that does not end within a day, is closed. The draft was not
            changed.
          </p>
        </>
      );
  }
}

function Next({ proposal, onRetry }: OutcomeProps) {
  const { status, agent_id } = proposal;
  if (status === 'approved') {
    return (
      <div className="mt-2.5 flex flex-wrap gap-2">
        <Button asChild variant="primary" size="sm">
          <Link to="/dashboard/agents/$agentId" params={{ agentId: agent_id }} search={{ tab: 'builder' }}>
            Open the draft to publish it
          </Link>
        </Button>
        <Button asChild size="sm">
          <Link to="/dashboard/agents/$agentId" params={{ agentId: agent_id }} search={{ tab: 'versions' }}>
            Versions
          </Link>
        </Button>
      </div>
    );
  }
  if (status === 'superseded') return <Successor proposal={proposal} />;
  return onRetry === null ? null : (
    <Button size="sm" className="mt-2.5" onClick={onRetry}>
      <RotateCw aria-hidden="true" /> Ask again…
    </Button>
  );
}

function Successor({ proposal }: { proposal: Proposal }) {
  const later = useQuery(proposalsQuery({ agent_id: proposal.agent_id, limit: 100 })).data?.data.find(
    ({ follows }) => follows === proposal.id,
  );
  if (later === undefined) return null;
  return (
    <Button asChild size="sm" className="mt-2.5">
      <Link to="/dashboard/proposals/$proposalId" params={{ proposalId: later.id }}>
        Go to the later one
      </Link>
    </Button>
  );
}
