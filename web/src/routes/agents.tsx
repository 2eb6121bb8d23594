import { getRouteApi } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useCallback } from 'react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { AgentList } from '@/features/agents/agent-list.tsx';
import { NewAgentDialog, type NewAgentWay } from '@/features/agents/new-agent-dialog.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/agents');

export function AgentsPage() {
  usePageTitle('Agents');
  useBreadcrumbs([{ label: 'Agents' }], 'agents');
  const { create, cursor, ...chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan('agents:write');
  const open = useCallback(
    (way: NewAgentWay | undefined) =>
      void navigate({
        search: (old) => ({ ...old, create: way }),
        // Going from one way to another, or away, is no page of its own.
        replace: way === undefined || create !== undefined,
      }),
    [navigate, create],
  );
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="Agents"
        description="Graphs of steps that run durably, each with a draft and published versions."
      >
        {mayWrite && (
          <Button variant="primary" onClick={() => open('describe')}>
            <Plus aria-hidden="true" /> New agent
          </Button>
        )}
      </PageHeader>
      <AgentList chosen={chosen} cursor={cursor} onCreate={mayWrite ? open : undefined} />
      <NewAgentDialog way={create} onWay={open} onClose={() => open(undefined)} />
    </div>
  );
}
