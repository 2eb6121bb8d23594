import { getRouteApi } from '@tanstack/react-router';
import { AgentView } from '@/features/agents/agent-view.tsx';

const route = getRouteApi('/dashboard/agents/$agentId');

export function AgentPage() {
  const { agentId } = route.useParams();
  const { tab, node, run, from, to, project_id, ...listed } = route.useSearch();
  return (
    <AgentView
      key={agentId}
      agentId={agentId}
      tab={tab}
      node={node}
      run={run}
      compare={{ from, to }}
      projectId={project_id}
      executions={{ ...listed, project_id }}
    />
  );
}
