import { getRouteApi } from '@tanstack/react-router';
import { ProposalView } from '@/features/proposals/proposal-view.tsx';

const route = getRouteApi('/dashboard/proposals/$proposalId');

export function ProposalPage() {
  const { proposalId } = route.useParams();
  const { tab, file } = route.useSearch();
  return <ProposalView key={proposalId} proposalId={proposalId} tab={tab} file={file} />;
}
