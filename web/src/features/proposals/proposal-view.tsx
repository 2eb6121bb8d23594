import type { Proposal } from '@agentflow/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import { AccessDialog } from './access-dialog.tsx';
import { Generating } from './generating.tsx';
import { Outcome } from './outcome.tsx';
import { ProposalHeader } from './proposal-header.tsx';
import { titleOf } from './proposal-words.ts';
import { proposalQuery } from './queries.ts';
import RefineDialog from './refine-dialog.tsx';
import { Review, type ReviewTab } from './review.tsx';
import { useThread } from './use-thread.ts';

interface ProposalViewProps {
  proposalId: string;
  tab: ReviewTab | undefined;
  file: string | undefined;
}

export function ProposalView({ proposalId, tab, file }: ProposalViewProps) {
  const [ended, setEnded] = useState(false);
  const query = useQuery(proposalQuery(proposalId, ended));
  const proposal = query.data;
  const title = proposal === undefined ? '…' : titleOf(proposal);
  usePageTitle(proposal === undefined ? 'Proposal' : title);
  useBreadcrumbs([{ label: 'Proposals', link: { to: '/dashboard/proposals' } }, { label: title }], `proposal:${title}`);
  if (query.error instanceof RequestFailure && [404, 422].includes(query.error.status)) return <NotFoundPage />;
  if (query.error && proposal === undefined) {
    return <ProblemCallout error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (proposal === undefined) return <RoutePending />;
  return <LoadedProposal proposal={proposal} tab={tab} file={file} onEnded={setEnded} />;
}

type LoadedProposalProps = Omit<ProposalViewProps, 'proposalId'> & {
  proposal: Proposal;
  onEnded: (ended: boolean) => void;
};

function LoadedProposal({ proposal, tab, file, onEnded }: LoadedProposalProps) {
  const [dialog, setDialog] = useState<'access' | 'again' | null>(null);
  const queries = useQueryClient();
  const mayWrite = useCan('agents:write');
  const me = useQuery(meQuery).data;
  const { status } = proposal;
  const isGenerating = status === 'generating';
  const hasThread = isGenerating || status === 'ready' || status === 'failed';
  const shown = tab ?? (proposal.changes.length === 0 ? 'run' : 'files');
  const thread = useThread(proposal.thread_id, isGenerating || (hasThread && shown === 'run'));
  const { ended } = thread.state;
  useEffect(() => onEnded(ended), [ended, onEnded]);
  useEffect(() => {
    // The list and its counts say so too.
    if (!isGenerating) void queries.invalidateQueries({ queryKey: ['proposals', 'list'] });
  }, [isGenerating, queries]);
  const decides = proposal.may_decide || proposal.created_by.id === me?.user?.id;
  return (
    <div className="mx-auto max-w-7xl">
      <ProposalHeader proposal={proposal} onAccess={decides && mayWrite ? () => setDialog('access') : null} />
      {isGenerating ? (
        <Generating proposal={proposal} thread={thread} maySteer={decides} />
      ) : (
        <>
          {status !== 'ready' && (
            <Outcome proposal={{ ...proposal, status }} onRetry={mayWrite ? () => setDialog('again') : null} />
          )}
          <Review proposal={proposal} shown={shown} file={file} thread={hasThread ? thread : null} />
        </>
      )}
      {dialog === 'access' && <AccessDialog proposal={proposal} onClose={() => setDialog(null)} />}
      {dialog === 'again' && (
        <RefineDialog
          agent={{ id: proposal.agent_id, name: proposal.agent_name }}
          prompt={proposal.user_prompt}
          onClose={() => setDialog(null)}
        />
      )}
    </div>
  );
}
