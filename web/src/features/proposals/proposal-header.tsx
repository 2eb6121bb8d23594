import type { Proposal } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { Lock, UsersRound } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatUsd } from '@/lib/format.ts';
import { modelWords, titleOf } from './proposal-words.ts';

interface ProposalHeaderProps {
  proposal: Proposal;
  /** Null for who may not say who sees it. */
  onAccess: (() => void) | null;
}

/** What was asked for, of whom, by whom, and how it stands. */
export function ProposalHeader({ proposal, onAccess }: ProposalHeaderProps) {
  const { status, agent_id, agent_name, created_by, created_at, cost_usd, base_version, access, attempts, follows } =
    proposal;
  const title = titleOf(proposal);
  const isLonger = proposal.user_prompt.trim() !== title;
  return (
    <>
      <PageHeader
        title={title}
        description={
          <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <StatusBadge
              status={status}
              reason={status === 'generating' && attempts > 1 ? `attempt ${attempts}` : null}
            />
            <Link
              to="/dashboard/agents/$agentId"
              params={{ agentId: agent_id }}
              search={{ tab: 'builder' }}
              className="rounded-sm font-medium text-text hover:text-accent-text"
            >
              {agent_name}
            </Link>
            <span className="text-soft">
              {created_by.name}, <RelativeTime iso={created_at} />
            </span>
            <span className="text-soft">{modelWords(proposal)}</span>
            {cost_usd > 0 && <span className="tabular text-soft">{formatUsd(cost_usd)}</span>}
            <span className="text-faint">from revision {base_version}</span>
            {follows !== null && (
              <Link
                to="/dashboard/proposals/$proposalId"
                params={{ proposalId: follows }}
                className="rounded-sm text-accent-text hover:underline"
              >
                goes on from an earlier one
              </Link>
            )}
          </div>
        }
      >
        {onAccess !== null ? (
          <Button onClick={onAccess}>
            {access === 'private' ? <Lock aria-hidden="true" /> : <UsersRound aria-hidden="true" />}
            {access === 'private' ? 'Private' : 'Everybody'}
          </Button>
        ) : (
          access === 'private' && (
            <span className="flex items-center gap-1.5 text-soft text-sm">
              <Lock className="size-4" aria-hidden="true" /> Private
            </span>
          )
        )}
      </PageHeader>
      {isLonger && (
        <p className="wrap-anywhere mb-4 max-w-4xl whitespace-pre-wrap text-sm text-soft">{proposal.user_prompt}</p>
      )}
    </>
  );
}
