import { getRouteApi } from '@tanstack/react-router';
import { ExternalAgentView } from '@/features/external-agents/external-agent-view.tsx';

const route = getRouteApi('/dashboard/external-agents/$externalAgentId');

export function ExternalAgentPage() {
  const { externalAgentId } = route.useParams();
  return <ExternalAgentView key={externalAgentId} externalAgentId={externalAgentId} shown={route.useSearch()} />;
}
