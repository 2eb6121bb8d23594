import { getRouteApi } from '@tanstack/react-router';
import { FileUp, Plus } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { AgentList } from '@/features/agents/agent-list.tsx';
import { CreateAgentDialog } from '@/features/agents/create-agent-dialog.tsx';
import { ImportAgentDialog } from '@/features/agents/import-agent-dialog.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/agents');

export function AgentsPage() {
  usePageTitle('Agents');
  useBreadcrumbs([{ label: 'Agents' }], 'agents');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan('agents:write');
  const open = (create: 'new' | 'import' | undefined) =>
    void navigate({ search: (old) => ({ ...old, create }), replace: create === undefined });
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="Agents"
        description="Graphs of steps that run durably, each with a draft and published versions."
      >
        {mayWrite && (
          <>
            <Button onClick={() => open('import')}>
              <FileUp aria-hidden="true" /> Import
            </Button>
            <Button variant="primary" onClick={() => open('new')}>
              <Plus aria-hidden="true" /> Create agent
            </Button>
          </>
        )}
      </PageHeader>
      <AgentList
        status={search.status}
        search={search.search}
        cursor={search.cursor}
        onCreate={() => open('new')}
        onImport={() => open('import')}
      />
      <CreateAgentDialog open={search.create === 'new'} onClose={() => open(undefined)} />
      <ImportAgentDialog open={search.create === 'import'} onClose={() => open(undefined)} />
    </div>
  );
}
